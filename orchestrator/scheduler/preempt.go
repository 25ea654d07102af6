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
	// does not as things are; the zero Preemption where that helps nowhere. on
	// lists the pods that are counted on a node. The cluster is left as it was.
	Preempt(p *pod.Pod, c *Cluster, on func(node string) []*pod.Pod) Preemption
}

// Preemption is what it takes to make room for a pod. The zero value: it can't be done.
type Preemption struct {
	Node    string
	Victims []*pod.Pod // in the order in which they give way: the lowest priority first
}

// Preempt implements Preempter. No pod goes with the pod's priority or a higher
// one. Of the others on a node each is let stay that can, one after the other, the
// most important first and of equals the oldest; the rest have to go. So none goes
// in vain, but fewer might do where one of the important ones is large. Among
// the nodes it takes the one whose most important victim has the lowest priority;
// of equals, the one with the lowest sum of priorities, then with the fewest victims,
// then the first by name. These are Kubernetes' rules, but for disruption budgets,
// which there are none of.
//
// Pods that are being deleted already count as gone. It costs a walk over the
// pods of every node.
func (s *Policy) Preempt(p *pod.Pod, c *Cluster, on func(node string) []*pod.Pod) Preemption {
	rank := p.Spec.Rank()
	var best Preemption
	if !c.outranked(rank) {
		return best
	}
	for i := range c.nodes { // the node is counted anew meanwhile
		name := c.nodes[i].name
		var lower []*pod.Pod
		for _, o := range on(name) {
			if o.Spec.Rank() < rank && c.Placed(o.UID) == name {
				lower = append(lower, o)
			}
		}
		if len(lower) == 0 {
			continue
		}
		if victims, ok := s.victims(p, c, name, lower); ok && (best.Node == "" || milder(victims, best.Victims)) {
			best = Preemption{Node: name, Victims: victims}
		}
	}
	return best
}

// victims returns which of the pods that may go have to; false where that is not enough.
func (s *Policy) victims(p *pod.Pod, c *Cluster, node string, lower []*pod.Pod) ([]*pod.Pod, bool) {
	var held map[string]*holding // so that they get back the devices that they had
	for _, o := range lower {
		if h := c.held.get(o.UID); h != nil {
			if held == nil {
				held = make(map[string]*holding)
			}
			held[o.UID] = h
		}
		c.Displace(o.UID)
	}
	// The most important ones are let stay first, if there is room; of equals the oldest.
	slices.SortStableFunc(lower, func(a, b *pod.Pod) int {
		return cmp.Or(cmp.Compare(b.Spec.Rank(), a.Spec.Rank()), a.CreationTimestamp.Compare(b.CreationTimestamp), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	fits := s.fitsOn(p, c, node)
	var victims []*pod.Pod
	for _, o := range lower {
		c.put(o, c.templates.of(o), node, held[o.UID])
		if fits && (o.Deleting() || !s.fitsOn(p, c, node)) {
			c.Displace(o.UID)
			victims = append(victims, o)
		}
	}
	for _, o := range victims {
		c.put(o, c.templates.of(o), node, held[o.UID])
	}
	slices.Reverse(victims)
	return victims, fits && len(victims) > 0
}

// fitsOn reports whether a pod fits onto a node as things are.
func (s *Policy) fitsOn(p *pod.Pod, c *Cluster, node string) bool {
	n := c.Node(node)
	t := c.templates.of(p)
	var why Reason
	if firstRefusal(s.filters(), t.request, n, &why) {
		return false
	}
	around, sociable := s.surround(t, c)
	return !sociable || !around.refuse(n, &why)
}

// milder reports whether it is better that the pods of a go than those of b.
func milder(a, b []*pod.Pod) bool {
	worst := func(list []*pod.Pod) int32 { return list[len(list)-1].Spec.Rank() }
	sum := func(list []*pod.Pod) (total int64) {
		for _, p := range list {
			total += int64(p.Spec.Rank()) + 1<<31 // so that more victims count for more
		}
		return total
	}
	return cmp.Or(cmp.Compare(worst(a), worst(b)), cmp.Compare(sum(a), sum(b)), cmp.Compare(len(a), len(b))) < 0
}
