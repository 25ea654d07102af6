package orchestrator

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// observePlacement keeps the scheduler's view of a changed pod: counted on its
// node while it may run, queued while it has none.
func (e *Engine) observePlacement(old, p *pod.Pod) {
	switch {
	case p == nil || p.Status.Phase.Terminal():
		uid := identity(old, p).UID
		e.pending.remove(uid)
		e.unfit.remove(uid)
		if e.cluster.Displace(uid) {
			e.retryUnfit()
		}
	case p.Spec.NodeName != "":
		e.pending.remove(p.UID)
		e.unfit.remove(p.UID)
		e.cluster.Place(p, p.Spec.NodeName)
	case old == nil || !e.unfit.has(p.UID):
		e.pending.add(p.UID)
	}
}

func identity(old, p *pod.Pod) *labels.Meta {
	if p != nil {
		return &p.Meta
	}
	return &old.Meta
}

// retryUnfit puts the pods that fit nowhere back on the queue: something has
// changed that may help them.
func (e *Engine) retryUnfit() {
	for _, uid := range e.unfit.take() {
		e.pending.add(uid)
	}
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
}

// stepScheduling asks the scheduler for every pod that waits, and writes all
// its decisions at once. Each pick sees the picks before it.
func (e *Engine) stepScheduling(now time.Time) {
	if e.pending.empty() || e.warmingUp(now) {
		return
	}
	head := e.head()
	var decided []placement
	for _, uid := range e.pending.take() {
		p, err := head.Pods().ByUID(uid)
		if err != nil || p.Spec.NodeName != "" || p.Status.Phase.Terminal() {
			continue
		}
		d := e.cfg.Scheduler.Pick(p, &e.cluster)
		switch {
		case d.Node == "":
			decided = append(decided, placement{pod: p, why: d.Message()})
		case e.cluster.Node(d.Node) == nil:
			decided = append(decided, placement{pod: p, why: "the scheduler chose node " + d.Node + ", which does not exist"})
		default:
			e.cluster.Place(p, d.Node)
			decided = append(decided, placement{pod: p, node: d.Node})
		}
	}
	for _, d := range decided {
		if d.node == "" {
			e.unfit.add(d.pod.UID)
		}
	}
	e.must(func(tx *store.Tx) error {
		for _, d := range decided {
			var err error
			if d.node != "" {
				_, err = e.bind(tx, d.pod, d.node, now)
			} else {
				err = e.refuse(tx, d.pod, d.why, now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// bind writes that a pod is on a node.
func (e *Engine) bind(tx *store.Tx, p *pod.Pod, nodeName string, now time.Time) (labels.Object, error) {
	bound := *p
	bound.Spec.NodeName = nodeName
	bound.Status.Conditions = withCondition(p.Status.Conditions, pod.Condition{Type: pod.PodScheduled, Status: pod.True}, now)
	if err := tx.Update(&bound); err != nil {
		return nil, err
	}
	e.event(&bound, "scheduler", "", normal("Scheduled", "assigned to node %s", nodeName))
	return &bound, nil
}

// refuse writes why a pod is on no node.
func (e *Engine) refuse(tx *store.Tx, p *pod.Pod, why string, now time.Time) error {
	e.event(p, "scheduler", "", warning("FailedScheduling", "%s", why))
	condition := pod.Condition{Type: pod.PodScheduled, Status: pod.False, Reason: "Unschedulable", Message: why}
	if have := p.Status.Condition(pod.PodScheduled); have != nil && have.Status == pod.False && have.Message == why {
		return nil
	}
	waiting := *p
	waiting.Status.Conditions = withCondition(p.Status.Conditions, condition, now)
	return tx.Update(&waiting)
}

// withCondition returns a copy of the conditions with one of them set.
func withCondition(conditions []pod.Condition, c pod.Condition, now time.Time) []pod.Condition {
	s := pod.Status{Conditions: append(make([]pod.Condition, 0, len(conditions)+1), conditions...)}
	s.SetCondition(c, now)
	return s.Conditions
}
