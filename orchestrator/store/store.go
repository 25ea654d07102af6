package store

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/coracle-dev/coracle/labels"
)

// DefaultHistory is how many changes a store keeps for watchers where Config
// does not say.
const DefaultHistory = 16384

// Config of a Store. The zero Config is a good one.
type Config struct {
	// History is how many of the latest changes are kept for watchers, at
	// least. A watcher that falls further behind is told to start over.
	// Zero: DefaultHistory.
	History int
}

// Store keeps the objects of one cluster in memory.
//
// It has two sides. The writer's side (Update, Head, Take, Publish, Load)
// belongs to one goroutine at a time. The readers' side (View, Watch, and all
// that comes from them) may be used by any number of goroutines at any time;
// it waits for the writer, and the writer for it, no longer than some hundred
// map entries take.
//
// These hold after every call:
//
//  1. The revision is the number of changes ever made. It never goes back.
//  2. An object's ResourceVersion is the revision of the change that wrote it.
//  3. What a Reader shows never changes.
//  4. Readers and watchers see only what Take has handed out and Publish has let go.
//  5. A watcher sees every change once, in order, or ErrExpired.
type Store struct {
	index *index // where to look, for the newest version and those just before it
	feed  *feed  // the published changes, for watchers

	// The writer's own.
	head    *snapshot // what the last Update left
	open    *Tx       // the Update that is going on
	txs     uint64    // how many transactions there were
	writes  []write   // of the last one, to be used again
	pending []Change  // committed, not taken
	taken   []taken   // not published

	published atomic.Pointer[snapshot]
	revision  atomic.Uint64 // of head, for readers
}

// New returns an empty store at revision 0. It fails only if History is negative.
func New(c Config) (*Store, error) {
	switch {
	case c.History < 0:
		return nil, fmt.Errorf("new store: history %d is negative", c.History)
	case c.History == 0:
		c.History = DefaultHistory
	}
	s := &Store{index: newIndex(c.History), feed: newFeed(c.History)}
	s.head = &snapshot{store: s}
	s.published.Store(s.head)
	return s, nil
}

// View returns the newest published state. Any goroutine may call it; it
// takes no lock and allocates nothing.
func (s *Store) View() Reader { return Reader{snap: s.published.Load()} }

// Head returns the newest committed state, published or not. It is for the
// writer alone, and so is the Reader that it returns.
func (s *Store) Head() Reader { return Reader{snap: s.head, own: true} }

// Update runs fn on a transaction and commits what fn did, or nothing.
//
// If fn returns an error, or panics, the store is as it was before, the
// objects that were given to the transaction have their old ResourceVersion
// and belong to the caller again, and the error is returned as it is. What is
// committed is seen by Head at once, and by readers after Take and Publish.
//
// Transactions do not nest. Nothing may be kept of the Tx after fn returns.
func (s *Store) Update(fn func(*Tx) error) error {
	if s.open != nil {
		return errors.New("update store: a transaction is already open")
	}
	tx := newTx(s)
	s.open = tx
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	tx.commit()
	return nil
}

// Take returns the changes that were committed since the last Take, in order,
// so that they can be made durable; nil if there are none. The slice is shared
// with watchers: read it only.
func (s *Store) Take() []Change {
	changes := s.pending
	if len(changes) == 0 {
		return nil
	}
	s.pending = nil
	s.taken = append(s.taken, taken{changes, s.head})
	return changes
}

// taken is what one Take returned, and the state that it led to.
type taken struct {
	changes []Change
	after   *snapshot
}

// Publish shows readers and watchers everything that Take has returned so far.
// Changes committed after the last Take stay hidden.
func (s *Store) Publish() { s.PublishUpTo(s.head.revision) }

// PublishUpTo is Publish for a writer that goes on while a journal is still
// busy with what was taken later: it shows what each Take returned whose last
// change is of that revision or an earlier one.
func (s *Store) PublishUpTo(revision uint64) {
	n, total := 0, 0
	for n < len(s.taken) && s.taken[n].after.revision <= revision {
		total += len(s.taken[n].changes)
		n++
	}
	if n == 0 {
		return
	}
	batch := s.taken[0].changes
	if n > 1 {
		batch = make([]Change, 0, total)
		for _, t := range s.taken[:n] {
			batch = append(batch, t.changes...)
		}
	}
	s.published.Store(s.taken[n-1].after)
	s.taken = slices.Delete(s.taken, 0, n)
	s.feed.publish(batch)
}

// Load fills an empty store with what a journal kept: objects, in any order,
// each with the ResourceVersion it had, as they were at the revision. All or
// nothing; the store takes ownership of the objects. Readers see them at once;
// there are no changes to take, and a watch can start at the revision.
//
// It is an error if the store was ever written to, if an object is of no known
// kind, has no name, is there twice, or has a ResourceVersion that is 0 or
// greater than the revision.
func (s *Store) Load(objects []labels.Object, revision uint64) error {
	if s.open != nil || s.head.revision != 0 {
		return errors.New("load store: it is not empty")
	}
	s.txs++
	next := &snapshot{store: s, revision: revision}
	rows, seen := make([]*row, 0, len(objects)), make(map[key]bool, len(objects))
	for _, o := range objects {
		k, err := loadable(o, revision)
		if err != nil {
			return err
		}
		if seen[k] {
			return k.failed("load", ErrExists)
		}
		seen[k] = true
		rows = append(rows, newRow(k, o))
	}
	for _, r := range rows {
		i := ordinalOf(r.newest)
		next.tables[i].set(s.index.tables[i].assign(r), r.newest, s.txs)
		next.counts[i]++
	}
	s.index.load(rows)
	s.head = next
	s.revision.Store(revision)
	s.published.Store(s.head)
	s.feed.restart(revision)
	return nil
}

// loadable returns the key of an object that a store may be loaded with at the revision.
func loadable(o labels.Object, revision uint64) (key, error) {
	k, err := keyOf("load", o)
	if err != nil {
		return k, err
	}
	if rv := o.Identity().ResourceVersion; rv == 0 || rv > revision {
		return k, k.failed("load", fmt.Errorf("resource version %d is not from 1 to %d", rv, revision))
	}
	return k, nil
}
