package orchestrator

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// observePlacement keeps the scheduler's view of a changed pod: counted on its
// node while it may run, and on the one where room is made for it while it
// waits; queued while it has none.
func (e *Engine) observePlacement(old, p *pod.Pod) {
	if p != nil && p.Spec.Rank() != 0 {
		e.ranked++
	}
	if old != nil && old.Spec.Rank() != 0 {
		e.ranked--
	}
	if old != nil && p != nil && !old.Labels.Equal(p.Labels) && e.cluster.Displace(p.UID) {
		e.retry = true // it is to be counted as what it is now, which others may have waited for
	}
	switch {
	case p == nil || p.Status.Phase.Terminal():
		uid := identity(old, p).UID
		e.pending.remove(uid)
		e.unfit.remove(uid)
		if e.cluster.Displace(uid) {
			e.retry = true
		}
	case p.Spec.NodeName != "":
		e.pending.remove(p.UID)
		e.unfit.remove(p.UID)
		if len(e.unfit.social) > 0 && e.cluster.Placed(p.UID) != p.Spec.NodeName {
			e.retry = true // nobody asked the scheduler about it
		}
		e.cluster.Place(p, p.Spec.NodeName)
	default:
		e.reserve(p)
		if e.unfit.has(p.UID) && e.unfit.of[p.UID] == e.group(p) {
			return
		}
		e.unfit.remove(p.UID) // it asks for something else now
		e.pending.add(p)
	}
}

// reserve counts a pod that waits on the node where room is made for it, so that
// nobody else takes that.
func (e *Engine) reserve(p *pod.Pod) {
	if nominated := p.Status.NominatedNodeName; nominated != "" {
		e.cluster.Reserve(p, nominated)
	} else {
		e.cluster.Displace(p.UID)
	}
}

// group returns what a pod that fits nowhere has in common with others: see scheduler.Grouper.
func (e *Engine) group(p *pod.Pod) string {
	if grouper, ok := e.cfg.Scheduler.(scheduler.Grouper); ok && p.Status.NominatedNodeName == "" {
		if group := grouper.Group(p, &e.cluster); group != "" {
			return strconv.Itoa(int(p.Spec.Rank())) + "/" + group
		}
	}
	return p.UID
}

// social reports whether a pod that fits nowhere may fit because another one is placed.
func (e *Engine) social(p *pod.Pod) bool {
	if awaiter, ok := e.cfg.Scheduler.(scheduler.Awaiter); ok {
		return awaiter.Awaits(p)
	}
	return scheduler.Gregarious(p)
}

func identity(old, p *pod.Pod) *labels.Meta {
	if p != nil {
		return &p.Meta
	}
	return &old.Meta
}

// warmUp is how long a new engine waits for its nodes before it schedules.
const warmUp = 2 * time.Second

// warmingUp reports whether scheduling waits for a cloud that has not said yet which
// nodes there are, or for nodes that have not answered yet: so that the first one to
// answer does not get everything, and no pod is said to fit nowhere before.
func (e *Engine) warmingUp(now time.Time) bool {
	if !now.Before(e.until) {
		return false
	}
	if e.cfg.SyncNodes && !e.sync.answered {
		e.timers.set(timerKey{schedulingLoop, ""}, e.until)
		return true
	}
	for _, m := range e.machines {
		if !m.listed && m.failures == 0 {
			e.timers.set(timerKey{schedulingLoop, ""}, e.until)
			return true
		}
	}
	return false
}

// turn is whose turn it is: one pod, or a group of those that fitted nowhere.
type turn struct {
	first *pod.Pod
	rest  []string // uids
	again bool
}

// stepScheduling asks the scheduler for every pod that waits, and writes all
// its decisions at once. Each pick sees the picks before it.
func (e *Engine) stepScheduling(now time.Time) {
	if e.full(0) || e.restful(now) {
		return
	}
	turns := e.turns()
	some := min(len(turns), e.enough)
	e.recorder.expect(some)
	r := round{hopeless: make(map[string]placement), told: make(map[string]*pod.Pod)}
	e.placing = true
	defer func() { e.placing = false }()
	refused := e.update(func(tx *store.Tx) error {
		tx.Grow(some)
		for i, t := range prefetch.All(turns, touchTurn, touchTurnTexts, e.lookTurnUp) {
			if e.full(tx.Changes()) {
				e.later(turns[i:])
				break
			}
			e.takeTurn(tx, &r, t, now)
		}
		return nil
	})
	if refused != nil {
		e.putAllOff(turns, refused, now)
	}
}

