package fake

import (
	"context"
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// news is what a Runtime reports beside its containers, as a test wants it.
type news struct {
	events     []orchestrator.PodEvent // the numbers are their places, from 1
	conditions []node.Condition
}

// Tell has the runtime report an event, once. It hints.
func (r *Runtime) Tell(event orchestrator.PodEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news.events = append(r.news.events, event)
	r.hint()
}

// SetConditions says what the runtime reports of its node from now on: all of it. It hints.
func (r *Runtime) SetConditions(conditions ...node.Condition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news.conditions = slices.Clone(conditions)
	r.hint()
}

// Report returns what Tell and SetConditions were given.
func (r *Runtime) Report(ctx context.Context, after uint64) (orchestrator.Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return orchestrator.Report{}, fmt.Errorf("report: %w", err)
	}
	last := uint64(len(r.news.events))
	return orchestrator.Report{
		Events:     slices.Clone(r.news.events[min(after, last):]),
		Last:       last,
		Conditions: slices.Clone(r.news.conditions),
	}, nil
}
