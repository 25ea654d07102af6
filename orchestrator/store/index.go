package store

import (
	"slices"
	"sync"

	"github.com/coracle-dev/coracle/labels"
)

// index says where to look for objects, by name, UID, node, owner and label.
//
// A write that leaves node, owners and labels alone costs nothing here. One
// index serves all revisions, because it only proposes: a row stays in a
// list for a while after its object has left it, and whoever reads a list
// checks each object in his own snapshot. So nothing is missed as long as the
// snapshot is no older than the floor; older snapshots are scanned instead.
//
// Lists only ever grow in place, and are replaced when they shrink or are
// sorted. A reader takes a slice under the lock and walks it without.
type index struct {
	keep   uint64 // for how many revisions a row stays after it left
	tables [numKinds]tableIndex

	mu         sync.RWMutex // over what follows, and over the tables; the writer may read them without
	floor      uint64
	departures queue[departure]
}

// tableIndex is the index of one table.
type tableIndex struct {
	rows  names // those that exist, or did not long ago
	all   list  // the same
	uids  map[string]*row
	again map[string]int              // by uid: how often it came back to its row before it was off
	lists map[string]map[string]*list // by label key, or one of the fields of terms.go, and by value

	// The writer's own.
	slots int   // how many were given to rows
	free  []int // of them, those whose row has gone
}

// row stands for an object through all its versions. One that is created again
// while its row is known goes on with it.
type row struct {
	namespace, name string
	slot            int // of the table's arrays; -1 before the first commit

	// The writer's own.
	newest  labels.Object // nil once deleted
	tx      uint64        // the last transaction that touched it
	change  int           // the last of the changes that made
	leaving int           // used by list.shrink
	deleted int           // how many departures there are since it was deleted
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
			rows:  make(names),
			uids:  make(map[string]*row),
			again: make(map[string]int),
			lists: make(map[string]map[string]*list),
		}
	}
	return x
}

func newRow(k key, newest labels.Object) *row {
	return &row{
		namespace: k.namespace,
		name:      k.name,
		slot:      -1,
		newest:    newest,
	}
}

// row returns the row of an object that exists, or did not long ago, or nil. Only
// the writer may ask.
func (x *index) row(k key) *row {
	i := k.kind.ordinal()
	if i == ordUnknown {
		return nil
	}
	return x.tables[i].rows.get(k.namespace, k.name)
}

// load adds rows to an empty index.
func (x *index) load(rows []*row) {
	slices.SortFunc(rows, compareRows)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range rows {
		t := &x.tables[ordinalOf(r.newest)]
		t.name(r)
		t.enter(r, nil, r.newest, allAspects)
	}
}

// assign returns the slot of a row: its own, or else one that is free.
func (t *tableIndex) assign(r *row) int {
	if n := len(t.free); r.slot < 0 && n > 0 {
		r.slot, t.free = t.free[n-1], t.free[:n-1]
	} else if r.slot < 0 {
		r.slot = t.slots
		t.slots++
	}
	return r.slot
}

// maxLocked is how many writes are taken in at most while readers wait.
const maxLocked = 256

// apply takes in the changes of one transaction that led to the revision.
func (x *index) apply(changes []Change, writes []write, revision uint64) {
	locked := false
	lock := func() {
		if !locked {
			locked = true
			x.mu.Lock()
		}
	}
	unlock := func() {
		if locked {
			locked = false
			x.mu.Unlock()
		}
	}
	defer unlock()
	for i := range changes {
		if i%maxLocked == 0 {
			unlock()
		}
		w := &writes[i]
		was, is := w.row.newest, changes[i].New
		if w.superseded || was == nil && is == nil {
			continue
		}
		w.row.newest = is
		if w.of != 0 {
			lock()
			x.list(w, was, is, changes[i].Revision)
		}
	}
	if d := x.departures.front(); d != nil && d.revision+x.keep <= revision {
		lock()
		x.expire(revision - x.keep)
	}
}

// list lists the row of a write by what its object differs in from what it was.
func (x *index) list(w *write, was, is labels.Object, revision uint64) {
	t := &x.tables[w.ordinal]
	if was == nil {
		t.name(w.row)
	}
	t.enter(w.row, was, is, w.of)
	x.depart(w, was, is, revision)
	if is == nil {
		w.row.deleted++
		x.departures.push(departure{revision: revision, row: w.row, ordinal: w.ordinal, field: nameField})
	}
}

// name lists a row by its name, unless it still is.
func (t *tableIndex) name(r *row) {
	if t.rows.get(r.namespace, r.name) == nil {
		t.rows.set(r)
		t.all.add(r)
	}
}

// identify lists a row by the uid of its object.
func (t *tableIndex) identify(r *row, uid string) {
	if t.uids[uid] == r {
		t.again[uid]++
	}
	t.uids[uid] = r
}

// unidentify takes a row off that its object's uid has left, unless that came back since.
func (t *tableIndex) unidentify(r *row, uid string) {
	switch {
	case t.uids[uid] != r:
	case t.again[uid] > 1:
		t.again[uid]--
	case t.again[uid] == 1:
		delete(t.again, uid)
	default:
		delete(t.uids, uid)
	}
}

// unname takes a row off that was deleted, unless it was created again since, and
// frees its slot.
func (t *tableIndex) unname(r *row) {
	if r.deleted--; r.deleted > 0 || r.newest != nil {
		return
	}
	t.rows.delete(r)
	t.all.remove(r)
	t.free = append(t.free, r.slot)
}

// enter lists a row by the terms that its object has now and had not before.
func (t *tableIndex) enter(r *row, was, is labels.Object, of aspects) {
	for field, value := range terms(is, of) {
		switch {
		case field == uidField: // of which there is one, as of nodes: it differs, or is not among the aspects
			t.identify(r, value)
		case field == nodeField || !hasTerm(was, field, value):
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
func (x *index) depart(w *write, was, is labels.Object, revision uint64) {
	for field, value := range terms(was, w.of) {
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
		switch d.field {
		case nameField:
			t.unname(d.row)
		case uidField:
			t.unidentify(d.row, d.value)
		default:
			if l := t.lists[d.field][d.value]; l.remove(d.row) {
				delete(t.lists[d.field], d.value)
				if len(t.lists[d.field]) == 0 {
					delete(t.lists, d.field)
				}
			}
		}
		x.departures.pop()
	}
}
