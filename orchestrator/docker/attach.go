package docker

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Attach connects to the container's program, as the engine does: its output from
// now on, and its input where the container has Stdin.
func (r *Runtime) Attach(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error {
	if err := r.attach(ctx, ref, o); err != nil {
		return fmt.Errorf("attach to container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) attach(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error {
	engine, c, err := r.findRunning(ctx, ref)
	if err != nil {
		return err
	}
	switch {
	case o.Stdin != nil && !c.Config.OpenStdin:
		return fmt.Errorf("the container has no stdin: %w", errors.ErrUnsupported)
	case o.TTY != c.Config.Tty:
		return fmt.Errorf("the container's tty is %t: %w", c.Config.Tty, errors.ErrUnsupported)
	}
	s := session{streams: o.Streams, keepInput: !c.Config.StdinOnce}
	err = s.run(ctx, engine, func(p plugs) (docker.CloseWaiter, error) {
		return engine.AttachToContainerNonBlocking(docker.AttachToContainerOptions{
			Container: c.ID, Stream: true, InputStream: p.in, OutputStream: p.out, ErrorStream: p.errs,
			Stdin: p.in != nil, Stdout: true, Stderr: true, RawTerminal: o.TTY,
		})
	}, func(size orchestrator.TerminalSize) {
		engine.ResizeContainerTTY(c.ID, int(size.Height), int(size.Width))
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
