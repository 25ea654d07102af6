package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Client reads and writes the objects of an Orchestrator.
//
// Reading never blocks: it sees what was durable at the moment of the call. A
// write returns when it is durable and readers see it; if its context ends
// before, it may still be carried out. Objects that come back are shared and
// read-only: copy, change, update. Objects that are handed in are copied.
//
// A Client is safe for concurrent use.
type Client struct {
	o *Orchestrator
}

// View returns everything as it is now: a snapshot that does not change.
func (c *Client) View() store.Reader { return c.o.view() }

// Wait returns nil when a view meets a condition, which is asked for again after each
// change; the context's error if that ends first, and ErrStopped if Run returns first,
// or has returned, since nothing changes any more then. The condition must not block.
func (c *Client) Wait(ctx context.Context, condition func(store.Reader) bool) error {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(c.o.over, stop)()
	for view := c.View(); !condition(view); view = c.View() {
		watcher, err := c.o.engine.store.Watch(view.Revision())
		if err == nil {
			_, err = watcher.Next(waiting)
		}
		switch {
		case err == nil || errors.Is(err, ErrExpired): // expired: much has changed
		case ctx.Err() != nil:
			return ctx.Err()
		case condition(c.View()): // met by the last change
			return nil
		default:
			return context.Cause(c.o.over)
		}
	}
	return nil
}

// Pods returns the way to pods.
func (c *Client) Pods() Pods { return Pods{Objects[*pod.Pod]{c}} }

// Controllers returns the way to replication controllers.
func (c *Client) Controllers() Objects[*replication.Controller] {
	return Objects[*replication.Controller]{c}
}

// Services returns the way to services.
func (c *Client) Services() Objects[*service.Service] { return Objects[*service.Service]{c} }

// Endpoints returns the way to endpoints.
func (c *Client) Endpoints() Objects[*service.Endpoints] { return Objects[*service.Endpoints]{c} }

// Nodes returns the way to nodes. They have no namespace: pass "".
func (c *Client) Nodes() Objects[*node.Node] { return Objects[*node.Node]{c} }

// Namespaces returns the way to namespaces. They have none themselves: pass "".
func (c *Client) Namespaces() Objects[*labels.Namespace] { return Objects[*labels.Namespace]{c} }

