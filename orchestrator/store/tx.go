package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/labels"
)

// Tx is one transaction: a Reader that sees its own writes, and the writes.
// It belongs to the function that Update gave it to.
//
// An error of one write leaves the transaction as it was before that write; it
// is for the function to go on, or to return the error and so abort.
type Tx struct {
	Reader
	store   *Store
	number  uint64
	ended   bool
	changes []Change
	writes  []write       // the same length as changes
	fresh   map[key]int   // the last change of each object that was not there before; of others their rows know
	counts  [numKinds]int // how many more objects than before
	uids    map[string]key
	listed  int // how many of changes are in uids
}

// write is what the store needs to know of a change beyond what watchers do.
type write struct {
	row        *row
	ordinal    int
	prior      uint64  // the ResourceVersion that New came with
	superseded bool    // a later change of the same transaction replaces this one
	of         aspects // in which New differs from what is committed
}

var errEnded = errors.New("the transaction has ended")

func newTx(s *Store) *Tx {
	s.txs++
	tx := &Tx{store: s, number: s.txs, writes: s.writes[:0]}
	tx.Reader = Reader{snap: s.head, tx: tx, own: true}
	return tx
}

// Changes returns how many changes the transaction has made so far.
func (tx *Tx) Changes() int { return len(tx.changes) }

// Grow makes room for so many more changes, as [slices.Grow] does: a function that
// knows how many it is going to make saves copying them as they grow.
func (tx *Tx) Grow(n int) {
	tx.changes, tx.writes = slices.Grow(tx.changes, n), slices.Grow(tx.writes, n)
}

// Create adds an object. The store takes ownership: it sets ResourceVersion,
// whatever it was, and nobody may write to the object any more. ErrExists if
// there is one of that kind, namespace and name.
func (tx *Tx) Create(o labels.Object) error {
	k, err := tx.keyOf("create", o)
	if err != nil {
		return err
	}
	current, row, last := tx.newest(k)
	if current != nil {
		return k.failed("create", ErrExists)
	}
	if row == nil {
		row = newRow(k, nil)
	}
	tx.record(k, row, last, nil, o)
	return nil
}

// Update replaces an object. The store takes ownership, as in Create.
//
// ErrNotFound if there is none of that kind, namespace and name. ErrConflict
// if o has a ResourceVersion that is not the current one (0 stands for
// whichever is current), or a UID that is not the current one. It is an error
// to hand back the very object that the store holds: change a copy.
func (tx *Tx) Update(o labels.Object) error {
	k, err := tx.keyOf("update", o)
	if err != nil {
		return err
	}
	current, row, last := tx.newest(k)
	if current == nil {
		return k.failed("update", ErrNotFound)
	}
	if current == o {
		return k.failed("update", errors.New("it is the stored object itself, not a copy"))
	}
	was, is := current.Identity(), o.Identity()
	if is.ResourceVersion != 0 && is.ResourceVersion != was.ResourceVersion {
		return k.failed("update", ErrConflict)
	}
	if is.UID != "" && was.UID != "" && is.UID != was.UID {
		return k.failed("update", ErrConflict)
	}
	tx.record(k, row, last, current, o)
	return nil
}

// Delete removes an object. The namespace is empty for nodes and namespaces.
// ErrNotFound if there is none of that kind, namespace and name.
func (tx *Tx) Delete(kind Kind, namespace, name string) error {
	k := key{kind, namespace, name}
	if tx.ended {
		return k.failed("delete", errEnded)
	}
	current, row, last := tx.newest(k)
	if current == nil {
		return k.failed("delete", ErrNotFound)
	}
	tx.record(k, row, last, current, nil)
	return nil
}

func (tx *Tx) keyOf(verb string, o labels.Object) (key, error) {
	if tx.ended {
		return key{}, fmt.Errorf("%s object: %w", verb, errEnded)
	}
	return keyOf(verb, o)
}

// newest returns the object as the transaction sees it, its row, and the
// change that wrote it: nil, nil and -1 where there is none.
func (tx *Tx) newest(k key) (labels.Object, *row, int) {
	if row := tx.store.index.row(k); row != nil {
		if row.tx == tx.number {
			return tx.changes[row.change].New, row, row.change
		}
		return row.newest, row, -1
	}
	if i, ok := tx.fresh[k]; ok {
		return tx.changes[i].New, tx.writes[i].row, i
	}
	return nil, nil, -1
}

