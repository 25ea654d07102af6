package orchestrator

import (
	"cmp"
	"maps"
	"slices"
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
	node   *node.Node // its object as it is now; nil: it has been deleted
	since  time.Time  // when the engine first knew the node
	heard  time.Time  // when it last answered; zero: never
	passed time.Time  // when it last answered and was healthy; zero: never
	well   time.Time  // until when no time that passes makes a difference to that; zero: it is to be judged
	listed bool       // it was listed at least once
	relist bool       // list as soon as the list under way is back

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

	seen map[string][]ContainerState // by pod uid, in the order of container and attempt
	last []ContainerState            // the last list, if that changed nothing and was certain; nil: it was not

	// Of these each is nil where it is empty, so that to see that costs nothing.
	touched map[string]uint64      // by pod uid: a call on it ended when this was the newest work; older lists may not know
	removed map[string]uint64      // the same for pods that were removed
	foreign map[string]struct{}    // uids that are seen here and did not belong here
	retries map[ContainerRef]retry // stops and removals that failed, or that no list has confirmed
	unseen  map[ContainerRef]retry // starts that no list has confirmed
	refused map[ContainerRef]lifecycle.StartFailure

	strays queue[string] // those of the foreign that are to be looked at
	calls  []*call       // under way
	list   call          // the newest list, if one is under way
	warned map[string]bool

	timer  timer // when to look at it again
	queued bool  // it is among those to be looked at
	waits  bool  // it is among those to be listed when there is a place
}

// machines are those that need a look, each once, in the order in which they came.
type machines []*machine

func (q *machines) add(m *machine) {
	if !m.queued {
		m.queued = true
		*q = append(*q, m)
	}
}

// take returns all of them and leaves none.
func (q *machines) take() []*machine {
	all := *q
	for _, m := range all {
		m.queued = false
	}
	*q = nil
	return all
}

// retry says when something that failed, or had no visible effect, is tried again.
type retry struct {
	failures int // in a row
	at       time.Time
	done     uint64 // the newest work when the last success came, which no list has confirmed; 0: none
}

func newMachine(name string, now time.Time) *machine {
	m := &machine{
		name: name, since: now, nextList: now,
		seen:   make(map[string][]ContainerState),
		warned: make(map[string]bool),
	}
	m.timer = timer{timerKey: timerKey{nodeLoop, name}, machine: m}
	return m
}

// put is m[k] = v where m is nil while it is empty.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[k] = v
}

// tidy makes a map nil that has become empty.
func tidy[K comparable, V any](m *map[K]V) {
	if len(*m) == 0 {
		*m = nil
	}
}

// touch notes that a call on a pod has ended: only lists from now on know.
func (e *Engine) touch(m *machine, uid string) {
	put(&m.touched, uid, e.calls.last)
	m.relist = true
	e.nodes.add(m)
	e.pods.add(uid)
}

// knows reports whether the last list is newer than whatever was done to the pod.
func (m *machine) knows(uid string) bool {
	_, touched := m.touched[uid]
	return m.listed && !touched
}

// listed takes in a list of the runtime.
func (e *Engine) listed(m *machine, c *call, r Result, now time.Time) {
	again := e.heardAgain(m, &r, now)
	m.listing, m.well = 0, time.Time{}
	e.checked(m)
	e.nodes.add(m)
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
	if again {
		m.well = now.Add(e.cfg.Node.Grace)
	}
	m.nextList = e.cfg.Node.NextCheck(m.name, now)
	e.sized(m, r)
	e.reported(m, r.Report)
	for _, uid := range m.fold(r.States, c.ID) {
		e.pods.add(uid)
		e.sight(m, uid)
	}
	e.confirmed(m, c.ID)
	if first {
		e.recovered(m)
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
		tidy(&m.foreign)
	}
}

// confirmed forgets what was to be remembered until a list that is as new as this one.
func (e *Engine) confirmed(m *machine, list uint64) {
	if len(m.touched) > 0 {
		for _, uid := range slices.Sorted(maps.Keys(m.touched)) {
			if m.touched[uid] < list {
				delete(m.touched, uid)
				e.pods.add(uid)
			}
		}
		tidy(&m.touched)
	}
	if len(m.removed) > 0 {
		maps.DeleteFunc(m.removed, func(_ string, at uint64) bool { return at < list })
		tidy(&m.removed)
	}
	if len(m.unseen)+len(m.retries) > 0 {
		m.confirm(e)
		tidy(&m.unseen)
		tidy(&m.retries)
	}
}

// heardAgain reports whether a node that is well was heard again, and nothing else of
// what node.Decide judges by is new: so that there is no need to ask it.
func (e *Engine) heardAgain(m *machine, r *Result, now time.Time) bool {
	return now.Before(m.well) && now.Sub(m.heard) < e.cfg.Node.Grace && r.Err == nil &&
		m.unhealthy == "" && r.Unhealthy == "" && m.invalid == r.Invalid &&
		slices.Equal(m.reported, r.Report.Conditions)
}

// sight notes whether a pod is seen on a machine and does not belong there.
func (e *Engine) sight(m *machine, uid string) (foreign bool) {
	if len(m.seen[uid]) == 0 || e.belongs(uid, m) {
		delete(m.foreign, uid)
		return false
	}
	put(&m.foreign, uid, struct{}{})
	return true
}

// belongs reports whether a pod is bound to the machine.
func (e *Engine) belongs(uid string, m *machine) bool {
	p, err := e.head().Pods().ByUID(uid)
	return err == nil && p.Spec.NodeName == m.name
}

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
		tidy(&m.refused)
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
	r := m.retries[ref].next(now)
	put(&m.retries, ref, r)
	return r.at
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
		if e.calls.on(s.ContainerRef) == nil && !m.retries[s.ContainerRef].at.After(now) {
			e.ask(m, Work{Kind: WorkStop, Ref: s.ContainerRef, Grace: leftoverGrace})
		}
	}
	if ref := (ContainerRef{UID: uid}); !live && !e.calls.busy(uid) && !m.retries[ref].at.After(now) {
		e.ask(m, Work{Kind: WorkRemove, Ref: ref})
		if n := m.node; n != nil {
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
	n := m.node
	if n == nil {
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