// takeTurn decides about the pod, or the group, whose turn it is.
func (e *Engine) takeTurn(tx *store.Tx, r *round, t *turn, now time.Time) {
	fits := e.choose(tx, r, t.first, now)
	last := t.first.UID
	for _, uid := range t.rest {
		if !fits && e.unfit.together(last, uid) {
			break // neither does the rest of the group
		}
		if e.full(tx.Changes()) {
			e.retry = true // they go on with the next Step
			break
		}
		if p, missing := e.head().Pods().ByUID(uid); missing == nil {
			fits = e.choose(tx, r, p, now)
			last = uid
		}
	}
}

// round is what one pass over the pods that wait has found out.
type round struct {
	hopeless map[string]placement // by group: what was said to the first
	told     map[string]*pod.Pod  // by uid: those that make way, leaving
}

// choose decides about one pod, if it still waits, and writes that. It returns
// false if the pod fits nowhere.
func (e *Engine) choose(tx *store.Tx, r *round, p *pod.Pod, now time.Time) (fits bool) {
	if p.Spec.NodeName != "" || p.Status.Phase.Terminal() {
		return true
	}
	group, social := "", e.social(p)
	if len(r.hopeless) > 0 && !social {
		group = e.group(p)
	}
	d, known := r.hopeless[group]
	if d.pod = p; !known {
		d = e.place(r, p)
	}
	if err := e.settlePlacement(tx, r, &d, now); err != nil {
		e.fault(err)
		e.putOff(p.UID, now)
		return true // it may, and it is nothing to the others
	}
	if d.node == "" {
		group = e.group(p)
		if e.unfit.add(p.UID, group, social); d.room.Node == "" {
			r.hopeless[group] = d
		}
	} else {
		e.unfit.remove(p.UID)
		e.retry = e.retry || len(e.unfit.social) > 0
	}
	if was := p.Status.NominatedNodeName; was != "" && d.room.Node == "" {
		clear(r.hopeless) // what was reserved for it may be free
		e.retry = e.retry || d.node != was
	}
	return d.node != ""
}

// putOff has a pod wait as it is recorded, and counts it where that says: what was
// decided about it could not be written. It is tried again after a while, or when something has
// changed.
func (e *Engine) putOff(uid string, now time.Time) {
	e.pending.remove(uid)
	e.unfit.remove(uid)
	p, err := e.head().Pods().ByUID(uid)
	switch {
	case err != nil:
		e.cluster.Displace(uid)
	case p.Spec.NodeName != "" || p.Status.Phase.Terminal():
		e.observePlacement(p, p)
	default:
		e.reserve(p)
		e.unfit.add(uid, uid, e.social(p)) // of no group: it need not be that it fits nowhere
		e.timers.sooner(timerKey{schedulingLoop, ""}, now.Add(putOffFor))
	}
}

// putOffFor is how long a pod waits about which a decision could not be written.
const putOffFor = time.Second

// putAllOff does so with all whose turn it was: nothing of what was decided is so.
func (e *Engine) putAllOff(turns []turn, why error, now time.Time) {
	e.fault(why)
	for _, t := range turns {
		e.putOff(t.first.UID, now)
		for _, uid := range t.rest {
			e.putOff(uid, now)
		}
	}
	e.retry = false // or it would be tried again at once
}

// restful reports whether there is nothing to schedule now.
func (e *Engine) restful(now time.Time) bool {
	return e.pending.empty() && (!e.retry || e.unfit.empty()) || e.warmingUp(now)
}

// turns returns who is to be placed, in order: by priority; those that wait for
// longer before those that have come.
func (e *Engine) turns() []turn {
	var turns []turn
	if e.retry {
		for group := range e.unfit.order.all() {
			uids := e.unfit.members(group)
			if p, err := e.head().Pods().ByUID(uids[0]); err == nil {
				turns = append(turns, turn{p, uids[1:], true})
			}
		}
	}
	e.retry = false
	some := e.pending.len()
	if e.ranked == 0 { // otherwise the last may be the first
		some = min(some, e.enough-len(e.changes)) // there is no time for the others
	}
	pods := e.pending.take(some)
	turns = slices.Grow(turns, len(pods))
	for _, p := range pods {
		turns = append(turns, turn{first: p})
	}
	if e.ranked > 0 {
		slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(b.first.Spec.Rank(), a.first.Spec.Rank()) })
	}
	return turns
}

// later has the pods whose turn has not come wait for the next time, before those
// that have come since.
func (e *Engine) later(turns []turn) {
	var pods []*pod.Pod
	for _, t := range turns {
		if t.again {
			e.retry = true
		} else {
			pods = append(pods, t.first)
		}
	}
	e.pending.putBack(pods)
}
