package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	live, end := context.WithCancel(ctx)
	defer end()
	err = s.run(live, engine, func(p plugs) (docker.CloseWaiter, error) {
		attached := make(chan struct{})
		connection, err := engine.AttachToContainerNonBlocking(docker.AttachToContainerOptions{
			Container: c.ID, Stream: true, InputStream: p.in, OutputStream: p.out, ErrorStream: p.errs,
			Stdin: p.in != nil, Stdout: true, Stderr: true, RawTerminal: o.TTY, Success: attached,
		})
		if err == nil {
			go func() {
				<-attached // the engine has answered
				if hasEnded(engine, c.ID) {
					time.AfterFunc(outputEnds, end)
				}
				attached <- struct{}{} // the streams may begin
			}()
		}
		return connection, err
	}, func(size orchestrator.TerminalSize) {
		engine.ResizeContainerTTY(c.ID, int(size.Height), int(size.Width))
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case live.Err() != nil:
		return fmt.Errorf("it %w any more", orchestrator.ErrNotRunning)
	}
	return err
}

// outputEnds is how long the output may go on of a container that had ended by the
// time that the engine attached to it. If it had ended before, that is for ever.
const outputEnds = 10 * time.Second

// hasEnded reports whether a container that ran does not run any more.
func hasEnded(engine *docker.Client, id string) bool {
	c, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: id})
	return isGone(err) || err == nil && !c.State.Running
}
