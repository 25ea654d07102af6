package orchestrator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// machine is what the engine knows of one node's runtime. None of it is
// stored: after a restart the first list tells it again.
type machine struct {
	name   string
	since  time.Time // when the engine first knew the node
	heard  time.Time // when it last answered; zero: never
	passed time.Time // when it last answered and was healthy; zero: never
	well   time.Time // until when no time that passes makes a difference to that; zero: it is to be judged
	listed bool      // it was listed at least once
	relist bool      // list as soon as the list under way is back

	unwell, silent time.Duration // how long it was so when the engine first knew it, on record

	listing  uint64    // the list under way; 0: none
	lastList uint64    // the last list that came back
	asked    time.Time // when that was asked for; zero: there was none
	before   time.Time // and the one before it
	nextList time.Time // when to list without a hint
	failures int       // lists in a row that failed
	counted  bool      // the list under way has a place among those that are bounded

	failure   string // how the last list failed; empty: it did not
	unhealthy string // what the health endpoint said against it
	invalid   string // what its check found wrong with the node itself
	fault     string // what its object says is wrong with the node itself
	lost      string // why its pods are to be given up; empty: they are not
	givenUp   bool   // they are given up
	drain     string // what was said last of its drain
	reported  []node.Condition

	seen    map[string][]ContainerState // by pod uid, in the order of container and attempt
	last    []ContainerState            // the last list, if that changed nothing and was certain; nil: it was not
	touched map[string]uint64           // by pod uid: a call on it ended when this was the newest work; older lists may not know
	removed map[string]uint64           // the same for pods that were removed
	foreign map[string]struct{}         // uids that are seen here and did not belong here
	strays  queue[string]               // those of them that are to be looked at
	retries map[ContainerRef]retry      // stops and removals that failed, or that no list has confirmed
	unseen  map[ContainerRef]retry      // starts that no list has confirmed
	refused map[ContainerRef]lifecycle.StartFailure
	calls   []*call
	warned  map[string]bool
}

// retry says when something that failed, or had no visible effect, is tried again.
type retry struct {
	failures int // in a row
	at       time.Time
	done     uint64 // the newest work when the last success came, which no list has confirmed; 0: none
}

func newMachine(name string, now time.Time) *machine {
	return &machine{
		name: name, since: now, nextList: now,
		seen:    make(map[string][]ContainerState),
		foreign: make(map[string]struct{}),
		touched: make(map[string]uint64),
		removed: make(map[string]uint64),
		retries: make(map[ContainerRef]retry),
		unseen:  make(map[ContainerRef]retry),
		refused: make(map[ContainerRef]lifecycle.StartFailure),
		warned:  make(map[string]bool),
	}
}

// touch notes that a call on a pod has ended: only lists from now on know.
func (e *Engine) touch(m *machine, uid string) {
	m.touched[uid] = e.calls.last
	m.relist = true
	e.nodes.add(m.name)
	e.pods.add(uid)
}

// knows reports whether the last list is newer than whatever was done to the pod.
func (m *machine) knows(uid string) bool {
	_, touched := m.touched[uid]
	return m.listed && !touched
}

// listed takes in a list of the runtime.
func (e *Engine) listed(m *machine, c *call, r Result, now time.Time) {
	m.listing, m.well = 0, time.Time{}
	e.checked(m)
	e.nodes.add(m.name)
	if r.Err != nil {
		m.invalid = r.Invalid
		e.listFailed(m, r.Err, now)
		return
	}
	// After silence the list may say what it said before, and mean something else.
	first := !m.listed
	anew := first || m.givenUp
	m.listed, m.lastList, m.failures = true, c.ID, 0
	m.heard, m.failure, m.unhealthy, m.invalid = now, "", r.Unhealthy, r.Invalid
	if r.Unhealthy == "" {
		m.passed = now
	}
	m.before, m.asked = m.asked, c.since
	m.nextList = e.cfg.Node.NextCheck(m.name, now)
	e.sized(m, r)
	e.reported(m, r.Report)
	for _, uid := range m.fold(r.States, c.ID) {
		e.pods.add(uid)
		e.sight(m, uid)
	}
	if len(m.touched) > 0 {
		for _, uid := range slices.Sorted(maps.Keys(m.touched)) {
			if m.touched[uid] < c.ID {
				delete(m.touched, uid)
				e.pods.add(uid)
			}
		}
	}
	if first {
		e.recovered(m)
	}
	if len(m.removed) > 0 {
		maps.DeleteFunc(m.removed, func(_ string, at uint64) bool { return at < c.ID })
	}
	if len(m.unseen)+len(m.retries) > 0 {
		m.confirm(e)
	}
	if anew {
		for _, p := range e.head().Pods().List(store.Filter{Node: m.name}) {
			e.pods.add(p.UID)
		}
	}
	if len(m.foreign) > 0 {
		for _, uid := range slices.Sorted(maps.Keys(m.foreign)) {
			if e.sight(m, uid) {
				m.strays.add(uid)
			}
		}
	}
}