// Apply creates or changes objects of any kind to what they say: see the verb
// Apply. Either all of them are applied or, on an error, none. They may come in
// any order: namespaces are applied first, then nodes, then the rest.
func (c *Client) Apply(ctx context.Context, objects ...labels.Object) ([]labels.Object, error) {
	order := make([]int, len(objects)) // of the operations, as places in objects
	for i := range order {
		order[i] = i
	}
	rank := func(i int) int { return slices.Index(store.Kinds(), store.KindOf(objects[i])) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	operations := make([]Operation, len(objects))
	for at, i := range order {
		operations[at] = Operation{Verb: Apply, Object: objects[i]}
	}
	applied, err := c.Do(ctx, operations...)
	if err != nil {
		return nil, err
	}
	results := make([]labels.Object, len(objects))
	for at, i := range order {
		results[i] = applied[at]
	}
	return results, nil
}

// Do carries out several operations, all or none, and returns the object that
// each of them left. Its errors are ErrNotFound, ErrExists, ErrConflict,
// ErrInvalid (with labels.FieldErrors), ErrTooLarge, ErrLimit, ErrTerminating and ErrStopped.
func (c *Client) Do(ctx context.Context, operations ...Operation) ([]labels.Object, error) {
	w := &Write{Operations: slices.Clone(operations)}
	for i := range w.Operations {
		op := &w.Operations[i]
		if k, ok := kinds[store.KindOf(op.Object)]; ok && !missing(op.Object) {
			op.Object = k.copy(op.Object) // the write may be carried out after this call has given up
		}
	}
	if err := c.o.write(ctx, w); err != nil {
		return nil, err
	}
	return w.Results, nil
}

// Objects reads and writes the objects of one kind. See Client for what holds
// of all its methods. The namespace is labels.DefaultNamespace where it is empty.
type Objects[T domainObject[T]] struct {
	c *Client
}

// Get returns an object. ErrNotFound if there is none of that name.
func (s Objects[T]) Get(namespace, name string) (T, error) {
	return store.TableOf[T](s.c.View()).Get(s.in(namespace), name)
}

// List returns the objects that the filter chooses, by namespace and name. The
// zero filter chooses those of all namespaces.
func (s Objects[T]) List(f store.Filter) []T {
	return store.TableOf[T](s.c.View()).List(f)
}

// Create adds an object. ErrExists if there is one of that name, ErrInvalid if
// it is wrong in itself, ErrNotFound if its namespace is not there.
func (s Objects[T]) Create(ctx context.Context, o T) (T, error) {
	return s.one(ctx, Operation{Verb: Create, Object: o})
}

// Update replaces labels, annotations and spec. ErrConflict if o has a resource
// version that is not current; without one it wins over whatever is there.
func (s Objects[T]) Update(ctx context.Context, o T) (T, error) {
	return s.one(ctx, Operation{Verb: Update, Object: o})
}

// UpdateStatus replaces the status and nothing else; otherwise like Update.
func (s Objects[T]) UpdateStatus(ctx context.Context, o T) (T, error) {
	return s.one(ctx, Operation{Verb: UpdateStatus, Object: o})
}

// Apply creates the object, or makes the one that is there what o says.
func (s Objects[T]) Apply(ctx context.Context, o T) (T, error) {
	return s.one(ctx, Operation{Verb: Apply, Object: o})
}

// Patch changes an object by a function, which gets a copy of it. Where
// somebody else wrote the object meanwhile it is read and changed again, until
// that works or ctx ends. An error of change ends it at once, with nothing written.
func (s Objects[T]) Patch(ctx context.Context, namespace, name string, change func(T) error) (T, error) {
	for {
		old, err := s.Get(namespace, name)
		if err != nil {
			return old, err
		}
		o := old.Copy()
		if err := change(o); err != nil {
			var none T
			return none, fmt.Errorf("patch %s: %w", keyOf(old), err)
		}
		o.Identity().ResourceVersion = old.Identity().ResourceVersion
		o.Identity().UID = old.Identity().UID
		if o, err = s.Update(ctx, o); !errors.Is(err, ErrConflict) || ctx.Err() != nil {
			return o, err
		}
	}
}

// Delete asks for the end of an object. A pod on a node goes when its
// containers have ended; the record is there until then. ErrNotFound if there
// is none of that name, ErrConflict if a precondition in the options fails.
func (s Objects[T]) Delete(ctx context.Context, namespace, name string, options DeleteOptions) error {
	var none T
	_, err := s.c.Do(ctx, Operation{
		Verb: Delete, Kind: store.KindOf(none), Namespace: s.in(namespace), Name: name, Options: options,
	})
	return err
}

// Change is one change of an object, as a watch tells it.
type Change[T labels.Object] struct {
	// Type is Added, Modified or Deleted. An object that begins to match the
	// filter of the watch is Added, one that no longer does is Deleted.
	Type store.ChangeType
	// Object as it is after the change, or as it was before its deletion.
	Object T
	// Revision to watch again from, to miss nothing: that of the store after
	// the change. It is 0 for the objects that a watch from 0 begins with, except the last.
	Revision uint64
}

// Watch yields the changes of the objects that the filter chooses, from a
// revision on, until ctx ends. From revision 0 it first yields every object
// there is as Added. It ends with ErrExpired if the revision is no longer kept,
// or if the loop is so slow that changes were dropped: list again, or watch from 0.
// When Run has returned no more changes come, and the loop still waits for ctx to end.
func (s Objects[T]) Watch(ctx context.Context, f store.Filter, from uint64) iter.Seq2[Change[T], error] {
	return func(yield func(Change[T], error) bool) {
		if from == 0 {
			view := s.c.View()
			from = view.Revision()
			present := store.TableOf[T](view).List(f)
			for i, o := range present {
				told := Change[T]{Type: store.Added, Object: o}
				if i == len(present)-1 {
					told.Revision = from
				}
				if !yield(told, nil) {
					return
				}
			}
		}
		watcher, err := s.c.o.engine.store.Watch(from)
		for err == nil {
			var changes []store.Change
			if changes, err = watcher.Next(ctx); err != nil {
				break
			}
			for _, c := range changes {
				if told, ok := tell[T](c, f); ok && !yield(told, nil) {
					return
				}
			}
		}
		if ctx.Err() == nil {
			yield(Change[T]{}, err)
		}
	}
}

// tell translates a change for a watch with a filter; false where it does not concern it.
func tell[T labels.Object](c store.Change, f store.Filter) (Change[T], bool) {
	var none T
	if c.Kind != store.KindOf(none) {
		return Change[T]{}, false
	}
	was, is := c.Old != nil && f.Matches(c.Old), c.New != nil && f.Matches(c.New)
	told := Change[T]{Type: store.Modified, Revision: c.Revision}
	switch {
	case is && !was:
		told.Type = store.Added
	case was && !is:
		told.Type = store.Deleted
	case !was:
		return told, false
	}
	told.Object = c.Object().(T)
	return told, true
}

// one carries out a single operation.
func (s Objects[T]) one(ctx context.Context, op Operation) (T, error) {
	results, err := s.c.Do(ctx, op)
	if err != nil {
		var none T
		return none, err
	}
	return results[0].(T), nil
}

// in returns the namespace that an object of this kind is in.
func (s Objects[T]) in(namespace string) string {
	var none T
	if namespace == "" && store.Namespaced(store.KindOf(none)) {
		return labels.DefaultNamespace
	}
	return namespace
}
