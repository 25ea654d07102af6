package store

import (
	"cmp"
	"iter"

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

// committed walks what is committed: the rows that the index proposes, or all.
func (r Reader) committed(ordinal int, f Filter) iter.Seq[labels.Object] {
	return func(yield func(labels.Object) bool) {
		rows, ok := r.snap.store.index.candidates(ordinal, &f, r.snap, r.live())
		if !ok {
			for o := range r.scan(ordinal, f.Namespace) {
				if f.Matches(o) && !yield(o) {
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

// scan walks the objects of one namespace, or of all, in memdb.
func (r Reader) scan(ordinal int, namespace string) iter.Seq[labels.Object] {
	return func(yield func(labels.Object) bool) {
		index, args := byKey, []any(nil)
		if namespace != "" {
			index, args = byPrefix, []any{keyBytes(namespace, "")}
		}
		found, err := r.snap.txn.Get(string(kinds[ordinal]), index, args...)
		if err != nil {
			return // only for a table or an index that is not in the schema
		}
		for raw := found.Next(); raw != nil; raw = found.Next() {
			if !yield(raw.(*entry).object) {
				return
			}
		}
	}
}

// compareNames orders objects by namespace, then by name.
func compareNames(aNamespace, aName, bNamespace, bName string) int {
	if c := cmp.Compare(aNamespace, bNamespace); c != 0 {
		return c
	}
	return cmp.Compare(aName, bName)
}
