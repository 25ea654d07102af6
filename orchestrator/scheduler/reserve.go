package scheduler

import (
	"cmp"
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Reserve counts a pod on a node like Place, where others have yet to make room
// for it: which devices it will have is not settled until it is placed, so that
// whatever becomes free is not taken from it.
func (c *Cluster) Reserve(p *pod.Pod, nodeName string) {
	t := c.templates.of(p)
	var h *holding
	if len(t.request.demands) > 0 {
		h = &holding{reserved: true}
	}
	c.put(p, hashOf(p.UID), t, nodeName, h)
	c.booked.add(p, nodeName)
}

// Reserved is a pod for which room is kept on a node.
type Reserved struct {
	Pod  *pod.Pod
	Node string

	order int // in which they were reserved
}

// Yield no longer counts the reserved pods that have a lower priority, and returns
// them in the order in which they were reserved: room is kept from pods of the priority
// that it is kept for and from those of lower ones, as in Kubernetes. When the pod to which they
// yield is placed they are to be reserved again, also where that is more than a node has.
// It costs a look at each that is reserved.
func (c *Cluster) Yield(priority int32) []Reserved {
	var yield []Reserved
	for _, r := range c.booked.of {
		if r.Pod.Spec.Rank() < priority {
			yield = append(yield, r)
		}
	}
	slices.SortFunc(yield, func(a, b Reserved) int { return cmp.Compare(a.order, b.order) })
	for _, r := range yield {
		c.Displace(r.Pod.UID)
	}
	return yield
}

// bookings are the pods that are reserved, by uid.
type bookings struct {
	of   map[string]Reserved
	last int // order of the one that was last
}

func (b *bookings) add(p *pod.Pod, nodeName string) {
	if b.of == nil {
		b.of = make(map[string]Reserved)
	}
	b.last++
	b.of[p.UID] = Reserved{p, nodeName, b.last}
}

func (b *bookings) remove(uid string) {
	if len(b.of) > 0 { // mostly there are none
		delete(b.of, uid)
	}
}

func (b *bookings) fork() bookings { return bookings{maps.Clone(b.of), b.last} }
