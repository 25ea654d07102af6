package orchestrator

import (
	"cmp"
	"slices"
	"strconv"
	"time"

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
		e.cluster.Place(p, p.Spec.NodeName)
	default:
		e.reserve(p)
		if e.unfit.has(p.UID) && e.unfit.of[p.UID] == e.group(p) {
			return
		}
		e.unfit.remove(p.UID) // it asks for something else now
		e.pending.add(p.UID)
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

func identity(old, p *pod.Pod) *labels.Meta {
	if p != nil {
		return &p.Meta
	}
	return &old.Meta
}

// warmUp is how long a new engine waits for its nodes before it schedules.
const warmUp = 2 * time.Second

// warmingUp reports whether scheduling waits for nodes that have not answered
// yet, so that the first one to answer does not get everything.
func (e *Engine) warmingUp(now time.Time) bool {
	if !now.Before(e.until) {
		return false
	}
	for _, m := range e.machines {
		if !m.listed && m.failures == 0 {
			e.timers.set(timerKey{schedulingLoop, ""}, e.until)
			return true
		}
	}
	return false
}

// placement is a decision of the scheduler about one pod.
type placement struct {
	pod  *pod.Pod
	node string
	why  string // no node fits
	room scheduler.Preemption
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
	r := round{decided: make([]placement, 0, min(len(turns), e.enough)), hopeless: make(map[string]placement)}
	for i, t := range turns {
		if e.full(len(r.decided)) {
			e.later(turns[i:])
			break
		}
		fits := e.choose(&r, t.first)
		for _, uid := range t.rest {
			if t.again && !fits {
				break // neither does the rest of the group
			}
			if p, err := e.head().Pods().ByUID(uid); err == nil {
				fits = e.choose(&r, p)
			}
		}
	}
	e.recorder.expect(len(r.decided))
	e.must(func(tx *store.Tx) error {
		for i := range r.decided {
			if err := e.settlePlacement(tx, &r.decided[i], now); err != nil {
				return err
			}
		}
		return nil
	})
}

// round is what one pass over the pods that wait has decided.
type round struct {
	decided  []placement
	hopeless map[string]placement // by group: what was said to the first
}

// choose decides about one pod, if it still waits. It returns false if the pod fits nowhere.
func (e *Engine) choose(r *round, p *pod.Pod) (fits bool) {
	if p.Spec.NodeName != "" || p.Status.Phase.Terminal() {
		return true
	}
	group, social := "", scheduler.Gregarious(p)
	if len(r.hopeless) > 0 && !social {
		group = e.group(p)
	}
	d, known := r.hopeless[group]
	if d.pod = p; !known {
		d = e.place(p)
	}
	if d.node == "" {
		group = e.group(p)
		if e.unfit.add(p.UID, group, social); d.room.Node == "" {
			r.hopeless[group] = d
		}
	} else if p.Status.NominatedNodeName != "" {
		clear(r.hopeless) // what was reserved for it may be free
	}
	r.decided = append(r.decided, d)
	return d.node != ""
}

// restful reports whether there is nothing to schedule now.
func (e *Engine) restful(now time.Time) bool {
	return e.pending.empty() && (!e.retry || e.unfit.empty()) || e.warmingUp(now)
}

// turns returns who is to be placed, in order: by priority; those that wait for
// longer before those that have come.
func (e *Engine) turns() []turn {
	pods := e.head().Pods()
	var turns []turn
	add := func(uids []string, again bool) {
		p, err := pods.ByUID(uids[0])
		if err != nil {
			return
		}
		turns = append(turns, turn{p, uids[1:], again})
	}
	if e.retry {
		for _, group := range e.unfit.order.keys {
			add(e.unfit.members(group), true)
		}
	}
	e.retry = false
	some := len(e.pending.keys)
	if e.ranked == 0 { // otherwise the last may be the first
		some = min(some, e.enough-len(e.changes)) // there is no time for the others
	}
	uids := e.pending.takeSome(some)
	turns = slices.Grow(turns, len(uids))
	for i := range uids {
		add(uids[i:i+1], false)
	}
	if e.ranked > 0 {
		slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(b.first.Spec.Rank(), a.first.Spec.Rank()) })
	}
	return turns
}

// later has the pods whose turn has not come wait for the next time, before those
// that have come since.
func (e *Engine) later(turns []turn) {
	var uids []string
	for _, t := range turns {
		if t.again {
			e.retry = true
		} else {
			uids = append(uids, t.first.UID)
		}
	}
	e.pending.putBack(uids)
}

