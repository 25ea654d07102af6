package orchestrator

import "slices"

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
