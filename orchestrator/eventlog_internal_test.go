package orchestrator

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Who sees a change finds the events that belong to it, and who sees an event finds the
// change. The reader here never sleeps, so that it comes in between if anybody can.
func TestEventsAreSeenWithTheirChanges(t *testing.T) {
	o, err := New(Config{Dial: func(context.Context, *node.Node) (Runtime, error) { return nil, nil }})
	require.NoError(t, err)
	const rounds = 5000 // of one change and one event
	revision := func() int { return int(o.view().Revision()) }
	told := func() int { _, next, _ := o.events.from(0); return next }
	begin := revision() - told()
	var ended atomic.Bool
	var eventsLate, changesLate atomic.Int64
	var group sync.WaitGroup
	group.Go(func() {
		for !ended.Load() {
			before, events, after := revision()-begin, told(), revision()-begin
			if events < before {
				eventsLate.Add(1)
			}
			if after < events {
				changesLate.Add(1)
			}
		}
	})
	for i := range rounds {
		require.NoError(t, o.engine.store.Update(func(tx *store.Tx) error {
			return tx.Create(&labels.Namespace{Meta: labels.Meta{Name: fmt.Sprint("n", i), UID: fmt.Sprint(i)}})
		}))
		o.release(t.Context(), batch{changes: o.engine.store.Take(), events: []labels.Event{{Meta: labels.Meta{Name: fmt.Sprint(i)}}}})
	}
	ended.Store(true)
	group.Wait()
	require.Zero(t, eventsLate.Load(), "changes were seen before their events")
	require.Zero(t, changesLate.Load(), "events were seen before their changes")
}
