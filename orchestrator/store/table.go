package store

import (
	"iter"

	"github.com/coracle-dev/coracle/labels"
)

// Table is all objects of one type at one revision. It is a view of the Reader
// that it came from, costs nothing to make, and follows the same rules.
type Table[T labels.Object] struct {
	r       Reader
	ordinal int
}

// TableOf returns the table of T, for code that is generic over the kinds:
//
//	store.TableOf[*pod.Pod](r) == r.Pods()
//
// The table of a type that no store keeps is empty.
func TableOf[T labels.Object](r Reader) Table[T] {
	var none T
	return Table[T]{r, ordinalOf(none)}
}

// Get returns the object of that name. The namespace is empty for nodes and
// namespaces. ErrNotFound if there is none.
func (t Table[T]) Get(namespace, name string) (T, error) {
	if t.ordinal != ordUnknown {
		if o, ok := t.r.get(key{kinds[t.ordinal], namespace, name}).(T); ok {
			return o, nil
		}
	}
	var none T
	return none, key{KindOf(none), namespace, name}.failed("get", ErrNotFound)
}

// ByUID returns the object with that UID. ErrNotFound if there is none, even
// if there was one, or another has its name now.
func (t Table[T]) ByUID(uid string) (T, error) {
	if t.ordinal != ordUnknown && uid != "" {
		if o, ok := t.r.byUID(t.ordinal, uid).(T); ok {
			return o, nil
		}
	}
	var none T
	return none, key{kind: KindOf(none), name: "uid " + uid}.failed("get", ErrNotFound)
}

// All walks the objects that the filter chooses, by namespace and then by
// name. What the loop's body does to the store, or to the transaction, does
// not change what the loop sees.
func (t Table[T]) All(f Filter) iter.Seq[T] {
	return func(yield func(T) bool) {
		if t.ordinal == ordUnknown {
			return
		}
		for o := range t.r.all(t.ordinal, f) {
			if !yield(o.(T)) {
				return
			}
		}
	}
}

// List returns what All walks; nil if there is nothing. The slice is the caller's own.
func (t Table[T]) List(f Filter) []T {
	var out []T
	for o := range t.All(f) {
		out = append(out, o)
	}
	return out
}

// Len returns the number of objects in the table, without walking it.
func (t Table[T]) Len() int {
	if t.ordinal == ordUnknown {
		return 0
	}
	n := t.r.snap.counts[t.ordinal]
	if t.r.tx != nil {
		n += t.r.tx.counts[t.ordinal]
	}
	return n
}
