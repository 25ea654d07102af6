package scheduler

import (
	"cmp"
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

// Reason says why a node does not take a pod. The zero Reason: it does.
type Reason struct {
	// What is wrong, as it reads after a count: "cordoned", "not ready". Where
	// Wants is set it is the name of the resource that is short. Required: a
	// Reason without it counts as the zero Reason.
	What string
	// Left and Wants are what the node has left of the resource and what the
	// pod asks for. Both are 0 where it is not a matter of amounts.
	Left, Wants pod.Quantity
}

// Short returns the reason of a node that has too little of a resource left.
// The pod must want more than 0 of it.
func Short(resource pod.ResourceName, left, wants pod.Quantity) Reason {
	return Reason{What: string(resource), Left: left, Wants: wants}
}

// IsZero reports whether nothing is wrong: the node takes the pod.
func (r Reason) IsZero() bool { return r.What == "" }

// String reads "cordoned", or "has 100m cpu left, wants 250m"; it is empty for the
// zero Reason.
func (r Reason) String() string {
	if r.Wants.IsZero() {
		return r.What
	}
	return fmt.Sprintf("has %s %s left, wants %s", r.Left, r.What, r.Wants)
}

// Refusal counts the nodes that refuse a pod for one reason.
type Refusal struct {
	Reason     // its Left is the most that any of the nodes has left
	Nodes  int // how many, from 1
}

// String reads "2 cordoned", or "1 has 100m cpu left, wants 250m", or
// "3 have at most 100m cpu left, wants 250m".
func (r Refusal) String() string {
	if r.Wants.IsZero() || r.Nodes == 1 {
		return fmt.Sprintf("%d %s", r.Nodes, r.Reason)
	}
	return fmt.Sprintf("%d have at most %s %s left, wants %s", r.Nodes, r.Left, r.What, r.Wants)
}

// before orders by how many nodes there are, the most first; of equals, by
// name. What counts all others comes last.
func (r *Refusal) before(s *Refusal) bool {
	if r.What == others || s.What == others {
		return r.What != others
	}
	return cmp.Or(cmp.Compare(s.Nodes, r.Nodes), cmp.Compare(r.What, s.What), r.Wants.Cmp(s.Wants)) < 0
}
