package store

import (
	"cmp"
	"iter"
	"slices"

	"github.com/coracle-dev/coracle/labels"
)

// all walks the objects of one table that f chooses, in order.
func (r Reader) all(ordinal int, f Filter) iter.Seq[labels.Object] {
	if r.tx != nil && len(r.tx.changes) > 0 {
		return r.overlaid(ordinal, f)
	}
	return r.committed(ordinal, f)
}

// overlaid walks what is committed with the transaction's writes laid over it.
func (r Reader) overlaid(ordinal int, f Filter) iter.Seq[labels.Object] {
	return func(yield func(labels.Object) bool) {
		over := r.tx.overlay(ordinal)
		show := func(w written) bool {
			return w.object == nil || !f.Matches(w.object) || yield(w.object)
		}
		for o := range r.committed(ordinal, f) {
			m := o.Identity()
			order := 1
			for len(over) > 0 && order > 0 {
				order = compareNames(m.Namespace, m.Name, over[0].row.namespace, over[0].row.name)
				if order < 0 {
					break
				}
				if !show(over[0]) {
					return
				}
				over = over[1:]
			}
			if order != 0 && !yield(o) {
				return
			}
		}
		for _, w := range over {
			if !show(w) {
				return
			}
		}
	}
}

// committed walks what is committed: the rows that the index proposes, or all
// objects if the snapshot is too old for it.
func (r Reader) committed(ordinal int, f Filter) iter.Seq[labels.Object] {
	return func(yield func(labels.Object) bool) {
		rows, ok := r.snap.store.index.candidates(ordinal, &f, r.snap.revision)
		if !ok {
			for _, o := range r.snap.scan(ordinal, &f) {
				if !yield(o) {
					return
				}
			}
			return
		}
		var last *row
		for _, row := range rows {
			if last != nil && row.name == last.name && row.namespace == last.namespace {
				continue // an object is proposed twice if it left and came back
			}
			o := r.at(ordinal, row)
			if o == nil || !f.Matches(o) {
				continue
			}
			last = row
			if !yield(o) {
				return
			}
		}
	}
}

// scan finds the objects that f chooses without the index, and puts them in order.
func (v *snapshot) scan(ordinal int, f *Filter) []labels.Object {
	var found []labels.Object
	for o := range v.tables[ordinal].all() {
		if f.Matches(o) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b labels.Object) int {
		m, n := a.Identity(), b.Identity()
		return compareNames(m.Namespace, m.Name, n.Namespace, n.Name)
	})
	return found
}

// compareNames orders objects by namespace, then by name.
func compareNames(aNamespace, aName, bNamespace, bName string) int {
	if c := cmp.Compare(aNamespace, bNamespace); c != 0 {
		return c
	}
	return cmp.Compare(aName, bName)
}
