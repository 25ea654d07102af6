package fake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Hook is what becomes of a hook of a container, whatever its handler says. The
// zero value succeeds at once.
type Hook struct {
	// Takes is how long it takes. Default: no time.
	Takes time.Duration
	// Err is what it comes to. Default: it succeeds.
	Err error
}

// hookRun names one hook of one attempt.
type hookRun struct {
	ref  orchestrator.ContainerRef
	kind lifecycle.HookKind
}

// Hook runs a hook of an attempt, as the script says, and counts that. done is
// when it comes to err: now where the attempt does not run. What comes of it
// when the attempt ends before done is for the caller to decide.
func (m *Machine) Hook(ref orchestrator.ContainerRef, kind lifecycle.HookKind, now time.Time) (done time.Time, err error) {
	m.settle(now)
	a := m.attempt(ref)
	if a == nil || a.phase != running {
		return now, hookError(ref, kind, errors.New("it does not run"))
	}
	if m.hooks == nil {
		m.hooks = make(map[hookRun]int)
	}
	m.hooks[hookRun{ref, kind}]++
	script := a.script.PostStart
	if kind == lifecycle.PreStop {
		script = a.script.PreStop
	}
	if script.Err != nil {
		err = hookError(ref, kind, script.Err)
	}
	return now.Add(max(script.Takes, 0)), err
}

// Hooks returns how often a hook of an attempt was run.
func (m *Machine) Hooks(ref orchestrator.ContainerRef, kind lifecycle.HookKind) int {
	return m.hooks[hookRun{ref, kind}]
}

func hookError(ref orchestrator.ContainerRef, kind lifecycle.HookKind, err error) error {
	return fmt.Errorf("%s of %s: %w", kind, describe(ref), err)
}

// hookOf returns which hook of a running attempt a command is, if it is one.
func (m *Machine) hookOf(ref orchestrator.ContainerRef, command []string) (lifecycle.HookKind, bool) {
	a := m.attempt(ref)
	if a == nil || a.hooks == nil {
		return "", false
	}
	is := func(h *pod.Handler) bool { return h != nil && h.Exec != nil && slices.Equal(h.Exec.Command, command) }
	switch {
	case is(a.hooks.PostStart):
		return lifecycle.PostStart, true
	case is(a.hooks.PreStop):
		return lifecycle.PreStop, true
	}
	return "", false
}

// Hooks returns how often a hook of an attempt was run: one that is an exec, as
// the orchestrator does the others itself.
func (r *Runtime) Hooks(ref orchestrator.ContainerRef, kind lifecycle.HookKind) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.Hooks(ref, kind)
}

// hook runs an exec hook: as long as its script says, and no longer than its
// attempt. It is called with the lock held.
func (r *Runtime) hook(ctx context.Context, ref orchestrator.ContainerRef, kind lifecycle.HookKind) error {
	done, err := r.m.Hook(ref, kind, time.Now())
	over := r.pass(ctx, func() time.Time {
		if a := r.m.attempt(ref); a == nil || a.phase != running {
			return time.Time{}
		}
		return done
	})
	return cmp.Or(over, err)
}
