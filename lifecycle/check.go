package lifecycle

import (
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// check finds out how well a container is, and lists the probes that it needs.
// What is being stopped is asked nothing.
func (x *decider) check(g *group, c *pod.Container, s *pod.ContainerStatus) {
	switch {
	case s.State.Running == nil:
		setStarted(s, false)
		s.Ready = g.init && isDone(s)
		return
	case x.over || x.doomed || x.seen.Listed && x.unaccounted(s):
		s.Ready = false
		return
	case x.pod.Deleting(): // what it said last holds until it ends
		return
	}
	if s.Unhealthy == "" && s.Image != c.Image && x.pod.Spec.RestartPolicy != pod.RestartNever {
		s.Unhealthy = "its image was changed to " + c.Image
		s.BackOff = 0
	}
	if s.Unhealthy == "" {
		x.probe(c, s)
	}
	if s.Unhealthy != "" {
		s.Ready = false
	}
}

// probe goes through what a running container is asked: its postStart hook and
// its startup probe come first; once it is up, liveness and readiness.
func (x *decider) probe(c *pod.Container, s *pod.ContainerStatus) {
	if !x.postStart(c, s) {
		s.Ready = false
		return
	}
	if p := c.StartupProbe; p != nil && !isStarted(s) {
		switch good, bad, message := x.results(p, s, Startup); {
		case bad:
			x.condemn(s, Startup, message)
			return
		case !good:
			s.Ready = false
			x.ask(c, s, Startup, p)
			return
		}
	}
	setStarted(s, true)
	if p := c.LivenessProbe; p != nil {
		if _, bad, message := x.results(p, s, Liveness); bad {
			x.condemn(s, Liveness, message)
			return
		}
		x.ask(c, s, Liveness, p)
	}
	x.probeReadiness(c, s)
}

// probeReadiness keeps what was known until one of the thresholds is reached.
func (x *decider) probeReadiness(c *pod.Container, s *pod.ContainerStatus) {
	p := c.ReadinessProbe
	if p == nil {
		s.Ready = true
		return
	}
	good, bad, message := x.results(p, s, Readiness)
	if bad && s.Ready {
		x.event(labels.Warning, EventUnhealthy, "Container "+s.Name+": "+failure(Readiness, message))
	}
	s.Ready = good || s.Ready && !bad
	x.ask(c, s, Readiness, p)
}

// results says whether enough successes or failures in a row were seen of a
// probe of the current attempt, and what the latest failure was.
func (x *decider) results(p *pod.Probe, s *pod.ContainerStatus, kind ProbeKind) (good, bad bool, message string) {
	for i := range x.seen.Probes {
		r := &x.seen.Probes[i]
		if r.Container != s.Name || r.Attempt != s.RestartCount || r.Kind != kind {
			continue
		}
		if r.Failures >= orThreshold(p.FailureThreshold, 3) {
			return false, true, r.Message
		}
		return r.Successes >= orThreshold(p.SuccessThreshold, 1), false, ""
	}
	return false, false, ""
}

func orThreshold(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// condemn records that the attempt must be killed.
func (x *decider) condemn(s *pod.ContainerStatus, kind ProbeKind, message string) {
	s.Unhealthy = failure(kind, message)
	x.event(labels.Warning, EventUnhealthy, "Container "+s.Name+": "+s.Unhealthy)
}

// failure reads `liveness probe failed: …`.
func failure(kind ProbeKind, message string) string {
	text := strings.ToLower(string(kind)) + " probe failed"
	if message == "" {
		return text
	}
	return text + ": " + message
}

// ask lists a probe.
func (x *decider) ask(c *pod.Container, s *pod.ContainerStatus, kind ProbeKind, p *pod.Probe) {
	if x.Probe == nil {
		x.Probe = make([]ProbeDue, 0, 2*len(x.mains.specs))
	}
	x.Probe = append(x.Probe, ProbeDue{
		Container: c.Name, Attempt: s.RestartCount, Kind: kind, Probe: p,
		NotBefore: s.State.Running.StartedAt.Add(seconds(max(p.InitialDelaySeconds, 0))),
	})
}

// isStarted reports whether the container has come up, as far as its startup probe can tell.
func isStarted(s *pod.ContainerStatus) bool { return s.Started != nil && *s.Started }

func setStarted(s *pod.ContainerStatus, started bool) {
	if isStarted(s) != started {
		s.Started = new(started)
	}
}
