package process

import (
	"context"
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Attach passes on what the program says from now on, line by line, until it
// has ended. Programs have no standard input: one that is to be passed on is
// errors.ErrUnsupported.
func (r *Runtime) Attach(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error {
	a, err := r.attempt(ref)
	if err == nil {
		err = r.attach(ctx, a, o)
	}
	if err != nil {
		return fmt.Errorf("attach to container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) attach(ctx context.Context, a attempt, o orchestrator.AttachOptions) error {
	switch over, err := r.over(a); {
	case err != nil:
		return err
	case over:
		return fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	case o.Stdin != nil || o.TTY:
		return fmt.Errorf("its program has neither a standard input nor a terminal: %w", errors.ErrUnsupported)
	}
	return r.logs(ctx, a, orchestrator.LogOptions{Follow: true, Tail: new(int), Stdout: o.Stdout, Stderr: o.Stderr})
}
