package store

import (
	"slices"
	"sort"

	"github.com/coracle-dev/coracle/labels"
)

// byName returns the row that may have the name at the revision, or nil. It is
// not ok if the revision is too old for the index to say.
func (x *index) byName(ordinal int, namespace, name string, revision uint64) (r *row, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.tables[ordinal].rows.get(namespace, name), revision >= x.floor
}

// byUID is byName for a uid.
func (x *index) byUID(ordinal int, uid string, revision uint64) (r *row, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.tables[ordinal].uids[uid], revision >= x.floor
}

// candidates returns, in order, rows among which are all that f chooses at the
// revision; a row may be there twice. It is not ok if the revision is too old.
func (x *index) candidates(ordinal int, f *Filter, revision uint64) (rows []*row, ok bool) {
	lists, n, ok := x.narrowest(&x.tables[ordinal], f, revision)
	if !ok {
		return nil, false
	}
	if len(lists) == 1 {
		return within(x.inOrder(lists[0]), f.Namespace), true
	}
	rows = make([]*row, 0, n)
	for _, l := range lists {
		rows = append(rows, l.rows...)
	}
	slices.SortStableFunc(rows, compareRows)
	return rows, true
}

// within returns those of rows in order that are in the namespace.
func within(rows []*row, namespace string) []*row {
	if namespace == "" {
		return rows
	}
	from := sort.Search(len(rows), func(i int) bool { return rows[i].namespace >= namespace })
	rows = rows[from:]
	return rows[:sort.Search(len(rows), func(i int) bool { return rows[i].namespace > namespace })]
}

// inOrder returns the rows of a list in order, and leaves the list like that
// for whoever comes next.
func (x *index) inOrder(l listed) []*row {
	if l.sorted == len(l.rows) {
		return l.rows
	}
	rows := sortedRows(l.rows, l.sorted)
	x.mu.Lock()
	l.from.replace(l.rows, rows)
	x.mu.Unlock()
	return rows
}

// walkBeats is how many times faster it is to walk rows that are in order than to
// put several lists of them in order.
const walkBeats = 4

// narrowest returns the lists of the term of f that lists the fewest rows, and
// how many; that of all rows where no term is listed, or several lists are not
// much shorter. It is not ok if the revision is too old.
func (x *index) narrowest(t *tableIndex, f *Filter, revision uint64) (best []listed, n int, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if revision < x.floor {
		return nil, 0, false
	}
	if f.Node != "" {
		best, n, ok = t.listed(nodeField, f.Node), t.count(nodeField, f.Node), true
	}
	if f.Owner != "" {
		if c := t.count(ownerField, f.Owner); !ok || c < n {
			best, n, ok = t.listed(ownerField, f.Owner), c, true
		}
	}
	for _, r := range f.Selector.Requirements() {
		values, bounded := t.valuesOf(&r)
		if !bounded {
			continue
		}
		c := 0
		for _, v := range values {
			c += t.count(r.Key(), v)
		}
		if !ok || c < n {
			best, n, ok = t.listed(r.Key(), values...), c, true
		}
	}
	if !ok || len(best) > 1 && n > len(t.all.rows)/walkBeats {
		best, n = []listed{t.all.listed()}, len(t.all.rows)
	}
	return best, n, true
}

// maxValues is how many lists are gone through at most while the lock is held.
const maxValues = 1024

// valuesOf returns the values that a label must have one of to meet the
// requirement. It is not ok if the label may be missing, or if there are too
// many values.
func (t *tableIndex) valuesOf(r *labels.Requirement) (values []string, ok bool) {
	switch r.Operator() {
	case labels.Equals, labels.In:
		values = r.Values()
		return values, len(values) <= maxValues
	case labels.Exists, labels.GreaterThan, labels.LessThan:
		if len(t.lists[r.Key()]) > maxValues {
			return nil, false
		}
		for v := range t.lists[r.Key()] {
			values = append(values, v)
		}
		return values, true
	}
	return nil, false
}

func (t *tableIndex) count(field, value string) int {
	if l := t.lists[field][value]; l != nil {
		return len(l.rows)
	}
	return 0
}

// listed returns what the lists hold now.
func (t *tableIndex) listed(field string, values ...string) []listed {
	out := make([]listed, 0, len(values))
	for _, v := range values {
		if l := t.lists[field][v]; l != nil {
			out = append(out, l.listed())
		}
	}
	return out
}
