package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Journal makes changes durable. A client's write is acknowledged, and work is
// given out, only after Append returned nil for the changes that led to it.
//
// Its methods are called from one goroutine at a time. The first error of
// Append ends Orchestrator.Run: memory never goes on without the journal.
type Journal interface {
	// Load returns every object as last appended, and the newest revision. It
	// is called once, before anything else. An empty journal returns nothing and 0.
	Load(ctx context.Context) (objects []labels.Object, revision uint64, err error)

	// Append makes a batch durable, all of it or nothing. The changes are in
	// the order of their revisions and follow those of the batch before.
	Append(ctx context.Context, changes []store.Change) error

	// Close releases the journal. Run calls it when it returns.
	Close() error
}
