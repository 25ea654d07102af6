package orchestrator

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// The errors of the client. Test for them with errors.Is; what is wrong with an
// object is a labels.FieldErrors, found with errors.As.
var (
	ErrNotFound = store.ErrNotFound // there is no such object
	ErrExists   = store.ErrExists   // there is one of that name already
	ErrConflict = store.ErrConflict // somebody else wrote the object since it was read
	ErrExpired  = store.ErrExpired  // the watch fell behind, or its revision is gone: list again

	// ErrStopped: Run has returned, or returned before the write was carried out.
	ErrStopped = errors.New("orchestrator has stopped")
	// ErrInvalid: the object is wrong in itself. The labels.FieldErrors in it say where.
	ErrInvalid = errors.New("invalid")
	// ErrNotRunning: the pod or container that was to be used does not run.
	ErrNotRunning = errors.New("does not run")
	// ErrNoAttempt: the runtime knows of no such attempt, or no longer.
	ErrNoAttempt = errors.New("there is no such attempt, or no longer")
	// ErrUnreachable: there is no connection to the runtime of the node. There is
	// none before Run, and before the node was listed for the first time.
	ErrUnreachable = errors.New("no connection to the runtime")
	// ErrTooLarge: the object is larger than Config.MaxObjectBytes allows.
	ErrTooLarge = errors.New("too large")
	// ErrLimit: there are as many objects as Config.MaxObjects allows.
	ErrLimit = errors.New("limit reached")
	// ErrTerminating: the namespace is on its way out and takes nothing new.
	ErrTerminating = errors.New("namespace is terminating")
)

// configError says what is wrong with a field of a Config; value is nil where it is missing.
func configError(field string, value any, problem string) error {
	if value == nil {
		return fmt.Errorf("config field %s: %s", field, problem)
	}
	return fmt.Errorf("config field %s: %v: %s", field, value, problem)
}

// errNoEffect is what is wrong with a call that succeeded if the list does not show it.
var errNoEffect = errors.New("the runtime says that this succeeded, and its list says that it did not")

// errNotConnected is the end of work that came before the first list of its node.
var errNotConnected = errors.New("there is no connection to the runtime yet")

// errCancelled is the end of work that was given up because other work replaced it.
var errCancelled = errors.New("given up for other work")
