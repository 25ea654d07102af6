package fake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Journal is an orchestrator.Journal in memory. What it keeps outlives the
// orchestrator, and can be had as it was after any of its batches. The zero
// value works: it is empty.
//
// It keeps text, as one on a disk would, so what Load returns is nobody else's.
// Its clock is that of package time. All methods are safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	batches []batch
	faults  JournalFaults
	begun   int   // appends
	busy    bool  // an append is under way
	closed  int   // calls of Close
	broken  error // the first thing that the orchestrator did wrong
}

var _ orchestrator.Journal = (*Journal)(nil)

// JournalFaults is what is wrong with a Journal. The zero value: nothing.
type JournalFaults struct {
	// Latency is how long each Append takes.
	Latency time.Duration
	// Err is what Append fails with, when the Latency is over, after the first
	// After appends that begin from now on. Nil: it does not fail.
	Err   error
	After int
	// Kept: what the first Append fails on is kept all the same. Only its answer is lost.
	Kept bool
	// LoadErr is what Load fails with. Nil: it does not fail.
	LoadErr error
}

// batch is what one Append made durable.
type batch []record

// record is one change: the object after it, or nothing where it is gone.
type record struct {
	revision uint64
	key      recordKey
	object   []byte // JSON; nil: deleted
}

type recordKey struct {
	kind            store.Kind
	namespace, name string
}

// SetFaults replaces what is wrong with the journal, from the next call on.
func (j *Journal) SetFaults(f JournalFaults) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.faults, j.begun = f, 0
}

// Load returns the objects as last appended, in the order in which they first came.
func (j *Journal) Load(context.Context) ([]labels.Object, uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.faults.LoadErr; err != nil {
		return nil, 0, err
	}
	newest := make(map[recordKey][]byte)
	var order []recordKey
	for _, r := range slices.Concat(j.batches...) {
		if _, known := newest[r.key]; !known {
			order = append(order, r.key)
		}
		newest[r.key] = r.object
	}
	var objects []labels.Object
	for _, k := range order {
		if newest[k] == nil {
			continue
		}
		o := store.Blank(k.kind)
		if err := json.Unmarshal(newest[k], o); err != nil {
			return nil, 0, fmt.Errorf("load %s %q: %w", k.kind.Noun(), k.namespace+"/"+k.name, err)
		}
		objects = append(objects, o)
	}
	return objects, j.revision(), nil
}

// Append keeps a batch, or does what the faults say.
func (j *Journal) Append(ctx context.Context, changes []store.Change) error {
	b, err := batchOf(changes)
	j.mu.Lock()
	faults := j.faults
	j.begun++
	failing := faults.Err != nil && j.begun > faults.After
	first := j.begun == faults.After+1
	j.blame(err)
	if j.busy {
		j.blame(errors.New("two appends at a time"))
	}
	if j.closed > 0 {
		err = errors.New("append to a journal that is closed")
		j.blame(err)
	}
	j.busy = true
	j.mu.Unlock()

	timer := time.NewTimer(faults.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy = false
	if err != nil {
		return err
	}
	if !failing || first && faults.Kept {
		j.keep(b)
	}
	if failing {
		return faults.Err
	}
	return nil
}

// keep adds a batch, if it follows those before.
func (j *Journal) keep(b batch) {
	if want := j.revision() + 1; b[0].revision != want {
		j.blame(fmt.Errorf("revision %d where %d should come", b[0].revision, want))
	}
	j.batches = append(j.batches, b)
}

// batchOf turns changes into text. It is an error if they are not in order.
func batchOf(changes []store.Change) (batch, error) {
	if len(changes) == 0 {
		return nil, errors.New("an empty batch")
	}
	b := make(batch, 0, len(changes))
	for i, c := range changes {
		if want := changes[0].Revision + uint64(i); c.Revision != want {
			return nil, fmt.Errorf("revision %d where %d should come", c.Revision, want)
		}
		m := c.Object().Identity()
		r := record{revision: c.Revision, key: recordKey{c.Kind, m.Namespace, m.Name}}
		if c.New != nil {
			text, err := json.Marshal(c.New)
			if err != nil {
				return nil, err
			}
			r.object = text
		}
		b = append(b, r)
	}
	return b, nil
}

// revision is that of the newest change.
func (j *Journal) revision() uint64 {
	if len(j.batches) == 0 {
		return 0
	}
	newest := j.batches[len(j.batches)-1]
	return newest[len(newest)-1].revision
}

func (j *Journal) blame(err error) {
	if j.broken == nil {
		j.broken = err
	}
}

// Close counts.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed++
	return nil
}

// Closed returns how often Close was called.
func (j *Journal) Closed() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed
}

// Batches returns how many batches are kept.
func (j *Journal) Batches() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.batches)
}

// Until returns a journal as this one was after the first n batches, with no
// faults and not closed: what a program finds that is started again.
func (j *Journal) Until(n int) *Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &Journal{batches: slices.Clone(j.batches[:n])}
}

// Check returns what the orchestrator did wrong, if anything: two appends at a time,
// revisions out of order or left out, an empty batch, an append after Close.
func (j *Journal) Check() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.broken
}
