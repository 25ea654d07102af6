package store

import "slices"

// list is the rows of all objects that have something in common, and of those
// that had it not long ago. It is changed under the index's lock.
type list struct {
	rows   []*row // grows in place; otherwise replaced
	sorted int    // how many rows from the first on are in order
	gone   []*row // are still in rows, once each, and should not be
}

// listed is what a list held at one moment.
type listed struct {
	rows   []*row
	sorted int
	from   *list
}

func (l *list) listed() listed { return listed{l.rows, l.sorted, l} }

func (l *list) add(r *row) {
	if n := len(l.rows); l.sorted == n && (n == 0 || compareRows(l.rows[n-1], r) <= 0) {
		l.sorted++
	}
	l.rows = append(l.rows, r)
}

// remove takes a row away once, soon, and reports whether the list is empty.
func (l *list) remove(r *row) (empty bool) {
	l.gone = append(l.gone, r)
	if 2*len(l.gone) >= len(l.rows) {
		l.shrink()
	}
	return len(l.rows) == 0
}

// shrink drops the rows that are gone. It costs as much as the list is long,
// and is done once for every half of it.
func (l *list) shrink() {
	for _, r := range l.gone {
		r.leaving++
	}
	kept, sorted := make([]*row, 0, len(l.rows)-len(l.gone)), l.sorted
	for i, r := range l.rows {
		if r.leaving > 0 {
			r.leaving--
			if i < l.sorted {
				sorted--
			}
			continue
		}
		kept = append(kept, r)
	}
	l.rows, l.sorted, l.gone = kept, sorted, nil
}

// replace puts sorted rows in the place of the first rows of the list, if they
// are still what they were.
func (l *list) replace(was, sorted []*row) {
	if len(l.rows) < len(was) || &l.rows[0] != &was[0] {
		return
	}
	l.rows = append(sorted[:len(sorted):len(sorted)], l.rows[len(was):]...)
	l.sorted = len(sorted)
}

// sortedRows returns rows in order: rows themselves if all of them are known
// to be, otherwise a copy. Equal rows keep their order.
func sortedRows(rows []*row, sorted int) []*row {
	if sorted == len(rows) {
		return rows
	}
	head, tail := rows[:sorted], slices.Clone(rows[sorted:])
	slices.SortStableFunc(tail, compareRows)
	out := make([]*row, 0, len(rows))
	for len(head) > 0 && len(tail) > 0 {
		if compareRows(head[0], tail[0]) <= 0 {
			out, head = append(out, head[0]), head[1:]
		} else {
			out, tail = append(out, tail[0]), tail[1:]
		}
	}
	return append(append(out, head...), tail...)
}

func compareRows(a, b *row) int { return compareNames(a.namespace, a.name, b.namespace, b.name) }

// queue is first in, first out. Its zero value is empty.
type queue[T any] struct {
	items []T
	first int
}

func (q *queue[T]) push(item T) { q.items = append(q.items, item) }

// front returns the oldest item, or nil.
func (q *queue[T]) front() *T {
	if q.first == len(q.items) {
		return nil
	}
	return &q.items[q.first]
}

// pop drops the oldest item. The memory of what was dropped is used again once
// it is half of all.
func (q *queue[T]) pop() {
	var none T
	q.items[q.first] = none
	q.first++
	if 2*q.first >= len(q.items) {
		n := copy(q.items, q.items[q.first:])
		clear(q.items[n:])
		q.items, q.first = q.items[:n], 0
	}
}
