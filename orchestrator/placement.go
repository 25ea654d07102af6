package orchestrator

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// placement is a decision of the scheduler about one pod.
type placement struct {
	pod  *pod.Pod
	node string
	why  string // no node fits
	room scheduler.Preemption
}

// place decides about one pod, and counts it where it is to be.
func (e *Engine) place(r *round, p *pod.Pod) placement {
	was := p.Status.NominatedNodeName
	if was != "" {
		e.cluster.Displace(p.UID) // what was reserved for it
	}
	d, yielded := pick(e.cfg.Scheduler, p, &e.cluster)
	if e.cfg.Decided != nil {
		e.cfg.Decided(p, d)
	}
	made := e.accept(r, p, d)
	for _, o := range yielded {
		e.cluster.Reserve(o.Pod, o.Node)
		if o.Node == made.node || o.Node == made.room.Node && o.Node != was {
			e.retry = true // it has to find out whether there is room for both
		}
	}
	return made
}

// pick asks a scheduler about a pod. Where that fits nowhere, pods of lower priority
// for which room is kept yield it: they are no longer counted then, and to be reserved
// again when the pod was counted.
func pick(s scheduler.Scheduler, p *pod.Pod, c *scheduler.Cluster) (d scheduler.Decision, yielded []scheduler.Reserved) {
	if d = s.Pick(p, c); d.Node == "" {
		if yielded = c.Yield(p.Spec.Rank()); len(yielded) > 0 {
			d = s.Pick(p, c)
		}
	}
	return d, yielded
}

// accept counts a pod where a decision puts it, or else where room can be made for it.
func (e *Engine) accept(r *round, p *pod.Pod, d scheduler.Decision) placement {
	if d.Node == "" {
		why := d.Message()
		if n := e.cluster.Len(); d.Nodes == 0 && n > 0 { // there are nodes, whatever it says
			why = fmt.Sprintf("the scheduler chose none of %d nodes, and gave no reason", n)
		}
		return e.makeRoom(r, placement{pod: p, why: why})
	}
	if e.cluster.Node(d.Node) == nil {
		return placement{pod: p, why: "the scheduler chose node " + d.Node + ", which does not exist"}
	}
	if err := e.cluster.Accept(p, d); err != nil {
		return placement{pod: p, why: "the scheduler chose wrongly: " + err.Error()}
	}
	return placement{pod: p, node: d.Node}
}

// settlePlacement writes what was decided about one pod.
func (e *Engine) settlePlacement(tx *store.Tx, r *round, d *placement, now time.Time) error {
	if d.node != "" {
		_, err := e.bind(tx, d.pod, d.node, now)
		return err
	}
	for _, victim := range d.room.Victims {
		if victim.Deleting() || r.told[victim.UID] != nil {
			continue
		}
		told, err := e.delete(tx, keyOf(victim), DeleteOptions{}, now)
		if err != nil {
			if gone(err) {
				continue
			}
			return err
		}
		r.told[victim.UID] = told.(*pod.Pod)
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
	e.recorder.once(&bound, "scheduler", "Scheduled", "assigned to node "+nodeName, now)
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
