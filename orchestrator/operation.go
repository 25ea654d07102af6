package orchestrator

import (
	"fmt"
	"reflect"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Write is a client's request: operations that are carried out in order, all
// of them or none. It is an Input; Engine.Apply fills in the rest.
type Write struct {
	Operations []Operation

	// Results has the object that each operation left: the new one, the one
	// that was there already, or the one that was deleted. Shared and read-only.
	Results []labels.Object
	// Err is why nothing was done: ErrNotFound, ErrExists, ErrConflict,
	// ErrInvalid, ErrTooLarge, ErrLimit or ErrTerminating, wrapped in the operation that failed.
	Err error

	look    func(e *Engine) // in place of operations: sees the engine while nothing changes
	settled chan struct{}   // closed once the outcome is durable; nil where nobody waits
}

// undone returns why a write was not carried out, for a reason that is none of its
// operations': which ones those are, and err.
func (w *Write) undone(err error) error {
	switch more := len(w.Operations) - 1; {
	case more < 0: // a look
		return err
	case more == 0:
		return fmt.Errorf("%s: %w", w.Operations[0], err)
	default:
		return fmt.Errorf("%s and %d more: %w", w.Operations[0], more, err)
	}
}

// Operation is one step of a Write.
type Operation struct {
	Verb   Verb
	Object labels.Object // Create, Update, UpdateStatus, Apply: copied before use

	Kind      store.Kind // Delete, Bind: which object
	Namespace string     // default: labels.DefaultNamespace
	Name      string
	Node      string // Bind: where to
	Options   DeleteOptions
}

// Verb is what an Operation does.
type Verb string

// The verbs.
const (
	// Create adds an object that must not be there yet.
	Create Verb = "create"
	// Update replaces what is asked for: labels, annotations and spec. The
	// status stays. With a resource version it must be the current one.
	Update Verb = "update"
	// UpdateStatus replaces what is the case and nothing else.
	UpdateStatus Verb = "update status of"
	// Apply creates the object, or makes labels, annotations and spec of the
	// one that is there what this one says, keeping what the orchestrator
	// filled in. It writes nothing where that changes nothing.
	Apply Verb = "apply"
	// Delete asks for the end of an object: see DeleteOptions.
	Delete Verb = "delete"
	// Bind puts a pod that has no node onto one, past the scheduler.
	Bind Verb = "bind"
)

// DeleteOptions say how an object goes. The zero value is right for most.
type DeleteOptions struct {
	// Grace is how long the containers of a pod have between SIGTERM and
	// SIGKILL; zero kills them at once. Nil: the pod's own
	// terminationGracePeriodSeconds. A second delete may shorten it, never lengthen it.
	Grace *time.Duration
	// Cascade takes the pods of a replication controller with it. Otherwise
	// they stay and belong to nobody.
	Cascade bool
	// Force removes the record at once, without waiting for the node to stop
	// what runs; that is stopped as a leftover when the node is heard of.
	Force bool
	// UID, if set, must be that of the object: otherwise ErrConflict.
	UID string
	// ResourceVersion, if set, must be current: otherwise ErrConflict.
	ResourceVersion uint64
}

// objectKey names one object.
type objectKey struct {
	kind            store.Kind
	namespace, name string // no namespace: a node or a namespace
}

func keyOf(o labels.Object) objectKey {
	m := o.Identity()
	return objectKey{store.KindOf(o), m.Namespace, m.Name}
}

// String reads `pod "default/web-1"`.
func (k objectKey) String() string {
	if k.namespace == "" {
		return fmt.Sprintf("%s %q", k.kind.Noun(), k.name)
	}
	return fmt.Sprintf("%s %q", k.kind.Noun(), k.namespace+"/"+k.name)
}

// get returns the object, among what the transaction has written too.
func (k objectKey) get(tx *store.Tx) (labels.Object, error) {
	return tx.Get(k.kind, k.namespace, k.name)
}

// delete removes the object's record.
func (k objectKey) delete(tx *store.Tx) error { return tx.Delete(k.kind, k.namespace, k.name) }

// missing reports whether there is no object: nil, or a nil pointer.
func missing(o labels.Object) bool {
	v := reflect.ValueOf(o)
	return o == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// needsObject reports whether the verb is about an object that is handed in.
func (v Verb) needsObject() bool {
	return v == Create || v == Update || v == UpdateStatus || v == Apply
}

// String reads `create pod "default/web-1"`, as errors begin.
func (op Operation) String() string {
	if missing(op.Object) && op.Name == "" {
		return string(op.Verb)
	}
	return fmt.Sprintf("%s %s", op.Verb, op.key())
}

// check returns what is wrong with the operation, whatever object it is about.
func (op Operation) check() error {
	switch op.Verb {
	case Create, Update, UpdateStatus, Apply:
		if missing(op.Object) {
			return fmt.Errorf("%s: no object is given: %w", op.Verb, ErrInvalid)
		}
		if _, known := kinds[store.KindOf(op.Object)]; !known {
			return fmt.Errorf("%s: %T: %w: must be one of %v", op.Verb, op.Object, ErrInvalid, store.Kinds())
		}
	case Delete, Bind:
		if _, known := kinds[op.key().kind]; !known {
			return fmt.Errorf("%s: kind %q: %w: must be one of %v", op.Verb, op.Kind, ErrInvalid, store.Kinds())
		}
		if kind := op.key().kind; op.Verb == Bind && kind != store.KindPod {
			return fmt.Errorf("%s: kind %q: %w: must be %s", op.Verb, kind, ErrInvalid, store.KindPod)
		}
	default:
		return fmt.Errorf("verb %q: %w: must be one of %q", op.Verb, ErrInvalid,
			[]Verb{Create, Update, UpdateStatus, Apply, Delete, Bind})
	}
	return nil
}

// key returns which object the operation is about.
func (op Operation) key() objectKey {
	key := objectKey{op.Kind, op.Namespace, op.Name}
	if !missing(op.Object) {
		key = keyOf(op.Object)
		if key.name == "" {
			key.name = op.Object.Identity().GenerateName
		}
	}
	if key.namespace == "" && store.Namespaced(key.kind) {
		key.namespace = labels.DefaultNamespace
	}
	return key
}
