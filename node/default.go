package node

// Default fills in what may be left out: the phase Pending. Allocatable stays
// empty where it is, so that it follows the capacity: see [Node.Allocatable].
func (n *Node) Default() {
	if n.Status.Phase == "" {
		n.Status.Phase = Pending
	}
}
