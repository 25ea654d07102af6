package store

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Filter chooses objects. An object is chosen if it meets every field that is
// set; the zero Filter chooses all.
type Filter struct {
	// Namespace the object is in. Empty: any.
	Namespace string
	// Selector that the object's labels match. Zero: any labels.
	Selector labels.Selector
	// Node that the pod is bound to. Objects other than pods are on no node.
	// Empty: any, or none.
	Node string
	// Owner is the UID of an owner of the object, its controller or not. Empty: any, or none.
	Owner string
}

// Matches reports whether the filter chooses o, which must not be nil.
func (f Filter) Matches(o labels.Object) bool { return f.matches(o, o.Identity()) }

func (f *Filter) matches(o labels.Object, m *labels.Meta) bool {
	if f.Namespace != "" && m.Namespace != f.Namespace {
		return false
	}
	if f.Node != "" && nodeOf(o) != f.Node {
		return false
	}
	if f.Owner != "" && !ownedBy(m.OwnerReferences, f.Owner) {
		return false
	}
	return f.Selector.Matches(m.Labels)
}

// nodeOf returns the node that o is bound to, if it is a pod that is bound to one.
func nodeOf(o labels.Object) string {
	if p, ok := o.(*pod.Pod); ok {
		return p.Spec.NodeName
	}
	return ""
}
