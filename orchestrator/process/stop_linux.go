package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
)

// slack is how long a supervisor may take over the grace before it counts as
// frozen and the program is killed without it.
const slack = 2 * time.Second

// Stop sends SIGTERM to the program's process group, and SIGKILL to everything
// the program ever started when grace is over or the program has ended. The
// deadline is written down first: the stop goes on where this program dies or
// ctx ends. A later Stop can bring the deadline forward, never put it off.
// Grace 0 or less kills at once.
//
// It returns nil once nothing of the attempt is left, or an error that wraps
// ctx's. An attempt that was prepared but has not begun never will.
func (r *Runtime) Stop(ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error {
	a, err := r.attempt(ref)
	if err == nil {
		err = r.stop(ctx, a, max(grace, 0))
	}
	if err != nil {
		return fmt.Errorf("stop attempt %d of container %q of pod %q: %w", ref.Attempt, ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) stop(ctx context.Context, a attempt, grace time.Duration) error {
	for exists(a.dir) && !exists(a.path(exitFile)) {
		w, err := r.follow(a)
		if err != nil {
			return err
		}
		if w != nil {
			err = r.stopSupervised(ctx, a, w, grace)
		} else {
			err = r.stopAbandoned(ctx, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stopSupervised tells the supervisor and waits for its end.
func (r *Runtime) stopSupervised(ctx context.Context, a attempt, w *watch, grace time.Duration) error {
	deadline, err := a.setDeadline(sinceBoot() + int64(grace))
	if err != nil && exists(a.dir) {
		return err
	}
	w.signal(unix.SIGTERM)
	w.signal(unix.SIGCONT)
	left := time.Duration(deadline-sinceBoot()) + slack
	patience, cancel := context.WithTimeout(ctx, max(left, 0))
	defer cancel()
	if w.wait(patience) == nil {
		r.unwatch(a.dir, w)
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.killFrozen(ctx, a, w)
}

// setDeadline writes down when the program must be gone, and returns that: the
// earlier one where there is one already.
func (a attempt) setDeadline(deadline int64) (int64, error) {
	var old stopRecord
	if err := readJSON(a.path(stopFile), &old); err == nil && old.Deadline <= deadline {
		return old.Deadline, nil
	}
	return deadline, writeJSON(a.path(stopFile), stopRecord{deadline}, 0o644, unsynced)
}

// killFrozen kills a supervisor that does not do its work, and all that it
// started. The program dies with it; what that started is found before, because
// nobody is left to be its parent afterwards.
func (r *Runtime) killFrozen(ctx context.Context, a attempt, w *watch) error {
	pid, _, err := holder(a.path(lockName))
	if err != nil && !isMissing(err) {
		return err
	}
	var below []process
	if pid > 0 {
		below = descendants(processes(), pid)
	}
	w.kill()
	for _, p := range below {
		p.signal(unix.SIGKILL)
	}
	return w.wait(ctx)
}

// stopAbandoned ends an attempt that has no supervisor: it kills what is left of
// one that ran, and makes sure that one that did not never will.
func (r *Runtime) stopAbandoned(ctx context.Context, a attempt) error {
	_, err := r.settle(a)
	if errors.Is(err, errLocked) || errors.Is(err, errAlive) {
		return sleep(ctx, 5*time.Millisecond)
	}
	if isMissing(err) {
		return nil
	}
	return err
}