// sight notes whether a pod is seen on a machine and does not belong there.
func (e *Engine) sight(m *machine, uid string) (foreign bool) {
	if len(m.seen[uid]) == 0 || e.belongs(uid, m) {
		delete(m.foreign, uid)
		return false
	}
	m.foreign[uid] = struct{}{}
	return true
}

// belongs reports whether a pod is bound to the machine.
func (e *Engine) belongs(uid string, m *machine) bool {
	p, err := e.head().Pods().ByUID(uid)
	return err == nil && p.Spec.NodeName == m.name
}

// fold merges a list into what is known and returns the uids of which
// something changed, sorted. What is in the list counts, except that an attempt
// which has ended never runs again; what is not in it is gone, unless a call on
// the pod ended after the list was asked for.
func (m *machine) fold(states []ContainerState, list uint64) (changed []string) {
	certain := len(m.touched)+len(m.removed) == 0
	if certain && len(m.last) > 0 && slices.EqualFunc(m.last, states, sameState) {
		return nil // as it was, so that nothing needs to be looked up
	}
	m.last = nil
	if certain {
		defer func() {
			if len(changed) == 0 {
				m.last = slices.Clone(states)
			}
		}()
	}
	if len(m.removed) > 0 {
		states = slices.DeleteFunc(slices.Clone(states), func(s ContainerState) bool {
			_, was := m.removed[s.UID]
			return was
		})
	}
	if !slices.IsSortedFunc(states, byUID) {
		states = slices.Clone(states)
		slices.SortStableFunc(states, byUID)
	}
	pods := 0
	for from, to := 0, 0; from < len(states); from = to {
		uid := states[from].UID
		for to = from + 1; to < len(states) && states[to].UID == uid; to++ {
		}
		pods++
		known, now := m.seen[uid], states[from:to]
		if slices.EqualFunc(known, now, sameState) {
			continue
		}
		if merged, differs := merge(known, plain(now), m.touched[uid] > list); differs {
			m.seen[uid] = merged
			changed = append(changed, uid)
		}
	}
	if pods < len(m.seen) { // some are not in the list
		for uid := range m.seen {
			if _, ok := slices.BinarySearchFunc(states, ContainerState{ContainerRef: ContainerRef{UID: uid}}, byUID); !ok && m.touched[uid] < list {
				delete(m.seen, uid)
				changed = append(changed, uid)
			}
		}
	}
	slices.Sort(changed)
	return changed
}

func byUID(a, b ContainerState) int { return strings.Compare(a.UID, b.UID) }

// merge folds what a list says of one pod into what was known, and reports
// whether that changes anything.
func merge(known, found []ContainerState, keep bool) ([]ContainerState, bool) {
	slices.SortStableFunc(found, func(a, b ContainerState) int { return compareRefs(a.ContainerRef, b.ContainerRef) })
	merged := make([]ContainerState, 0, len(found))
	for _, f := range found {
		if last := len(merged) - 1; last >= 0 && merged[last].ContainerRef == f.ContainerRef {
			merged[last] = final(merged[last], f)
			continue
		}
		if i, ok := slices.BinarySearchFunc(known, f.ContainerRef, byRef); ok {
			f = final(known[i], f)
		}
		merged = append(merged, f)
	}
	if keep {
		for _, k := range known {
			if i, ok := slices.BinarySearchFunc(merged, k.ContainerRef, byRef); !ok {
				merged = slices.Insert(merged, i, k)
			}
		}
	}
	return merged, !slices.EqualFunc(known, merged, sameState)
}

// final returns the state that came later in the life of an attempt.
func final(known, found ContainerState) ContainerState {
	if known.State.Terminated != nil && found.State.Terminated == nil {
		known.VolumeFault = cmp.Or(found.VolumeFault, known.VolumeFault)
		return known
	}
	return found
}

// plain returns copies of states as they are recorded.
func plain(states []ContainerState) []ContainerState {
	out := make([]ContainerState, len(states))
	for i, s := range states {
		out[i] = s.plain()
	}
	return out
}

// plain returns s with its times in UTC and without a monotonic reading, as
// they are when they have been recorded and read again.
func (s ContainerState) plain() ContainerState {
	if r := s.State.Running; r != nil && r.StartedAt != r.StartedAt.UTC() {
		s.State.Running = &pod.Started{StartedAt: r.StartedAt.UTC()}
	}
	if t := s.State.Terminated; t != nil && (t.StartedAt != t.StartedAt.UTC() || t.FinishedAt != t.FinishedAt.UTC()) {
		ended := *t
		ended.StartedAt, ended.FinishedAt = t.StartedAt.UTC(), t.FinishedAt.UTC()
		s.State.Terminated = &ended
	}
	return s
}

func byRef(s ContainerState, ref ContainerRef) int { return compareRefs(s.ContainerRef, ref) }

func compareRefs(a, b ContainerRef) int {
	return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.UID, b.UID))
}

func sameState(a, b ContainerState) bool {
	return a.ContainerRef == b.ContainerRef && a.ID == b.ID && a.PodIP == b.PodIP && a.VolumeFault == b.VolumeFault &&
		samePointer(a.State.Waiting, b.State.Waiting) &&
		samePointer(a.State.Running, b.State.Running) &&
		samePointer(a.State.Terminated, b.State.Terminated)
}

