package store

import "github.com/coracle-dev/coracle/labels"

// Change is one object created, updated or deleted.
//
// Every change has a revision of its own, one more than the change before it.
// Old and New are shared with the store: read them, never write to them.
type Change struct {
	// Revision of the store once the change was made, and the
	// ResourceVersion of New.
	Revision uint64
	// Kind of the object.
	Kind Kind
	// Old is the object before the change; a nil interface where there was none.
	Old labels.Object
	// New is the object after the change; a nil interface where it is gone.
	New labels.Object
}

// ChangeType says what happened to an object.
type ChangeType string

// The types of change, in the spelling of core/v1's watch.
const (
	Added    ChangeType = "ADDED"
	Modified ChangeType = "MODIFIED"
	Deleted  ChangeType = "DELETED"
)

// Type returns what happened to the object.
func (c Change) Type() ChangeType {
	switch {
	case c.Old == nil:
		return Added
	case c.New == nil:
		return Deleted
	}
	return Modified
}

// Object returns the object as it is after the change, or as it last was if
// the change deleted it.
func (c Change) Object() labels.Object {
	if c.New != nil {
		return c.New
	}
	return c.Old
}
