package fake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Line is something that a container says.
type Line struct {
	After  time.Duration // the start of the container
	Stream orchestrator.Stream
	Text   string // without the line break. Default: an empty line
}

// The abilities of a Runtime beside those that the engine uses. What they do is
// in the scripts, and Faults hold for them too.
var (
	_ orchestrator.Logger        = (*Runtime)(nil)
	_ orchestrator.Executor      = (*Runtime)(nil)
	_ orchestrator.Attacher      = (*Runtime)(nil)
	_ orchestrator.PortForwarder = (*Runtime)(nil)
	_ orchestrator.Meter         = (*Runtime)(nil)
)

// Logs writes what the script says that the container has said by now; with
// Follow the rest as well, when its time comes, until the container ends.
func (r *Runtime) Logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	if err := r.logs(ctx, ref, o); err != nil {
		return fmt.Errorf("read logs of %s: %w", describe(ref), err)
	}
	return nil
}

func (r *Runtime) logs(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	lines, begins, err := r.listen(ctx, ref)
	if err != nil {
		return err
	}
	w := orchestrator.NewLogWriter(o)
	lines = slices.DeleteFunc(lines, func(l Line) bool { return !w.Wants(begins.Add(l.After), l.Stream) })
	written, over, err := 0, false, error(nil)
	if o.Tail != nil {
		said, _, err := r.said(ctx, ref, lines, begins, 0)
		if err != nil {
			return err
		}
		written = max(0, said-*o.Tail)
	}
	for wait := written; ; wait = written + 1 {
		if !o.Follow {
			wait = 0
		}
		said, ended, failed := r.said(ctx, ref, lines, begins, wait)
		for ; written < said && !over; written++ {
			l := lines[written]
			err = w.Write(begins.Add(l.After), l.Stream, []byte(l.Text+"\n"))
			over = err != nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case failed != nil || err != nil:
			return cmp.Or(failed, err)
		case ended || !o.Follow:
			return nil
		}
	}
}

// listen returns what an attempt says in all, in order, and when it began.
func (r *Runtime) listen(ctx context.Context, ref orchestrator.ContainerRef) ([]Line, time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return nil, time.Time{}, err
	}
	a := r.m.logged(ref)
	if a == nil || a.phase == starting {
		return nil, time.Time{}, orchestrator.ErrNoAttempt
	}
	lines := slices.Clone(a.script.Says)
	for i := range lines {
		lines[i].Stream = cmp.Or(lines[i].Stream, orchestrator.Stdout)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.After, b.After) })
	return lines, a.begins, nil
}

// logged returns an attempt whose log is kept: one that is listed, or the one
// before. nil where there is none.
func (m *Machine) logged(ref orchestrator.ContainerRef) *attempt {
	if a := m.attempt(ref); a != nil {
		return a
	}
	if at, known := m.find(ref.UID); known {
		if a := m.pods[at].past[ref.Container]; a != nil && a.ref == ref {
			return a
		}
	}
	return nil
}

// said returns how many of the lines an attempt has said, once that are as many
// as wanted or it has ended.
func (r *Runtime) said(ctx context.Context, ref orchestrator.ContainerRef, lines []Line, begins time.Time, wanted int) (n int, ended bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.pass(ctx, func() time.Time {
		now := time.Now()
		a := r.m.logged(ref)
		ended = a == nil || a.phase != running
		if ended && a != nil {
			now = a.ends
		}
		n = 0
		for n < len(lines) && !begins.Add(lines[n].After).After(now) {
			n++
		}
		switch {
		case ended || n >= wanted:
			return time.Time{}
		case n < len(lines):
			return begins.Add(lines[n].After)
		}
		return time.Now().Add(time.Hour) // the end of the attempt wakes
	})
	return n, ended, err
}

// Exec calls the script's Exec, with the call's own context.
func (r *Runtime) Exec(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error) {
	a, err := r.alive(ctx, ref)
	if err != nil {
		return 0, fmt.Errorf("run a command in %s: %w", describe(ref), err)
	}
	if a.script.Exec == nil {
		return 0, nil
	}
	code := a.script.Exec(ctx, o)
	if ctx.Err() != nil {
		return 0, fmt.Errorf("run a command in %s: %w", describe(ref), ctx.Err())
	}
	return code, nil
}

// Attach calls the script's Attach; by default it passes on what the container
// says from now on, and takes no input.
func (r *Runtime) Attach(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.AttachOptions) error {
	a, err := r.alive(ctx, ref)
	switch {
	case err != nil:
	case a.script.Attach != nil:
		a.script.Attach(ctx, o)
		err = ctx.Err()
	case o.Stdin != nil:
		err = fmt.Errorf("the container takes no input: %w", errors.ErrUnsupported)
	default:
		err = r.logs(ctx, ref, orchestrator.LogOptions{Follow: true, Tail: new(int), Stdout: o.Stdout, Stderr: o.Stderr})
	}
	if err != nil {
		return fmt.Errorf("attach to %s: %w", describe(ref), err)
	}
	return nil
}

// PortForward calls the Dial of the first script of a running container of the
// pod that has one; by default nobody listens.
func (r *Runtime) PortForward(ctx context.Context, uid string, port int) (net.Conn, error) {
	attempts, err := r.allAlive(ctx, uid)
	if err == nil {
		err = fmt.Errorf("port %d: nobody listens", port)
	}
	for _, a := range attempts {
		if a.script.Dial != nil {
			return a.script.Dial(ctx, port)
		}
	}
	return nil, fmt.Errorf("connect to pod %q: %w", uid, err)
}

// Stats returns what the scripts say that the containers use, with processor
// time for as long as they run.
func (r *Runtime) Stats(ctx context.Context, uid string) (orchestrator.PodStats, error) {
	attempts, err := r.allAlive(ctx, uid)
	if err != nil {
		return orchestrator.PodStats{}, fmt.Errorf("measure pod %q: %w", uid, err)
	}
	stats := orchestrator.PodStats{At: time.Now().Round(0)}
	for _, a := range attempts {
		used := a.script.Uses
		used.ContainerRef = a.ref
		used.CPU = time.Duration(a.script.Cores * float64(stats.At.Sub(a.begins)))
		stats.Containers = append(stats.Containers, used)
	}
	return stats, nil
}

// alive returns an attempt that runs.
func (r *Runtime) alive(ctx context.Context, ref orchestrator.ContainerRef) (*attempt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return nil, err
	}
	if a := r.m.attempt(ref); a != nil && a.phase == running {
		return a, nil
	}
	return nil, orchestrator.ErrNotRunning
}

// allAlive returns the attempts of a pod that run: at least one.
func (r *Runtime) allAlive(ctx context.Context, uid string) ([]*attempt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return nil, err
	}
	var alive []*attempt
	if at, known := r.m.find(uid); known {
		for _, a := range r.m.pods[at].attempts {
			if a.phase == running {
				alive = append(alive, a)
			}
		}
	}
	if len(alive) == 0 {
		return nil, orchestrator.ErrNotRunning
	}
	return alive, nil
}
