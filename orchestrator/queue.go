package orchestrator

import (
	"container/heap"
	"slices"
	"time"
)

// queue holds keys that need a look, each once, in the order in which they came.
// That order is part of the engine's determinism. The zero value is empty.
type queue[K comparable] struct {
	keys    []K
	members map[K]struct{}
}

func (q *queue[K]) add(k K) {
	if _, ok := q.members[k]; ok {
		return
	}
	if q.members == nil {
		q.members = make(map[K]struct{})
	}
	q.members[k] = struct{}{}
	q.keys = append(q.keys, k)
}

// take returns all keys and leaves the queue empty.
func (q *queue[K]) take() []K {
	keys := q.keys
	q.keys = nil
	if len(keys) > manyKeys {
		clear(q.members) // which costs what the map has room for
	} else {
		for _, k := range keys {
			delete(q.members, k)
		}
	}
	return keys
}

// manyKeys is how many keys are cleared away at once and not one by one.
const manyKeys = 1024

// takeSome is take for the first n keys; the others stay.
func (q *queue[K]) takeSome(n int) []K {
	if n >= len(q.keys) {
		return q.take()
	}
	keys := q.keys[:n:n]
	q.keys = q.keys[n:]
	for _, k := range keys {
		delete(q.members, k)
	}
	return keys
}

// putBack puts keys that were taken, and are to be looked at another time,
// before those that have come since.
func (q *queue[K]) putBack(keys []K) {
	if len(keys) == 0 {
		return
	}
	newer := q.take()
	for _, k := range slices.Concat(keys, newer) {
		q.add(k)
	}
}

func (q *queue[K]) empty() bool { return len(q.keys) == 0 }

func (q *queue[K]) has(k K) bool {
	_, ok := q.members[k]
	return ok
}

func (q *queue[K]) remove(k K) {
	if !q.has(k) {
		return
	}
	delete(q.members, k)
	i := slices.Index(q.keys, k)
	q.keys = slices.Delete(q.keys, i, i+1)
}

// timers say when a key needs a look again: at most one time for each key.
// Keys that are due at the same time come in the order in which they were set.
type timers[K comparable] struct {
	heap  timerHeap[K]
	byKey map[K]*timer[K]
	seq   uint64
}

type timer[K comparable] struct {
	key   K
	at    time.Time
	seq   uint64
	index int
}

// set replaces the time of a key. The zero time removes it.
func (t *timers[K]) set(k K, at time.Time) {
	entry := t.byKey[k]
	switch {
	case at.IsZero() && entry == nil:
	case at.IsZero():
		heap.Remove(&t.heap, entry.index)
		delete(t.byKey, k)
	case entry == nil:
		if t.byKey == nil {
			t.byKey = make(map[K]*timer[K])
		}
		t.seq++
		entry = &timer[K]{key: k, at: at, seq: t.seq}
		t.byKey[k] = entry
		heap.Push(&t.heap, entry)
	case !entry.at.Equal(at):
		t.seq++
		entry.at, entry.seq = at, t.seq
		heap.Fix(&t.heap, entry.index)
	}
}

// sooner sets the time of a key unless it has an earlier one.
func (t *timers[K]) sooner(k K, at time.Time) {
	if entry := t.byKey[k]; entry == nil || at.Before(entry.at) {
		t.set(k, at)
	}
}

// due removes and returns one key whose time has come.
func (t *timers[K]) due(now time.Time) (K, bool) {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		var none K
		return none, false
	}
	entry := heap.Pop(&t.heap).(*timer[K])
	delete(t.byKey, entry.key)
	return entry.key, true
}

// next returns the earliest time, or zero where there is none.
func (t *timers[K]) next() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].at
}

// timerHeap implements heap.Interface.
type timerHeap[K comparable] []*timer[K]

func (h timerHeap[K]) Len() int { return len(h) }
func (h timerHeap[K]) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h timerHeap[K]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap[K]) Push(x any) {
	entry := x.(*timer[K])
	entry.index = len(*h)
	*h = append(*h, entry)
}
func (h *timerHeap[K]) Pop() any {
	last := len(*h) - 1
	entry := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return entry
}
