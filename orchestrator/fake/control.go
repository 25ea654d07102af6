package fake

import (
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// SetFaults makes these the faults, in place of all that were: the zero Faults
// lift them. Calls under way feel it at once.
func (r *Runtime) SetFaults(f Faults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Down {
		r.m.Down(time.Now())
		r.missed = true
	}
	r.faults = f
	if r.missed {
		r.hint()
	}
	r.touch()
}

// Faults returns the faults as they were last set.
func (r *Runtime) Faults() Faults {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.faults
}

// Use makes these the scripts of the tries that begin from now on.
func (r *Runtime) Use(s Scripts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Scripts = s
}

// Kill sends a signal to containers from outside: see Machine.Kill.
func (r *Runtime) Kill(pod, container string, signal int) int {
	return r.meddle(func(now time.Time) int { return r.m.Kill(pod, container, signal, now) })
}

// End ends containers from outside: see Machine.End.
func (r *Runtime) End(pod, container string, as Script) int {
	return r.meddle(func(now time.Time) int { return r.m.End(pod, container, as, now) })
}

// Break breaks a volume of pods: see Machine.Break.
func (r *Runtime) Break(pod, fault string) int {
	return r.meddle(func(now time.Time) int { return r.m.Break(pod, fault, now) })
}

// meddle does something to the machine from outside, and hints at it.
func (r *Runtime) meddle(do func(now time.Time) int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := do(time.Now())
	if n > 0 {
		r.hint()
	}
	r.touch()
	return n
}

// Live returns the attempts that run in truth, whatever faults are set; by
// uid, container and attempt.
func (r *Runtime) Live() []orchestrator.ContainerRef {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.Live(time.Now())
}

// Pods returns the uids of the pods that were started and not removed, sorted.
func (r *Runtime) Pods() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.Pods()
}

// Starts returns how often the attempt was executed: see Machine.Starts.
func (r *Runtime) Starts(ref orchestrator.ContainerRef) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.Starts(ref)
}

// Check returns an error for each invariant of the Machine that does not hold.
func (r *Runtime) Check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m.Check(time.Now())
}

// Calls returns how often each method was called so far.
func (r *Runtime) Calls() Calls {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}
