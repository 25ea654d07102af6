package orchestrator

import (
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// pipeline makes durable what the engine decides, while the engine goes on
// deciding. It belongs to Run's goroutine; only the append itself has one of its own.
// What waits is bounded: each client waits for its write, and there is one call
// under way for each container and one list for each node.
//
//  1. One batch is being appended. What is decided meanwhile is one batch too,
//     and comes next.
//  2. A batch is released (shown to readers, told to its writers, its work given
//     out) when it is durable, and every batch before it.
//  3. Once an append fails, that batch is never released, and none after it.
type pipeline struct {
	append  func([]store.Change) error // nil: there is no journal
	release func(batch)

	busy batch      // being appended
	next batch      // decided since
	done chan error // the end of the append; nil: there is none
}

// batch is what belongs together: it is released as a whole or not at all.
type batch struct {
	inputs  []Input // whose writers wait to hear of it
	changes []store.Change
	events  []labels.Event
	work    []Work
}

// add takes what one step decided, and moves on if the journal is free.
func (p *pipeline) add(inputs []Input, ready Ready) {
	if p.next.empty() {
		p.next = batch{inputs, ready.Changes, ready.Events, ready.Work}
	} else {
		p.next.inputs = append(p.next.inputs, inputs...)
		p.next.changes = append(p.next.changes, ready.Changes...)
		p.next.events = append(p.next.events, ready.Events...)
		p.next.work = append(p.next.work, ready.Work...)
	}
	if p.done == nil {
		p.begin()
	}
}

func (b *batch) empty() bool {
	return len(b.inputs) == 0 && len(b.changes) == 0 && len(b.events) == 0 && len(b.work) == 0
}

// begin appends the next batch, or releases it where there is nothing to append.
func (p *pipeline) begin() {
	b := p.next
	p.next = batch{}
	if p.append == nil || len(b.changes) == 0 {
		p.release(b)
		return
	}
	done := make(chan error, 1)
	p.busy, p.done = b, done
	go func() { done <- p.append(b.changes) }()
}

// end takes in the end of an append, which came through done.
func (p *pipeline) end(err error) error {
	p.done = nil
	if err != nil {
		return err
	}
	p.release(p.busy)
	p.busy = batch{}
	p.begin()
	return nil
}

// finish waits for the append that has begun, and begins no other.
func (p *pipeline) finish() error {
	if p.done == nil {
		return nil
	}
	if err := <-p.done; err != nil {
		return err
	}
	p.release(p.busy)
	p.busy = batch{}
	return nil
}

// unreleased returns the inputs whose writers have not heard yet.
func (p *pipeline) unreleased() []Input { return slices.Concat(p.busy.inputs, p.next.inputs) }
