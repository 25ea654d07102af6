package node

import (
	"maps"

	"github.com/coracle-dev/coracle/pod"
)

// Allocatable returns what pods may have of the node at most: what the status
// lists as allocatable and, for what that leaves out, the capacity. Read-only:
// it may be the node's own. See [pod.Resources.Shortage] for resources that
// neither lists.
func (n *Node) Allocatable() pod.Resources {
	switch {
	case len(n.Status.Allocatable) == 0:
		return n.Status.Capacity
	case listsAll(n.Status.Allocatable, n.Status.Capacity):
		return n.Status.Allocatable
	}
	most := make(pod.Resources, len(n.Status.Capacity)+len(n.Status.Allocatable))
	maps.Copy(most, n.Status.Capacity)
	maps.Copy(most, n.Status.Allocatable)
	return most
}

// listsAll reports whether r has every name of o.
func listsAll(r, o pod.Resources) bool {
	for name := range o {
		if _, ok := r[name]; !ok {
			return false
		}
	}
	return true
}

// Free returns what is left of [Node.Allocatable] when pods use the given
// amounts: the room for [pod.Resources.Fits]. It is negative where more is used
// than there is. What the node does not list is not in the result either,
// however much of it is used. The result is the caller's.
func (n *Node) Free(used pod.Resources) pod.Resources {
	most := n.Allocatable()
	free := make(pod.Resources, len(most))
	for name, q := range most {
		free[name] = q.Sub(used[name])
	}
	return free
}
