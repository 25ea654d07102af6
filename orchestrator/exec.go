package orchestrator

import (
	"context"
	"io"
)

// Executor is a Runtime that can run a command in a container.
type Executor interface {
	// Exec runs a command in an attempt that runs, and returns when it has
	// ended, with its exit code: 128 plus the signal where it was killed. An
	// error means that it was not run, or that nobody knows how it ended.
	//
	// Any number of commands may run at a time, and one may be run again and
	// again. When the context ends, so do the command and Exec. ErrNotRunning if
	// the attempt does not run; errors.ErrUnsupported for what the runtime can't do, as
	// a terminal.
	Exec(ctx context.Context, ref ContainerRef, o ExecOptions) (code int, err error)
}

// Attacher is a Runtime that can connect to the program of a container itself.
type Attacher interface {
	// Attach passes on what an attempt says from now on, and hands it o's input,
	// which reaches it only where its container has Stdin. It returns nil when
	// the attempt has ended, or the input has where there is nothing to be
	// written to.
	//
	// Any number may be attached at a time, and each sees everything; one that
	// reads too slowly may be cut off with an error, and never holds up the
	// program. When the context ends, so does Attach; the program goes on.
	// ErrNotRunning if the attempt does not run; errors.ErrUnsupported for an
	// input that the container does not take.
	Attach(ctx context.Context, ref ContainerRef, o AttachOptions) error
}

// AttachOptions say what a container is connected to. TTY must be as the
// container has it.
type AttachOptions struct {
	// Container of the pod. Default: the only one. A runtime ignores it: it is in the ref.
	Container string
	Streams
}

// ExecOptions say what is run, and what it is connected to.
type ExecOptions struct {
	// Container of the pod. Default: the only one. A runtime ignores it: it is in the ref.
	Container string
	// Command and its arguments; no shell. Required.
	Command []string
	Streams
}

// Streams are what a command, or a container, is connected to. The zero value
// is: no input, and the output is dropped.
//
// The output is written by one goroutine at a time, also where both writers are
// the same, and in pieces that end anywhere. A writer that fails ends the call with its error.
type Streams struct {
	// Stdin is read until it ends, which ends the standard input of the
	// command. Nil: that is empty. It may be read a little further than the command
	// did; a Read that blocks when the call has ended is left alone.
	Stdin io.Reader
	// Stdout and Stderr get what is said. Nil: it is dropped. With a TTY all of
	// it is on Stdout.
	Stdout, Stderr io.Writer
	// TTY gives the command a terminal.
	TTY bool
	// Resize says how large the terminal is, as often as that changes. Nil: 80 by 24.
	Resize <-chan TerminalSize
}

// TerminalSize is in characters.
type TerminalSize struct {
	Width, Height uint16
}
