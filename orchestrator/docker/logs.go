package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Logs reads the log that the engine keeps of an attempt, as long as its
// container is kept. Tail counts the lines of both streams. What is said is read as
// the engine cuts it: a long line in pieces of 16 KiB.
func (r *Runtime) Logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	if err := r.logs(ctx, ref, o); err != nil {
		return fmt.Errorf("read logs of container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	engine, c, err := r.find(ctx, ref)
	if err != nil {
		return err
	}
	tail := "all"
	if o.Tail != nil {
		tail = strconv.Itoa(*o.Tail)
	}
	w := orchestrator.NewLogWriter(o)
	out, errs := &logPieces{w: w, stream: orchestrator.Stdout}, &logPieces{w: w, stream: orchestrator.Stderr}
	options := docker.LogsOptions{
		Context: ctx, Container: c.ID, Follow: o.Follow, Tail: tail, Timestamps: true,
		Stdout: o.Stdout != nil, Stderr: o.Stderr != nil && !c.Config.Tty,
		OutputStream: out, ErrorStream: errs, RawTerminal: c.Config.Tty,
	}
	if !o.Since.IsZero() {
		options.Since = o.Since.Unix() // a second at most too early: the writer leaves that out
	}
	if !options.Stdout && !options.Stderr {
		return nil
	}
	err = engine.Logs(options)
	out.flush()
	errs.flush()
	switch failed := errors.Join(out.failed, errs.failed); {
	case errors.Is(failed, io.EOF): // as much as was asked for
		return nil
	case failed != nil:
		return failed
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// find returns the container of an attempt.
func (r *Runtime) find(ctx context.Context, ref orchestrator.ContainerRef) (*docker.Client, *docker.Container, error) {
	engine, err := r.engine(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{Context: ctx, ID: r.name(ref)})
	switch {
	case isGone(err):
		return nil, nil, orchestrator.ErrNoAttempt
	case err != nil:
		return nil, nil, err
	case c.Config.Labels[labelInstance] != r.config.Instance || c.Config.Labels[labelNode] != r.node || !everStarted(c):
		return nil, nil, orchestrator.ErrNoAttempt
	}
	return engine, c, nil
}

// findRunning returns the container of an attempt that runs.
func (r *Runtime) findRunning(ctx context.Context, ref orchestrator.ContainerRef) (*docker.Client, *docker.Container, error) {
	engine, c, err := r.find(ctx, ref)
	if errors.Is(err, orchestrator.ErrNoAttempt) || err == nil && !c.State.Running {
		return nil, nil, fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	}
	return engine, c, err
}

// logPieces gets one stream of a log from the engine: a time, a space and a
// line, or a piece of one, in each write. A terminal's come in any pieces.
type logPieces struct {
	w      *orchestrator.LogWriter
	stream orchestrator.Stream
	rest   []byte // the beginning of a line
	failed error
}

func (p *logPieces) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for len(p.rest) > 0 && p.failed == nil {
		end := bytes.IndexByte(p.rest, '\n') + 1
		if end == 0 {
			if len(p.rest) < 16<<10 {
				break // it goes on, or it is the last line: see flush
			}
			end = len(p.rest)
		}
		p.piece(p.rest[:end])
		p.rest = p.rest[end:]
	}
	if p.failed != nil {
		return 0, p.failed
	}
	return len(b), nil
}

func (p *logPieces) piece(line []byte) {
	when, text, _ := bytes.Cut(line, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(when))
	if err != nil {
		text = line
	}
	p.failed = p.w.Write(at, p.stream, text)
}

// flush passes on a last line without an end.
func (p *logPieces) flush() {
	if len(p.rest) > 0 && p.failed == nil {
		p.piece(p.rest)
		p.rest = nil
	}
}
