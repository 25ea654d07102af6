package orchestrator

import (
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// makeRoom finds out which pods of lower priority could make way for one that
// fits nowhere, if it is not enough that some are leaving.
func (e *Engine) makeRoom(r *round, d placement) placement {
	preempter, ok := e.cfg.Scheduler.(scheduler.Preempter)
	if !ok || !d.pod.Spec.Preempts() {
		return d
	}
	on := func(nodeName string) []*pod.Pod { return e.podsOn(r, nodeName) }
	d.room = preempter.Preempt(d.pod, &e.cluster, on)
	if wrong := e.wrongRoom(d.pod, d.room, on); wrong != "" {
		d.room, d.why = scheduler.Preemption{}, d.why+"; the scheduler made room wrongly: "+wrong
	}
	if d.room.Node != "" {
		e.cluster.Reserve(d.pod, d.room.Node)
	}
	return d
}

// wrongRoom says what is wrong with the room that a scheduler wants to make for a pod; empty: nothing.
func (e *Engine) wrongRoom(p *pod.Pod, room scheduler.Preemption, on func(string) []*pod.Pod) string {
	if room.Node != "" && e.cluster.Node(room.Node) == nil {
		return "node " + room.Node + " does not exist"
	}
	for _, v := range room.Victims {
		if v == nil {
			return "a pod that is to make way is none"
		}
		is, err := e.head().Pods().Get(v.Namespace, v.Name)
		if err != nil || is.UID != v.UID {
			return fmt.Sprintf("pod %s/%s, which is to make way, is not there as it was made out", v.Namespace, v.Name)
		}
		v = is
		if v.Spec.NodeName == "" || v.Spec.NodeName != room.Node {
			return fmt.Sprintf("pod %s/%s is not on node %q", v.Namespace, v.Name, room.Node)
		}
		if v.Spec.Rank() >= p.Spec.Rank() {
			return fmt.Sprintf("pod %s/%s has priority %d, and is to make way for %d", v.Namespace, v.Name, v.Spec.Rank(), p.Spec.Rank())
		}
	}
	if room.Node != "" && len(room.Victims) == 0 && !slices.ContainsFunc(on(room.Node), (*pod.Pod).Deleting) {
		return "nobody is leaving node " + room.Node
	}
	return ""
}

// podsOn returns the pods that are on a node. Those that were told to make way in this
// round are leaving.
func (e *Engine) podsOn(r *round, nodeName string) []*pod.Pod {
	pods := e.head().Pods().List(store.Filter{Node: nodeName})
	for i, p := range pods {
		if told := r.told[p.UID]; told != nil {
			pods[i] = told
		}
	}
	return pods
}
