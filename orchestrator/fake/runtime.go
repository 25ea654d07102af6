package fake

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Runtime is an orchestrator.Runtime whose containers are played by scripts. It
// is also an orchestrator.Sizer, Warner, Prober and Reporter. The zero value works: every
// container runs until it is stopped.
//
// Its clock is that of package time, so that inside a testing/synctest bubble
// an hour takes no time. A Runtime that was used in a bubble belongs to it.
//
// Set the fields before the first call. All methods are safe for concurrent use.
type Runtime struct {
	// Scripts say what containers do; see Machine. Use changes them later.
	Scripts Scripts
	// Choose is asked before Scripts; see Machine. It is called with a lock
	// held and must not call the Runtime. Default: not asked.
	Choose func(p *pod.Pod, c *pod.Container, try int) (Script, bool)
	// Network that pods get their addresses from. Default: 10.0.0.0/16.
	Network netip.Prefix
	// Size is what Capacity returns. Default: nothing is stated.
	Size pod.Resources
	// Notes are what Warnings returns. Default: none.
	Notes []string

	mu      sync.Mutex
	m       Machine
	faults  Faults
	calls   Calls
	hints   chan struct{}
	missed  bool          // a hint was kept because of faults
	changed chan struct{} // closed and replaced whenever m or faults change
	timer   *time.Timer   // fires when m next changes by itself
	armed   time.Time     // for when the timer is set; zero: it is not
	hinted  int           // what had happened by itself at the last hint
	news    news
}

// Runtime has every ability that a runtime can have.
var (
	_ orchestrator.Runtime = (*Runtime)(nil)
	_ orchestrator.Sizer   = (*Runtime)(nil)
	_ orchestrator.Warner  = (*Runtime)(nil)
	_ orchestrator.Prober  = (*Runtime)(nil)

	_ orchestrator.Reporter = (*Runtime)(nil)
)

// Calls counts the calls of each method, also those that failed.
type Calls struct {
	Start, Stop, Remove, List, Probe int
}

// Start starts an attempt, and returns when its script says so. One whose
// context ends goes on: the container runs when its StartDelay is over, as a
// call that was sent can not be taken back. Starting it again joins it.
func (r *Runtime) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ref := orchestrator.RefTo(p, c.Name)
	if err := r.enter(ctx, &r.calls.Start, &r.faults.StartErr); err != nil {
		return startError(p, ref, err)
	}
	_, failure := r.m.Start(p, c, time.Now())
	r.touch()
	if err := r.pass(ctx, func() time.Time { return r.m.begins(ref) }); err != nil {
		return startError(p, ref, err)
	}
	switch {
	case failure != nil:
		return failure
	case r.m.attempt(ref) == nil && r.m.Starts(ref) == 0:
		return startError(p, ref, errStopped)
	case r.faults.AnswersLost:
		return startError(p, ref, ErrAnswerLost)
	}
	return nil
}

// Stop ends an attempt, and returns when nothing of it runs. One whose context
// ends was still asked to stop, and is killed when grace is over.
func (r *Runtime) Stop(ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.enter(ctx, &r.calls.Stop, &r.faults.StopErr)
	if err == nil {
		_, err = r.m.Stop(ref, grace, time.Now())
		r.touch()
	}
	if err == nil {
		err = r.pass(ctx, func() time.Time { return r.m.ends(ref) })
	}
	if err == nil && r.faults.AnswersLost {
		err = ErrAnswerLost
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", describe(ref), err)
	}
	return nil
}

// Remove kills what runs of the pod and forgets it.
func (r *Runtime) Remove(ctx context.Context, uid string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.enter(ctx, &r.calls.Remove, &r.faults.RemoveErr)
	if err == nil {
		r.m.Remove(uid, time.Now())
		r.touch()
	}
	if err == nil && r.faults.AnswersLost {
		err = ErrAnswerLost
	}
	if err != nil {
		return fmt.Errorf("remove pod %q: %w", uid, err)
	}
	return nil
}

// List returns every attempt that runs and the newest ended one of each
// container, by uid, container and attempt; or the lie that was set.
func (r *Runtime) List(ctx context.Context) ([]orchestrator.ContainerState, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, &r.calls.List, &r.faults.ListErr); err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	return r.faults.Lie.Tell(copied(r.m.List(time.Now()))), nil
}

// Changed returns a channel with room for one hint. One comes when a container
// begins, ends or breaks a volume by itself, when something was done to one
// from outside, and when a fault is lifted that kept one back.
func (r *Runtime) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hinting()
}

// Capacity returns Size.
func (r *Runtime) Capacity(ctx context.Context) (pod.Resources, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return nil, fmt.Errorf("ask for capacity: %w", err)
	}
	return r.Size, nil
}

