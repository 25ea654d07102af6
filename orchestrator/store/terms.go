package store

import (
	"iter"

	"github.com/coracle-dev/coracle/labels"
)

// aspects are the parts of an object that the index lists it by.
type aspects uint8

const (
	uidAspect aspects = 1 << iota
	nodeAspect
	ownerAspect
	labelAspect
	allAspects = uidAspect | nodeAspect | ownerAspect | labelAspect
)

// What rows are listed by beside the keys of labels, none of which begins with
// a zero byte.
const (
	nameField  = "\x00name"
	uidField   = "\x00uid"
	nodeField  = "\x00node"
	ownerField = "\x00owner"
)

// differing returns the aspects in which two versions of an object differ; all
// where one of them is nil.
func differing(a, b labels.Object) aspects {
	if a == nil || b == nil {
		return allAspects
	}
	var d aspects
	m, n := a.Identity(), b.Identity()
	if m.UID != n.UID {
		d |= uidAspect
	}
	if nodeOf(a) != nodeOf(b) {
		d |= nodeAspect
	}
	if !sameOwners(m.OwnerReferences, n.OwnerReferences) {
		d |= ownerAspect
	}
	if !m.Labels.Equal(n.Labels) {
		d |= labelAspect
	}
	return d
}

func sameOwners(a, b []labels.OwnerReference) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].UID != b[i].UID {
			return false
		}
	}
	return true
}

// terms walks what the aspects of an object list it by, each term once, as
// field and value. A nil object has none.
func terms(o labels.Object, of aspects) iter.Seq2[string, string] {
	return func(yield func(field, value string) bool) {
		if o == nil {
			return
		}
		m := o.Identity()
		if of&uidAspect != 0 && m.UID != "" && !yield(uidField, m.UID) {
			return
		}
		if of&nodeAspect != 0 {
			if n := nodeOf(o); n != "" && !yield(nodeField, n) {
				return
			}
		}
		if of&ownerAspect != 0 {
			for i := range m.OwnerReferences {
				uid := m.OwnerReferences[i].UID
				if uid != "" && !ownedBy(m.OwnerReferences[:i], uid) && !yield(ownerField, uid) {
					return
				}
			}
		}
		if of&labelAspect != 0 {
			for key, value := range m.Labels {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

// hasTerm reports whether a term is among those of o, which may be nil.
func hasTerm(o labels.Object, field, value string) bool {
	if o == nil {
		return false
	}
	m := o.Identity()
	switch field {
	case uidField:
		return m.UID == value
	case nodeField:
		return nodeOf(o) == value
	case ownerField:
		return ownedBy(m.OwnerReferences, value)
	}
	v, ok := m.Labels[field]
	return ok && v == value
}

// ownedBy reports whether one of the owners has the uid.
func ownedBy(owners []labels.OwnerReference, uid string) bool {
	for i := range owners {
		if owners[i].UID == uid {
			return true
		}
	}
	return false
}