// record appends a change that replaces change number last, if that is not -1.
func (tx *Tx) record(k key, r *row, last int, was, is labels.Object) {
	revision := tx.snap.revision + uint64(len(tx.changes)) + 1
	w := write{row: r, ordinal: k.kind.ordinal(), of: differing(r.newest, is)}
	if is != nil {
		m := is.Identity()
		w.prior, m.ResourceVersion = m.ResourceVersion, revision
	}
	switch {
	case was == nil:
		tx.counts[w.ordinal]++
	case is == nil:
		tx.counts[w.ordinal]--
	}
	if last >= 0 {
		tx.writes[last].superseded = true
	}
	r.tx, r.change = tx.number, len(tx.changes)
	if r.slot < 0 {
		if tx.fresh == nil {
			tx.fresh = make(map[key]int)
		}
		tx.fresh[k] = r.change
	}
	tx.changes = append(tx.changes, Change{Revision: revision, Kind: k.kind, Old: was, New: is})
	tx.writes = append(tx.writes, w)
}

// commit makes the changes part of the store.
func (tx *Tx) commit() {
	s := tx.store
	if len(tx.changes) == 0 {
		return
	}
	next := &snapshot{
		store:    s,
		revision: tx.changes[len(tx.changes)-1].Revision,
		tables:   s.head.tables,
		counts:   s.head.counts,
	}
	for i, n := range tx.counts {
		next.counts[i] += n
	}
	tx.insert(next)
	s.index.apply(tx.changes, tx.writes, next.revision)
	s.head = next
	s.revision.Store(next.revision)
	if s.pending == nil {
		s.pending = tx.changes
	} else {
		s.pending = append(s.pending, tx.changes...)
	}
	tx.changes = nil
}

// insert writes the last change of every object to a snapshot that nobody else has yet.
func (tx *Tx) insert(into *snapshot) {
	for i, w := range prefetch.All(tx.writes, func(w *write) int { return w.row.slot }) {
		is := tx.changes[i].New
		if w.superseded || is == nil && w.row.newest == nil {
			continue // the latter came and went within the transaction
		}
		slot := tx.store.index.tables[w.ordinal].assign(w.row)
		into.tables[w.ordinal].set(slot, is, tx.number)
	}
}

// end closes the transaction, and takes back what was not committed.
func (tx *Tx) end() {
	for i := len(tx.changes) - 1; i >= 0; i-- {
		if o := tx.changes[i].New; o != nil {
			o.Identity().ResourceVersion = tx.writes[i].prior
		}
	}
	const most = 1024 // writes that are worth keeping room for
	if clear(tx.writes); cap(tx.writes) <= most {
		tx.store.writes = tx.writes[:0]
	}
	tx.changes, tx.writes, tx.fresh, tx.uids = nil, nil, nil, nil
	tx.ended, tx.store.open = true, nil
}

// written is the state of one object that a transaction has touched.
type written struct {
	row    *row
	object labels.Object // nil: deleted
}

// overlay returns what the transaction has done to one table, in order.
func (tx *Tx) overlay(ordinal int) []written {
	var out []written
	for i := range tx.changes {
		w := &tx.writes[i]
		if w.superseded || w.ordinal != ordinal {
			continue
		}
		out = append(out, written{w.row, tx.changes[i].New})
	}
	slices.SortFunc(out, func(a, b written) int { return compareRows(a.row, b.row) })
	return out
}

// created returns the object that has the uid and had not before the transaction.
func (tx *Tx) created(ordinal int, uid string) labels.Object {
	if tx.uids == nil {
		tx.uids = make(map[string]key)
	}
	for ; tx.listed < len(tx.changes); tx.listed++ {
		c := tx.changes[tx.listed]
		if c.New == nil {
			continue
		}
		if m := c.New.Identity(); withUID(c.Old, m.UID) == nil {
			tx.uids[m.UID] = key{c.Kind, m.Namespace, m.Name}
		}
	}
	k, ok := tx.uids[uid]
	if !ok || k.kind != kinds[ordinal] {
		return nil
	}
	o, _, _ := tx.newest(k)
	return withUID(o, uid)
}
