package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// stopAttempts stops what should not run of one container, and returns how many
// attempts may be running. On a lost node nothing can be stopped.
func (x *decider) stopAttempts(c *pod.Container, s *pod.ContainerStatus) (live int) {
	if x.seen.NodeLost != "" {
		return 0
	}
	first := len(x.Stop)
	for i := range x.seen.Containers {
		seen := &x.seen.Containers[i]
		if seen.Container != c.Name || seen.State.Running == nil {
			continue
		}
		live++
		if reason := x.whyStop(s, seen.Attempt); reason != "" {
			stop := Stop{Container: c.Name, Attempt: seen.Attempt, Reason: reason}
			var wait bool
			if stop.Grace, wait = x.preStop(c, s, stop); !wait {
				x.stop(first, stop, s.Unhealthy)
			}
		}
	}
	if x.unaccounted(s) {
		live++
		reason := x.whyStop(s, s.RestartCount)
		if reason == "" && x.seen.Listed {
			reason = StopLost
		}
		if reason != "" {
			x.stop(first, Stop{Container: c.Name, Attempt: s.RestartCount, Reason: reason, Grace: x.graceOf(c, s, reason), Lost: true}, s.Unhealthy)
		}
	}
	x.sortStops(first)
	return live
}

// unaccounted reports whether the recorded attempt may run although nothing was
// seen of it: it was running, or, where nobody has listed what runs, it may
// have been started.
func (x *decider) unaccounted(s *pod.ContainerStatus) bool {
	maybe := s.State.Running != nil || x.stopping() && !x.seen.Listed && waitsFor(s, ContainerCreating)
	if !maybe {
		return false
	}
	seen := x.sighting(s.Name, s.RestartCount)
	return seen == nil || seen.weight() < 2
}

// whyStop returns why an attempt that may run should not; empty if it should.
func (x *decider) whyStop(s *pod.ContainerStatus, attempt int) string {
	switch {
	case x.pod.Deleting():
		return StopDeleted
	case x.stopping():
		return StopEnded
	case attempt < s.RestartCount:
		return StopOutdated
	case attempt > s.RestartCount: // recorded once the older one has ended
		return ""
	case s.State.Running == nil || x.newest(s.Name) > attempt:
		return StopOutdated
	case s.Unhealthy != "":
		return StopUnhealthy
	}
	return ""
}

// stopStrangers stops what runs of containers that the pod does not have.
func (x *decider) stopStrangers() {
	if x.seen.NodeLost != "" {
		return
	}
	first := len(x.Stop)
	for i := range x.seen.Containers {
		s := &x.seen.Containers[i]
		if s.State.Running == nil || x.knows(s.Container) {
			continue
		}
		x.live++
		reason := StopStranger
		if x.pod.Deleting() {
			reason = StopDeleted
		}
		x.stop(first, Stop{Container: s.Container, Attempt: s.Attempt, Reason: reason, Grace: x.grace()}, "")
	}
	x.sortStops(first)
}

func (x *decider) knows(name string) bool {
	for _, g := range [...]*group{&x.inits, &x.mains} {
		for i := range g.list {
			if g.list[i].Name == name {
				return true
			}
		}
	}
	return false
}

// stop asks for a stop, once for each attempt since the first of the list.
func (x *decider) stop(first int, s Stop, unhealthy string) {
	for i := first; i < len(x.Stop); i++ {
		if x.Stop[i].Attempt == s.Attempt && x.Stop[i].Container == s.Container {
			return
		}
	}
	s.Message = x.because(s.Reason, unhealthy)
	x.Stop = append(x.Stop, s)
}

// sortStops makes the order of sightings not matter.
func (x *decider) sortStops(first int) {
	if tail := x.Stop[first:]; len(tail) > 1 {
		slices.SortFunc(tail, func(a, b Stop) int {
			return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Attempt, b.Attempt))
		})
	}
}

// because puts the reason of a stop into words.
func (x *decider) because(reason, unhealthy string) string {
	switch reason {
	case StopDeleted:
		return "the pod is being deleted"
	case StopEnded:
		if x.Status.Reason != "" {
			return "the pod has failed: " + x.Status.Reason
		}
		return "the pod has ended"
	case StopOutdated:
		return "this attempt was given up"
	case StopStranger:
		return "the pod has no such container"
	case StopLost:
		return "it should run, but its runtime does not know of it"
	default:
		return unhealthy
	}
}

// grace is the time that a container of the pod has between being asked to end
// and being killed: none where a volume broke, and none beyond the moment at
// which the pod is to be gone.
func (x *decider) grace() time.Duration {
	grace := x.podGrace()
	if x.pod.Deleting() {
		grace = min(grace, x.pod.DeletionTimestamp.Sub(x.now))
	}
	return max(grace, 0)
}

// podGrace is the time that the pod gives its containers, whatever has passed of it.
func (x *decider) podGrace() time.Duration {
	if x.doomed && x.Status.Reason == VolumeFailed {
		return 0
	}
	grace := 30 * time.Second
	if g := x.pod.Spec.TerminationGracePeriodSeconds; g != nil {
		grace = seconds(*g)
	}
	if g := x.pod.DeletionGracePeriodSeconds; x.pod.Deleting() && g != nil {
		grace = seconds(*g)
	}
	return max(grace, 0)
}

// graceOf is grace for one container: what was found unhealthy may have less.
func (x *decider) graceOf(c *pod.Container, s *pod.ContainerStatus, reason string) time.Duration {
	if own, ok := x.ownGrace(c, s, reason); ok {
		return own
	}
	return x.grace()
}

// mostGrace is graceOf, whatever has passed of it.
func (x *decider) mostGrace(c *pod.Container, s *pod.ContainerStatus, reason string) time.Duration {
	if own, ok := x.ownGrace(c, s, reason); ok {
		return own
	}
	return x.podGrace()
}

// ownGrace is what the probe that condemned a container says.
func (x *decider) ownGrace(c *pod.Container, s *pod.ContainerStatus, reason string) (time.Duration, bool) {
	if reason != StopUnhealthy || s.Image != c.Image {
		return 0, false
	}
	probe := c.LivenessProbe
	if !isStarted(s) {
		probe = c.StartupProbe
	}
	if probe == nil || probe.TerminationGracePeriodSeconds == nil {
		return 0, false
	}
	return max(seconds(*probe.TerminationGracePeriodSeconds), 0), true
}
