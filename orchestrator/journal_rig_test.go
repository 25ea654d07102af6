package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// slowJournal takes its time and keeps nothing.
type slowJournal struct{ delay atomic.Int64 } // of each append, in nanoseconds

func (*slowJournal) Load(context.Context) ([]labels.Object, uint64, error) { return nil, 0, nil }
func (*slowJournal) Close() error                                          { return nil }
func (j *slowJournal) Append(ctx context.Context, _ []store.Change) error {
	select {
	case <-time.After(time.Duration(j.delay.Load())):
		return nil
	case <-ctx.Done():
		return ctx.Err() // which never happens: what has begun is finished
	}
}

// recordedJournal keeps batches as text, as one on a disk would. It refuses
// appends on request, and breaks off a test if it is used against its contract.
type recordedJournal struct {
	mu      sync.Mutex
	batches []batch
	closed  int
	fails   func(batches int, changes []store.Change) error // nil: never
	inside  bool
}

// batch is what one Append made durable.
type batch []record

// record is one change: the object after it, or nothing where it is gone.
type record struct {
	revision        uint64
	kind            store.Kind
	namespace, name string
	object          []byte // JSON; nil: deleted
}

func (j *recordedJournal) Append(ctx context.Context, changes []store.Change) error {
	j.enter()
	defer j.leave()
	if err := ctx.Err(); err != nil {
		return err // an append is never cut short
	}
	if j.fails != nil {
		if err := j.fails(len(j.batches), changes); err != nil {
			return err
		}
	}
	var b batch
	for _, c := range changes {
		if want := j.revision(b) + 1; c.Revision != want {
			panic(fmt.Sprintf("revision %d after %d", c.Revision, want-1))
		}
		m := c.Object().Identity()
		r := record{revision: c.Revision, kind: c.Kind, namespace: m.Namespace, name: m.Name}
		if c.New != nil {
			text, err := json.Marshal(c.New)
			if err != nil {
				return err
			}
			r.object = text
		}
		b = append(b, r)
	}
	if len(b) == 0 {
		panic("an empty batch")
	}
	j.batches = append(j.batches, b)
	return nil
}

// revision is the newest, with those of an unfinished batch.
func (j *recordedJournal) revision(unfinished batch) uint64 {
	for _, b := range slices.Backward(append(j.batches, unfinished)) {
		if len(b) > 0 {
			return b[len(b)-1].revision
		}
	}
	return 0
}

func (j *recordedJournal) Load(context.Context) ([]labels.Object, uint64, error) {
	j.enter()
	defer j.leave()
	type key struct {
		kind            store.Kind
		namespace, name string
	}
	newest := make(map[key]record)
	var order []key
	for _, b := range j.batches {
		for _, r := range b {
			k := key{r.kind, r.namespace, r.name}
			if _, known := newest[k]; !known {
				order = append(order, k)
			}
			newest[k] = r
		}
	}
	var objects []labels.Object
	for _, k := range order {
		r := newest[k]
		if r.object == nil {
			continue
		}
		o := store.Blank(r.kind)
		if err := json.Unmarshal(r.object, o); err != nil {
			return nil, 0, err
		}
		objects = append(objects, o)
	}
	return objects, j.revision(nil), nil
}

func (j *recordedJournal) Close() error {
	j.enter()
	defer j.leave()
	j.closed++
	return nil
}

// enter and leave see to it that there is one call at a time.
func (j *recordedJournal) enter() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.inside {
		panic("two calls at a time")
	}
	j.inside = true
}

func (j *recordedJournal) leave() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.inside = false
}

// copyUntil returns a journal with the first n batches.
func (j *recordedJournal) copyUntil(n int) *recordedJournal {
	return &recordedJournal{batches: slices.Clone(j.batches[:n])}
}