func samePointer[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// live reports whether the attempt runs, for all that is known.
func (s ContainerState) live() bool { return s.State.Terminated == nil }

// sightings returns what is known of a pod beyond its object.
func (e *Engine) sightings(m *machine, p *pod.Pod, now time.Time) lifecycle.Seen {
	states := m.seen[p.UID]
	seen := lifecycle.Seen{Listed: m.knows(p.UID), Since: m.before}
	if m.givenUp {
		seen.NodeLost = m.lost
	}
	if len(states) > 0 {
		seen.Containers = make([]lifecycle.Sighting, 0, len(states)+1)
	}
	for _, s := range states {
		seen.VolumeFault = cmp.Or(seen.VolumeFault, s.VolumeFault)
		seen.Containers = append(seen.Containers, lifecycle.Sighting{
			Container: s.Container, Attempt: s.Attempt, ID: s.ID, PodIP: s.PodIP, State: s.State,
		})
	}
	if len(m.refused) > 0 {
		for _, name := range containerNames(p) {
			ref := RefTo(p, name)
			if failure, ok := m.refused[ref]; ok {
				delete(m.refused, ref)
				seen.Containers = append(seen.Containers, lifecycle.Sighting{
					Container: name, Attempt: ref.Attempt, StartFailed: &failure,
				})
			}
		}
	}
	seen.Probes = e.probes.results(p)
	seen.Hooks = e.hooks.results(p)
	return seen
}

func containerNames(p *pod.Pod) []string {
	var names []string
	for i := range p.Spec.InitContainers {
		names = append(names, p.Spec.InitContainers[i].Name)
	}
	for i := range p.Spec.Containers {
		names = append(names, p.Spec.Containers[i].Name)
	}
	return names
}

// failed notes that a stop or a removal failed and returns when it is tried again.
func (m *machine) failed(ref ContainerRef, now time.Time) time.Time {
	m.retries[ref] = m.retries[ref].next(now)
	return m.retries[ref].at
}

// next is the wait after one more try: 1 s, doubling up to a minute.
func (r retry) next(now time.Time) retry {
	return retry{failures: r.failures + 1, at: now.Add(min(time.Second<<min(r.failures, 6), time.Minute))}
}

// confirm drops the waits of what a list has confirmed: starts of attempts that
// are listed, stops of attempts that are listed as ended, and all of pods that
// are neither listed nor bound here.
func (m *machine) confirm(e *Engine) {
	state := func(ref ContainerRef) (s ContainerState, listed, known bool) {
		states := m.seen[ref.UID]
		i, listed := slices.BinarySearchFunc(states, ref, byRef)
		if listed {
			s = states[i]
		}
		return s, listed, len(states) > 0 || e.belongs(ref.UID, m)
	}
	maps.DeleteFunc(m.unseen, func(ref ContainerRef, _ retry) bool {
		_, listed, known := state(ref)
		return listed || !known
	})
	maps.DeleteFunc(m.retries, func(ref ContainerRef, _ retry) bool {
		s, listed, known := state(ref)
		return listed && !s.live() || !known
	})
}

// stray deals with a pod that is seen on a machine and does not belong there:
// one that was given up, deleted by force, or left behind by a crash. What runs
// of it is stopped, then it is removed.
func (e *Engine) stray(m *machine, uid string, now time.Time) {
	states := m.seen[uid]
	if len(states) == 0 || e.belongs(uid, m) {
		return
	}
	live := false
	for _, s := range states {
		if !s.live() {
			continue
		}
		live = true
		if e.calls.find(s.ContainerRef) == nil && !m.retries[s.ContainerRef].at.After(now) {
			e.ask(m, Work{Kind: WorkStop, Ref: s.ContainerRef, Grace: leftoverGrace})
		}
	}
	if ref := (ContainerRef{UID: uid}); !live && e.calls.find(ref) == nil && !m.retries[ref].at.After(now) {
		e.ask(m, Work{Kind: WorkRemove, Ref: ref})
		if n, err := e.head().Nodes().Get("", m.name); err == nil {
			e.event(n, "node", m.name, normal("RemovedLeftover", "pod %s/%s (%s) does not belong here",
				states[0].Namespace, states[0].Pod, uid))
		}
	}
}

// leftoverGrace is what containers get whose pod is no longer known: core/v1's default.
const leftoverGrace = 30 * time.Second

// sized takes in what the runtime says of its node as a whole.
func (e *Engine) sized(m *machine, r Result) {
	if r.Warnings == nil && r.Capacity == nil {
		return
	}
	n, err := e.head().Nodes().Get("", m.name)
	if err != nil {
		return
	}
	for _, text := range r.Warnings {
		if !m.warned[text] {
			m.warned[text] = true
			e.event(n, "node", m.name, labels.Event{Type: labels.Warning, Reason: "RuntimeWarning", Message: text})
		}
	}
	if r.Capacity != nil && n.Status.Capacity == nil {
		sized := *n
		sized.Status.Capacity = r.Capacity
		e.must(func(tx *store.Tx) error { return tx.Update(&sized) })
	}
}
