package node

import "slices"

// Copy returns a node that shares nothing with n.
func (n *Node) Copy() *Node {
	return &Node{Meta: n.Meta.Copy(), Spec: n.Spec.Copy(), Status: n.Status.Copy()}
}

// Copy returns a specification that shares nothing with s.
func (s *Spec) Copy() Spec {
	c := *s
	c.Taints = slices.Clone(s.Taints)
	return c
}

// Copy returns a status that shares nothing with s.
func (s *Status) Copy() Status {
	c := *s
	c.Capacity = s.Capacity.Copy()
	c.Allocatable = s.Allocatable.Copy()
	c.Conditions = slices.Clone(s.Conditions)
	c.Addresses = slices.Clone(s.Addresses)
	return c
}
