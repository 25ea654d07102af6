package fake

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Kill sends a signal from outside to what is alive of a container, and
// returns how many attempts got it. pod is a uid, or a pattern of a name or of
// namespace/name as in Rule; container is a pattern of its name; empty means
// all. SIGTERM (15) is a request, as the first half of a Stop; every other signal kills.
func (m *Machine) Kill(pod, container string, signal int, now time.Time) int {
	return m.eachAlive(pod, container, now, func(a *attempt) {
		switch {
		case signal != int(syscall.SIGTERM):
			a.endBy(now, killed(signal))
		case !a.script.IgnoresTerm:
			a.endBy(now.Add(max(a.script.StopDelay, 0)), a.script.stopped())
		}
	})
}

// End ends what is alive of a container at once, as the script says: by its
// ExitCode, Signal, OOM, Reason and Message. pod and container as in Kill. It
// returns how many attempts ended.
func (m *Machine) End(pod, container string, as Script, now time.Time) int {
	return m.eachAlive(pod, container, now, func(a *attempt) { a.endBy(now, as.ending()) })
}

// Break breaks a volume of the pods that match, and returns how many they are;
// fault says what broke. pod as in Kill. Their containers live on, and no more
// can be started. An empty fault mends the volume.
func (m *Machine) Break(pod, fault string, now time.Time) int {
	m.settle(now)
	n := 0
	for _, h := range m.pods {
		if matchesPod(pod, h.uid, h.namespace, h.name) {
			h.fault, m.shown = fault, nil
			n++
		}
	}
	return n
}

// Down is a loss of power: nothing runs any more, and every memory of pods is
// gone. The machine is up again and empty when it returns.
func (m *Machine) Down(now time.Time) {
	m.settle(now)
	m.pods, m.queue, m.ips, m.shown = nil, nil, addresses{}, nil
	m.boot++
}

// Live returns the attempts that run, by uid, container and attempt.
func (m *Machine) Live(now time.Time) []orchestrator.ContainerRef {
	m.settle(now)
	var live []orchestrator.ContainerRef
	for _, h := range m.pods {
		for _, a := range h.attempts {
			if a.phase == running {
				live = append(live, a.ref)
			}
		}
	}
	return live
}

// Starts returns how often the attempt was executed: 0 or 1, and more only
// where the machine lost its memory or the pod was removed in between. Nothing
// makes it forget that.
func (m *Machine) Starts(ref orchestrator.ContainerRef) int { return m.starts[ref].times }

// Check returns an error for each invariant that does not hold, joined.
func (m *Machine) Check(now time.Time) error {
	var errs []error
	for _, ref := range m.twice {
		errs = append(errs, fmt.Errorf("check machine: invariant 1: %s was executed twice", describe(ref)))
	}
	m.settle(now)
	for _, h := range m.pods {
		var last *attempt // of those that run, which are in the order of their containers
		for _, a := range h.attempts {
			if a.phase != running {
				continue
			}
			if last != nil && last.ref.Container == a.ref.Container {
				errs = append(errs, fmt.Errorf("check machine: invariant 2: %s and attempt %d are both alive", describe(last.ref), a.ref.Attempt))
			}
			last = a
		}
	}
	return errors.Join(errs...)
}

// Probe answers an exec probe at once, as WellAfter and SickAfter say.
func (m *Machine) Probe(ref orchestrator.ContainerRef, now time.Time) error {
	m.settle(now)
	a := m.attempt(ref)
	if a == nil || a.phase != running {
		return probeError(ref, errors.New("it does not run"))
	}
	age := now.Sub(a.begins)
	switch s := a.script; {
	case age < s.WellAfter:
		return probeError(ref, errors.New("not well yet"))
	case s.SickAfter > 0 && age >= s.SickAfter:
		return probeError(ref, errors.New("sick"))
	}
	return nil
}

func probeError(ref orchestrator.ContainerRef, err error) error {
	return fmt.Errorf("probe %s: %w", describe(ref), err)
}

// eachAlive calls do for what is alive of the containers that match, and
// returns how many that is.
func (m *Machine) eachAlive(pod, container string, now time.Time, do func(a *attempt)) int {
	m.settle(now)
	n := 0
	for _, h := range m.pods {
		for _, a := range h.attempts {
			if a.phase == running && matchesPod(pod, h.uid, h.namespace, h.name) && (container == "" || match(container, a.ref.Container)) {
				do(a)
				m.queue.put(a)
				n++
			}
		}
	}
	m.advance(now)
	return n
}
