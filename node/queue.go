package node

import (
	"cmp"
	"container/heap"
)

// queue holds nodes that may have to be given up, the one that was lost first in
// front: a heap.
type queue []*member

// push adds a node.
func (q *queue) push(m *member) {
	m.in = q
	heap.Push((*byAge)(q), m)
}

// dequeue takes the node out of where it waits.
func (m *member) dequeue() {
	if m.in != nil {
		heap.Remove((*byAge)(m.in), m.at)
		m.in = nil
	}
}

// byAge is a queue as container/heap wants it.
type byAge []*member

func (q byAge) Len() int { return len(q) }

func (q byAge) Less(i, j int) bool {
	return cmp.Or(q[i].Since.Compare(q[j].Since), cmp.Compare(q[i].name, q[j].name)) < 0
}

func (q byAge) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

func (q *byAge) Push(x any) {
	m := x.(*member)
	m.at = len(*q)
	*q = append(*q, m)
}

func (q *byAge) Pop() any {
	last := len(*q) - 1
	m := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return m
}
