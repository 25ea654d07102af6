package store

import (
	"slices"
	"sync"

	"github.com/coracle-dev/coracle/labels"
)

// index says where to look for objects, by name, UID, node, owner and label.
//
// It lives outside memdb, where each index would double the cost of every
// write; here a write that leaves node, owners and labels alone costs nothing.
// One index serves all revisions, because it only proposes: a row stays in a
// list for a while after its object has left it, and whoever reads a list
// checks each object in his own snapshot. So nothing is missed as long as the
// snapshot is no older than the floor; older snapshots are scanned instead.
//
// Lists only ever grow in place, and are replaced when they shrink or are
// sorted. A reader takes a slice under the lock and walks it without.
type index struct {
	keep   uint64 // for how many revisions a row stays after it left
	tables [numKinds]tableIndex

	mu         sync.RWMutex // over what follows, and all maps of tables but rows
	floor      uint64
	departures queue[departure]
}

// tableIndex is the index of one table.
type tableIndex struct {
	rows  map[objectName]*row // those that exist; the writer's own
	uids  map[string]*row
	lists map[string]map[string]*list // by label key, or one of the fields of terms.go, and by value
}

type objectName struct{ namespace, name string }

// row stands for an object through all its versions.
type row struct {
	namespace, name string
	key             []byte

	// The writer's own.
	newest  labels.Object // nil once deleted
	tx      uint64        // the last transaction that touched it
	change  int           // the last of the changes that made
	leaving int           // used by list.shrink
}

// departure is a row that is to leave the list of a term.
type departure struct {
	revision uint64 // of the change that made it leave
	row      *row
	ordinal  int
	field    string
	value    string
}

func newIndex(keep int) *index {
	x := &index{keep: uint64(keep)}
	for i := range x.tables {
		x.tables[i] = tableIndex{
			rows:  make(map[objectName]*row),
			uids:  make(map[string]*row),
			lists: make(map[string]map[string]*list),
		}
	}
	return x
}

func newRow(k key, newest labels.Object) *row {
	return &row{
		namespace: k.namespace,
		name:      k.name,
		key:       keyBytes(k.namespace, k.name),
		newest:    newest,
	}
}

// row returns the row of an object that exists, or nil. Only the writer may ask.
func (x *index) row(k key) *row {
	i := k.kind.ordinal()
	if i == ordUnknown {
		return nil
	}
	return x.tables[i].rows[objectName{k.namespace, k.name}]
}

// load adds rows to an empty index.
func (x *index) load(rows []*row) {
	slices.SortFunc(rows, compareRows)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range rows {
		i := ordinalOf(r.newest)
		x.tables[i].rows[objectName{r.namespace, r.name}] = r
		x.tables[i].enter(r, nil, r.newest, allAspects)
	}
}

// apply takes in the changes of one transaction that led to the revision.
func (x *index) apply(changes []Change, writes []write, revision uint64) {
	locked := false
	lock := func() {
		if !locked {
			locked = true
			x.mu.Lock()
		}
	}
	for i := range writes {
		w := &writes[i]
		if w.superseded {
			continue
		}
		t, was, is := &x.tables[w.ordinal], w.row.newest, changes[i].New
		switch {
		case was == nil && is == nil:
			continue
		case was == nil:
			t.rows[objectName{w.row.namespace, w.row.name}] = w.row
		case is == nil:
			delete(t.rows, objectName{w.row.namespace, w.row.name})
		}
		w.row.newest = is
		if of := differing(was, is); of != 0 {
			lock()
			t.enter(w.row, was, is, of)
			x.depart(w, was, is, of, changes[i].Revision)
		}
	}
	if d := x.departures.front(); d != nil && d.revision+x.keep <= revision {
		lock()
		x.expire(revision - x.keep)
	}
	if locked {
		x.mu.Unlock()
	}
}

// enter lists a row by the terms that its object has now and had not before.
func (t *tableIndex) enter(r *row, was, is labels.Object, of aspects) {
	for field, value := range terms(is, of) {
		switch {
		case hasTerm(was, field, value):
		case field == uidField:
			t.uids[value] = r
		default:
			t.list(field, value).add(r)
		}
	}
}

// list returns the list of a term, a new one if there is none.
func (t *tableIndex) list(field, value string) *list {
	values := t.lists[field]
	if values == nil {
		values = make(map[string]*list)
		t.lists[field] = values
	}
	l := values[value]
	if l == nil {
		l = &list{}
		values[value] = l
	}
	return l
}

// depart notes the terms that a row's object had before and has no longer.
func (x *index) depart(w *write, was, is labels.Object, of aspects, revision uint64) {
	for field, value := range terms(was, of) {
		if !hasTerm(is, field, value) {
			x.departures.push(departure{revision, w.row, w.ordinal, field, value})
		}
	}
}

// expire takes rows off the lists that they left at the revision or before.
// Snapshots older than that can no longer use the index.
func (x *index) expire(revision uint64) {
	for d := x.departures.front(); d != nil && d.revision <= revision; d = x.departures.front() {
		x.floor = d.revision
		t := &x.tables[d.ordinal]
		if d.field == uidField {
			if t.uids[d.value] == d.row {
				delete(t.uids, d.value)
			}
		} else if l := t.lists[d.field][d.value]; l.remove(d.row) {
			delete(t.lists[d.field], d.value)
			if len(t.lists[d.field]) == 0 {
				delete(t.lists, d.field)
			}
		}
		x.departures.pop()
	}
}

// byUID returns the row that may have the uid at the revision, or nil. It is
// not ok if the revision is too old for the index to say.
func (x *index) byUID(ordinal int, uid string, revision uint64) (r *row, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.tables[ordinal].uids[uid], revision >= x.floor
}

// candidates returns, in order, rows among which are all that f chooses in the
// snapshot; a row may be there twice. It is not ok if the snapshot is too old,
// or if it is cheaper to scan. With own, the caller is the writer, and the
// snapshot the newest.
func (x *index) candidates(ordinal int, f *Filter, v *snapshot, own bool) (rows []*row, ok bool) {
	lists, n, ok := x.narrowest(&x.tables[ordinal], f, v.revision)
	switch {
	case !ok || !own && n > v.counts[ordinal]/scanBeats:
		return nil, false
	case len(lists) == 1:
		return x.inOrder(lists[0]), true
	}
	rows = make([]*row, 0, n)
	for _, l := range lists {
		rows = append(rows, l.rows...)
	}
	slices.SortStableFunc(rows, compareRows)
	return rows, true
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

// scanBeats is how many times faster it is to walk a table than to look up
// its objects one by one.
const scanBeats = 4

// narrowest returns the lists of the term of f that lists the fewest rows, and
// how many. It is not ok if no term is listed, or the revision is too old.
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
	return best, n, ok
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
			out = append(out, listed{l.rows, l.sorted, l})
		}
	}
	return out
}
