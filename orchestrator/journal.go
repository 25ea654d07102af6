package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Journal makes changes durable. A client's write is acknowledged, readers see
// it, and the work that follows from it is given out, only after Append returned
// nil for its changes and for all before them.
//
// While a batch is being appended the engine goes on deciding, and what it
// decides becomes the next batch. So under load many writes share one append, and
// none waits for more than two.
//
// Its methods are called from one goroutine at a time: Load once and first,
// Append any number of times, Close once and last. Nothing is ever tried again. What a
// journal does to stay small it does in these calls, or on its own.
//
// Whoever writes one has a suite for it: orchtest.Journal.
type Journal interface {
	// Load returns every object as last appended, in any order, and the newest
	// revision. An empty journal returns nothing and 0. The objects belong to the
	// caller. An error means that the journal can't be trusted: nothing is begun with it.
	Load(ctx context.Context) (objects []labels.Object, revision uint64, err error)

	// Append makes a batch durable: when it returns nil, all of it is there
	// whatever happens to the program and the machine. The changes are in the
	// order of their revisions, each one more than that before, and follow those
	// of the last batch; the newest revision of the batch is that of its last change.
	//
	// An error means that all of the batch is there at the next Load, or nothing
	// of it; it ends Orchestrator.Run, for memory never goes on without
	// the journal. The context does not end before Append returns. The changes are
	// shared: read them only, and don't keep them.
	Append(ctx context.Context, changes []store.Change) error

	// Close releases the journal. Run calls it when it returns.
	Close() error
}
