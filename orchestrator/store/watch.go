package store

import (
	"context"
	"fmt"
	"sort"
	"sync"
)

// feed is the published changes of late, shared by all watchers. Publishing
// costs the same however many watch and however slow they are: a watcher
// holds nothing but the revision it has seen, and fetches the rest itself.
type feed struct {
	keep int // how many changes to keep, at least

	mu      sync.RWMutex
	batches [][]Change // in order, without gaps; none is empty, and none ever changes
	kept    int        // changes in batches
	since   uint64     // the revision before the first of batches
	upTo    uint64     // the revision of the last of batches
	more    chan struct{}
}

func newFeed(keep int) *feed { return &feed{keep: keep, more: make(chan struct{})} }

// publish appends a batch, which must not be empty, forgets what is too old,
// and wakes all who wait.
func (f *feed) publish(batch []Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, batch)
	f.kept += len(batch)
	f.upTo = batch[len(batch)-1].Revision
	drop := 0
	for f.kept-len(f.batches[drop]) >= f.keep {
		f.kept -= len(f.batches[drop])
		f.since += uint64(len(f.batches[drop]))
		f.batches[drop] = nil
		drop++
	}
	f.batches = f.batches[drop:]
	f.wake()
}

// restart forgets everything and goes on at the revision.
func (f *feed) restart(revision uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches, f.kept, f.since, f.upTo = nil, 0, revision, revision
	f.wake()
}

func (f *feed) wake() {
	close(f.more)
	f.more = make(chan struct{})
}

// after returns the rest of the batch that follows the revision; or nil, and a
// channel that is closed when there may be more. It is not ok if the changes
// after the revision are no longer kept.
func (f *feed) after(revision uint64) (changes []Change, more <-chan struct{}, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if revision < f.since {
		return nil, nil, false
	}
	if revision >= f.upTo {
		return nil, f.more, true
	}
	i := sort.Search(len(f.batches), func(i int) bool {
		b := f.batches[i]
		return b[len(b)-1].Revision > revision
	})
	b := f.batches[i]
	if first := b[0].Revision; first <= revision {
		b = b[revision+1-first:]
	}
	return b[:len(b):len(b)], nil, true
}

// Watcher hands out the published changes from one revision on. It holds no
// resources: one that is no longer wanted is simply dropped. A Watcher is for
// one goroutine at a time.
type Watcher struct {
	feed *feed
	seen uint64
}

// Watch returns a watcher of all changes after the revision, which is that of
// the Reader or of the object that the caller has seen last. Any goroutine may
// call it.
//
// ErrExpired if those changes are no longer kept, or if the store has not
// come to the revision: it is then one from another life of the store.
func (s *Store) Watch(from uint64) (*Watcher, error) {
	if head := s.revision.Load(); from > head {
		return nil, fmt.Errorf("watch store from revision %d: it is at %d: %w", from, head, ErrExpired)
	}
	w := &Watcher{feed: s.feed, seen: from}
	if _, _, ok := s.feed.after(from); !ok {
		return nil, w.expired()
	}
	return w, nil
}

// Next waits for changes and returns those that follow what was returned
// before: at least one, in order, without gaps. The slice is shared: read it only.
//
// ErrExpired, then and ever after, if the watcher fell so far behind that they
// are no longer kept; the context's error if that ends first.
func (w *Watcher) Next(ctx context.Context) ([]Change, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		changes, more, ok := w.feed.after(w.seen)
		if !ok {
			return nil, w.expired()
		}
		if len(changes) > 0 {
			w.seen = changes[len(changes)-1].Revision
			return changes, nil
		}
		select {
		case <-ctx.Done():
		case <-more:
		}
	}
}

// Revision returns the revision of the last change that Next returned, or
// where the watch began.
func (w *Watcher) Revision() uint64 { return w.seen }

func (w *Watcher) expired() error {
	return fmt.Errorf("watch store from revision %d: %w", w.seen, ErrExpired)
}