// place decides about one pod, and counts it where it is to be.
func (e *Engine) place(p *pod.Pod) placement {
	if p.Status.NominatedNodeName != "" {
		e.cluster.Displace(p.UID) // what was reserved for it
	}
	d := e.cfg.Scheduler.Pick(p, &e.cluster)
	if e.cfg.Decided != nil {
		e.cfg.Decided(p, d)
	}
	if d.Node == "" {
		return e.makeRoom(placement{pod: p, why: d.Message()})
	}
	if e.cluster.Node(d.Node) == nil {
		return placement{pod: p, why: "the scheduler chose node " + d.Node + ", which does not exist"}
	}
	if err := e.cluster.Accept(p, d); err != nil {
		return placement{pod: p, why: "the scheduler chose wrongly: " + err.Error()}
	}
	e.retry = e.retry || len(e.unfit.social) > 0
	return placement{pod: p, node: d.Node}
}

// makeRoom finds out which pods of lower priority could make way for one that
// fits nowhere, unless that is under way.
func (e *Engine) makeRoom(d placement) placement {
	preempter, ok := e.cfg.Scheduler.(scheduler.Preempter)
	if !ok || !d.pod.Spec.Preempts() {
		return d
	}
	if at := d.pod.Status.NominatedNodeName; at != "" && e.makingWay(at, d.pod.Spec.Rank()) {
		d.room.Node = at
	} else {
		d.room = preempter.Preempt(d.pod, &e.cluster, e.podsOn)
	}
	if d.room.Node != "" {
		e.cluster.Reserve(d.pod, d.room.Node)
	}
	return d
}

func (e *Engine) podsOn(nodeName string) []*pod.Pod {
	return e.head().Pods().List(store.Filter{Node: nodeName})
}

// makingWay reports whether a pod of a lower priority is leaving the node.
func (e *Engine) makingWay(nodeName string, rank int32) bool {
	if n := e.cluster.Node(nodeName); n == nil || n.Node.Refusal() != "" {
		return false
	}
	return slices.ContainsFunc(e.podsOn(nodeName), func(p *pod.Pod) bool {
		return p.Deleting() && !p.Status.Phase.Terminal() && p.Spec.Rank() < rank
	})
}

// settlePlacement writes what was decided about one pod.
func (e *Engine) settlePlacement(tx *store.Tx, d *placement, now time.Time) error {
	if d.node != "" {
		_, err := e.bind(tx, d.pod, d.node, now)
		return err
	}
	for _, victim := range d.room.Victims {
		if victim.Deleting() {
			continue
		}
		if _, err := e.delete(tx, keyOf(victim), DeleteOptions{}, now); err != nil && !gone(err) {
			return err
		}
		e.event(victim, "scheduler", "", normal("Preempted", "makes way on node %s for pod %s/%s of priority %d", d.room.Node, d.pod.Namespace, d.pod.Name, d.pod.Spec.Rank()))
	}
	return e.refuse(tx, d, now)
}

// bind writes that a pod is on a node.
func (e *Engine) bind(tx *store.Tx, p *pod.Pod, nodeName string, now time.Time) (labels.Object, error) {
	bound := *p
	bound.Spec.NodeName = nodeName
	bound.Status.NominatedNodeName = ""
	bound.Status.Devices = e.cluster.Devices(p.UID)
	bound.Status.Conditions = withCondition(p.Status.Conditions, pod.Condition{Type: pod.PodScheduled, Status: pod.True}, now)
	if err := tx.Update(&bound); err != nil {
		return nil, err
	}
	e.recorder.once(&bound, "scheduler", labels.Event{Reason: "Scheduled", Message: "assigned to node " + nodeName}, now)
	return &bound, nil
}

// refuse writes why a pod is on no node, and where room is made for it.
func (e *Engine) refuse(tx *store.Tx, d *placement, now time.Time) error {
	p := d.pod
	why := d.why
	if d.room.Node != "" {
		why += "; room is made on " + d.room.Node
	}
	have := p.Status.Condition(pod.PodScheduled)
	if have != nil && have.Status == pod.False && have.Message == why && p.Status.NominatedNodeName == d.room.Node {
		return nil
	}
	e.event(p, "scheduler", "", warning("FailedScheduling", "%s", why))
	condition := pod.Condition{Type: pod.PodScheduled, Status: pod.False, Reason: "Unschedulable", Message: why}
	waiting := *p
	waiting.Status.Conditions = withCondition(p.Status.Conditions, condition, now)
	waiting.Status.NominatedNodeName = d.room.Node
	return tx.Update(&waiting)
}

// withCondition returns a copy of the conditions with one of them set.
func withCondition(conditions []pod.Condition, c pod.Condition, now time.Time) []pod.Condition {
	s := pod.Status{Conditions: append(make([]pod.Condition, 0, len(conditions)+1), conditions...)}
	s.SetCondition(c, now)
	return s.Conditions
}
