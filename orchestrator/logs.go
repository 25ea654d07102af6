package orchestrator

import (
	"context"
	"io"
	"time"
)

// Logger is a Runtime that keeps what its containers say.
type Logger interface {
	// Logs writes what an attempt has said to the writers of o, the oldest
	// first, and returns nil when that is done. With Follow it goes on until the
	// attempt has ended and all it said is written.
	//
	// It changes nothing, and may be called any number of times at once. When
	// the context ends, so does Logs, with its error. ErrNoAttempt if the
	// attempt is not known, or its log was not kept.
	Logs(ctx context.Context, ref ContainerRef, o LogOptions) error
}

// LogOptions say what is read of a log, and where to. The zero value reads all
// that is kept, and drops it.
type LogOptions struct {
	// Container of the pod. Default: the only one. A runtime ignores it: it is in the ref.
	Container string
	// Previous reads the attempt before the current one. A runtime ignores it as well.
	Previous bool

	// Follow goes on with what is said later, until the container ends. Another
	// attempt is another log.
	Follow bool
	// Tail begins so many lines before the end. Nil: at the beginning of what is
	// kept. Which streams count is up to the runtime, where not both are read.
	Tail *int
	// Since leaves out what was said before. Zero: nothing.
	Since time.Time
	// Timestamps puts a time before each line, in RFC 3339 with nanoseconds, and a space.
	Timestamps bool
	// LimitBytes ends the log after so many bytes, within a line if need be. 0: no limit.
	LimitBytes int64

	// Stdout and Stderr get what was said on either stream. Nil: it is left
	// out. One goroutine at a time writes, also where both are the same; a
	// writer that fails ends the call with its error.
	Stdout, Stderr io.Writer
}
