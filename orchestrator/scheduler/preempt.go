package scheduler

import (
	"cmp"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Preempter is a Scheduler that knows which pods could make room for another.
type Preempter interface {
	Scheduler
	// Preempt returns which pods have to go so that p fits onto a node, which it
	// does not as things are; the zero Preemption where that helps nowhere. None of
	// them has the priority of p or a higher one: two pods would push each other out
	// for ever. on lists the pods that are counted on a node. The cluster is left
	// as it was.
	//
	// Pods that are being deleted leave anyway, whatever their priority: none of them is a
	// victim, and where p fits once those of a node have gone there are no victims at
	// all. If that is so for the node that p is nominated to, that is the answer:
	// it is asked again and again while p waits.
	Preempt(p *pod.Pod, c *Cluster, on func(node string) []*pod.Pod) Preemption
}

// Preemption is what it takes to make room for a pod. The zero value: it can't be done.
type Preemption struct {
	Node string
	// Victims are those that have to go, in the order in which they give way: the lowest
	// priority first. None: the pods that are leaving the node are enough.
	Victims []*pod.Pod
}

// Preempt implements Preempter. A pod that would fit onto a node once those have gone
// that are leaving it waits for that, and nobody else goes: on the node that it is nominated to,
// or else on the first by name.
//
// Otherwise no pod goes with the pod's priority or a higher one. Of the others on a node
// each is let stay that can, one after the other, the
// most important first and of equals the oldest; the rest have to go. So none goes
// in vain, but fewer might do where one of the important ones is large. Among
// the nodes it takes the one whose most important victim has the lowest priority;
// of equals, the one with the lowest sum of priorities, then with the fewest victims,
// then the first by name. These are Kubernetes' rules, but for disruption budgets,
// which there are none of, and for pods that are leaving, which Kubernetes waits for
// only where the pod is nominated already.
//
// It costs a walk over the pods of every node, where any pod has a lower priority; a pod
// than which none has is told nothing, unless it is nominated.
func (s *Policy) Preempt(p *pod.Pod, c *Cluster, on func(node string) []*pod.Pod) Preemption {
	if at := p.Status.NominatedNodeName; at != "" && c.Node(at) != nil {
		if victims, ok := s.victims(p, c, at, on(at)); ok && len(victims) == 0 {
			return Preemption{Node: at}
		}
	}
	var best Preemption
	if !c.outranked(p.Spec.Rank()) {
		return best
	}
	for i := range c.nodes { // the node is counted anew meanwhile
		name := c.nodes[i].name
		victims, ok := s.victims(p, c, name, on(name))
		if ok && (best.Node == "" || milder(victims, best.Victims)) {
			best = Preemption{Node: name, Victims: victims}
		}
		if ok && len(victims) == 0 {
			break
		}
	}
	return best
}

// victims returns which of the pods on a node have to go beside those that are leaving
// it; false where that is not enough.
func (s *Policy) victims(p *pod.Pod, c *Cluster, node string, on []*pod.Pod) ([]*pod.Pod, bool) {
	var leaving, lower []*pod.Pod
	for _, o := range on {
		switch {
		case c.Placed(o.UID) != node:
		case o.Deleting():
			leaving = append(leaving, o)
		case o.Spec.Rank() < p.Spec.Rank():
			lower = append(lower, o)
		}
	}
	var gone absent
	defer gone.comeBack(c, node)
	if len(leaving) > 0 {
		gone.leave(c, leaving)
		if s.fitsOn(p, c, node) {
			return nil, true
		}
	}
	if len(lower) == 0 {
		return nil, false
	}
	gone.leave(c, lower)
	if !s.fitsOn(p, c, node) {
		return nil, false
	}
	// The most important ones are let stay first, if there is room; of equals the oldest.
	slices.SortStableFunc(lower, func(a, b *pod.Pod) int {
		return cmp.Or(cmp.Compare(b.Spec.Rank(), a.Spec.Rank()), a.CreationTimestamp.Compare(b.CreationTimestamp), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	var victims []*pod.Pod
	for _, o := range lower {
		gone.stay(c, node, o)
		if !s.fitsOn(p, c, node) {
			c.Displace(o.UID)
			victims = append(victims, o)
		}
	}
	slices.Reverse(victims)
	return victims, len(victims) > 0
}

// absent are pods that are not counted for a while, and the devices that they had.
type absent struct {
	pods []*pod.Pod
	held map[string]*holding
}

// leave no longer counts pods.
func (a *absent) leave(c *Cluster, pods []*pod.Pod) {
	a.pods = append(a.pods, pods...)
	for _, o := range pods {
		if h := c.held.get(o.UID); h != nil {
			if a.held == nil {
				a.held = make(map[string]*holding)
			}
			a.held[o.UID] = h
		}
		c.Displace(o.UID)
	}
}

// stay counts one of them where it was, if it is not.
func (a *absent) stay(c *Cluster, node string, o *pod.Pod) {
	c.put(o, hashOf(o.UID), c.templates.of(o), node, a.held[o.UID])
}

// comeBack counts all of them where they were.
func (a *absent) comeBack(c *Cluster, node string) {
	for _, o := range a.pods {
		a.stay(c, node, o)
	}
}

// fitsOn reports whether a pod fits onto a node as things are.
func (s *Policy) fitsOn(p *pod.Pod, c *Cluster, node string) bool {
	n := c.Node(node)
	t := c.templates.of(p)
	if !passes(s.filters(t.request), t.request, n) {
		return false
	}
	var why Reason
	around, sociable := s.surround(t, c)
	return !sociable || !around.refuse(n, &why)
}

// milder reports whether it is better that the pods of a go than those of b.
func milder(a, b []*pod.Pod) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) < len(b)
	}
	worst := func(list []*pod.Pod) int32 { return list[len(list)-1].Spec.Rank() }
	sum := func(list []*pod.Pod) (total int64) {
		for _, p := range list {
			total += int64(p.Spec.Rank()) + 1<<31 // so that more victims count for more
		}
		return total
	}
	return cmp.Or(cmp.Compare(worst(a), worst(b)), cmp.Compare(sum(a), sum(b)), cmp.Compare(len(a), len(b))) < 0
}
