package orchestrator

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/replication"
)

// retryCreate is when a controller that found no room for its pods looks again.
const retryCreate = time.Minute

// checkSize returns an error if an object that a client hands in is too large.
func (e *Engine) checkSize(o labels.Object) error {
	text, err := json.Marshal(o)
	if err != nil {
		return invalid(err)
	}
	if n := len(text); n > e.cfg.MaxObjectBytes {
		return fmt.Errorf("it has %d bytes as JSON, and config field MaxObjectBytes allows %d: %w", n, e.cfg.MaxObjectBytes, ErrTooLarge)
	}
	return nil
}

// room returns how many more objects there may be.
func (e *Engine) room(tx *store.Tx) int { return max(0, e.cfg.MaxObjects-tx.Len()) }

// checkRoom returns an error if there may be no more objects.
func (e *Engine) checkRoom(tx *store.Tx) error {
	if e.room(tx) > 0 {
		return nil
	}
	return fmt.Errorf("there are %d objects, and config field MaxObjects allows %d: %w", tx.Len(), e.cfg.MaxObjects, ErrLimit)
}

// roomFor returns how many of n pods a controller may create. Where that is not
// all it says so, and the controller looks again later.
func (e *Engine) roomFor(tx *store.Tx, c *replication.Controller, n int, now time.Time) int {
	room := e.room(tx)
	if room >= n {
		return n
	}
	e.event(c, "replication-controller", "", warning("FailedCreate",
		"cannot create %d pods: config field MaxObjects allows %d objects: %v", n-room, e.cfg.MaxObjects, ErrLimit))
	e.timers.set(timerKey{controllerLoop, c.UID}, now.Add(retryCreate))
	return room
}
