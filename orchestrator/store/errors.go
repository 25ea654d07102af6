package store

import "errors"

// The causes of errors. Test for them with errors.Is.
var (
	// ErrNotFound: there is no such object.
	ErrNotFound = errors.New("not found")
	// ErrExists: there is an object of that kind, namespace and name already.
	ErrExists = errors.New("already exists")
	// ErrConflict: the object was changed, or replaced by another of the same
	// name, since the caller read it. Read it again and decide again.
	ErrConflict = errors.New("changed since it was read")
	// ErrExpired: the changes asked for are no longer kept, or the store never
	// made them. List again, and watch from the revision of that list.
	ErrExpired = errors.New("revision no longer available")
)

// Error says which object an operation failed on. It reads
//
//	update pod "default/web-1": changed since it was read
type Error struct {
	Verb      string // get, create, update, delete, load
	Kind      Kind
	Namespace string // empty for nodes and namespaces
	Name      string
	Err       error // the cause: mostly one of the sentinels of this package
}

// Error returns the verb, the object and the cause in one line.
func (e *Error) Error() string {
	name := e.Name
	if e.Namespace != "" {
		name = e.Namespace + "/" + e.Name
	}
	return e.Verb + " " + e.Kind.Noun() + ` "` + name + `": ` + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