// Warnings returns Notes.
func (r *Runtime) Warnings() []string { return slices.Clone(r.Notes) }

// Probe answers at once, as the script's WellAfter and SickAfter say, and where
// the container is well as its Exec does of the command. One that is a hook of the
// container is run as the script says of that.
func (r *Runtime) Probe(ctx context.Context, ref orchestrator.ContainerRef, command []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, &r.calls.Probe, &r.faults.ProbeErr); err != nil {
		return fmt.Errorf("probe %s: %w", describe(ref), err)
	}
	if kind, ok := r.m.hookOf(ref, command); ok {
		return r.hook(ctx, ref, kind)
	}
	if err := r.m.Probe(ref, time.Now()); err != nil {
		return err
	}
	exec := r.m.attempt(ref).script.Exec
	if exec == nil {
		return nil
	}
	r.mu.Unlock()
	defer r.mu.Lock()
	code := exec(ctx, orchestrator.ExecOptions{Command: command})
	switch {
	case ctx.Err() != nil:
		return probeError(ref, ctx.Err())
	case code != 0:
		return probeError(ref, fmt.Errorf("exit code %d", code))
	}
	return nil
}

// tick lets happen what is due, and hints at it. The timer calls it.
func (r *Runtime) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = time.Time{}
	r.m.settle(time.Now())
	r.touch()
}

// The methods below are called with the lock held, and return with it held.

// enter counts a call, blocks for as long as the faults make it block, and
// returns the fault of its method. Both pointers lead into r, or are nil.
func (r *Runtime) enter(ctx context.Context, calls *int, fault *error) error {
	if calls != nil {
		*calls++
	}
	due := time.Now().Add(r.faults.Latency)
	if err := r.pass(ctx, func() time.Time { return due }); err != nil {
		return err
	}
	if fault != nil {
		return *fault
	}
	return nil
}

// pass blocks until due has come, and on for as long as calls hang. It fails
// when ctx ends or the machine is out of reach. The lock is free while it waits.
func (r *Runtime) pass(ctx context.Context, due func() time.Time) error {
	for {
		r.prepare()
		now := time.Now()
		r.m.settle(now)
		wait, faults, changed := due().Sub(now), r.faults, r.changed
		deaf := faults.Hang && faults.Deaf
		switch err := ctx.Err(); {
		case deaf:
		case err != nil:
			return err
		case faults.Down, faults.Cut:
			return ErrUnreachable
		case wait <= 0 && !faults.Hang:
			return nil
		}
		r.mu.Unlock()
		await(ctx, wait, faults, changed)
		r.mu.Lock()
	}
}

// await returns when changed is closed, or when the call may go on: the wait is
// over, or its context.
func await(ctx context.Context, wait time.Duration, f Faults, changed <-chan struct{}) {
	var over <-chan time.Time
	if !f.Hang {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	ended := ctx.Done()
	if f.Hang && f.Deaf {
		ended = nil
	}
	select {
	case <-changed:
	case <-over:
	case <-ended:
	}
}

// prepare hands the fields to the machine and makes what the zero value lacks.
func (r *Runtime) prepare() {
	r.m.Scripts, r.m.Choose, r.m.Network = r.Scripts, r.Choose, r.Network
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
}

// touch wakes the calls that wait, hints at what happened by itself, and sets
// the timer for what happens next, after the machine or the faults changed.
func (r *Runtime) touch() {
	r.prepare()
	close(r.changed)
	r.changed = make(chan struct{})
	if r.m.happened != r.hinted {
		r.hinted = r.m.happened
		r.hint()
	}
	next := r.m.Next()
	if next.Equal(r.armed) {
		return
	}
	r.armed = next
	switch {
	case next.IsZero():
		r.timer.Stop()
	case r.timer == nil:
		r.timer = time.AfterFunc(time.Until(next), r.tick)
	default:
		r.timer.Reset(time.Until(next))
	}
}

// hint sends a hint, or keeps it where faults stand in its way.
func (r *Runtime) hint() {
	f := &r.faults
	r.missed = f.Down || f.Cut || f.Hang || f.Mute
	if r.missed {
		return
	}
	select {
	case r.hinting() <- struct{}{}:
	default:
	}
}

func (r *Runtime) hinting() chan struct{} {
	if r.hints == nil {
		r.hints = make(chan struct{}, 1)
	}
	return r.hints
}

// copied returns states that share nothing with the machine.
func copied(states []orchestrator.ContainerState) []orchestrator.ContainerState {
	states = slices.Clone(states)
	for i := range states {
		s := &states[i].State
		if s.Running != nil {
			running := *s.Running
			s.Running = &running
		}
		if s.Terminated != nil {
			terminated := *s.Terminated
			s.Terminated = &terminated
		}
	}
	return states
}
