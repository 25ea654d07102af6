package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// decideAndCheck decides, and checks what Decide promises for anything it is given.
func decideAndCheck(t testing.TB, p *pod.Pod, seen lifecycle.Seen, r lifecycle.Rules, now time.Time) lifecycle.Decision {
	t.Helper()
	before, seenBefore := p.Copy(), copySeen(seen)
	d := lifecycle.Decide(p, seen, r, now)
	require.Equal(t, before, p, "the pod was changed")
	require.Equal(t, seenBefore, seen, "the sightings were changed")

	checkPhase(t, p.Status.Phase, d.Status.Phase)
	checkCounts(t, p, seen, d)
	checkStarts(t, p, seen, d)
	checkGone(t, p, seen, d)
	checkHooks(t, d)
	if !d.Changed {
		require.Equal(t, p.Status, d.Status)
	}
	if !d.Wake.IsZero() {
		require.True(t, d.Wake.After(now), "wake %s is not after %s", d.Wake, now)
	}
	checkAgain(t, p, seen, r, now, d)
	return d
}

func copySeen(s lifecycle.Seen) lifecycle.Seen {
	s.Containers = slices.Clone(s.Containers)
	for i := range s.Containers {
		s.Containers[i].State = s.Containers[i].State.Copy()
	}
	s.Probes = slices.Clone(s.Probes)
	s.Hooks = slices.Clone(s.Hooks)
	return s
}

// checkPhase: terminal is for ever, and nothing goes back to Pending.
func checkPhase(t testing.TB, from, to pod.Phase) {
	t.Helper()
	if from.Terminal() {
		require.Equal(t, from, to, "a terminal phase changed")
	}
	if from == pod.Running {
		require.NotEqual(t, pod.Pending, to, "the phase went back")
	}
	require.Contains(t, []pod.Phase{pod.Pending, pod.Running, pod.Succeeded, pod.Failed}, to)
}

// checkCounts: restart counts go up by one, or to what the runtime knows, and
// from there by one.
func checkCounts(t testing.TB, p *pod.Pod, seen lifecycle.Seen, d lifecycle.Decision) {
	t.Helper()
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		was, is := p.Status.Container(c.Name), d.Status.Container(c.Name)
		if was == nil || is == nil {
			continue
		}
		known := was.RestartCount
		for _, s := range seen.Containers {
			if s.Container == c.Name {
				known = max(known, s.Attempt)
			}
		}
		require.GreaterOrEqual(t, is.RestartCount, was.RestartCount, c.Name)
		require.LessOrEqual(t, is.RestartCount, known+1, c.Name)
		if is.RestartCount > was.RestartCount {
			require.False(t, p.Status.Phase.Terminal() || p.Deleting() && is.RestartCount > known, "%s was restarted at the end", c.Name)
		}
	}
}

// checkStarts: nothing starts while an attempt of the same container may live,
// be it recorded or seen; and nothing both starts and stops.
func checkStarts(t testing.TB, p *pod.Pod, seen lifecycle.Seen, d lifecycle.Decision) {
	t.Helper()
	for _, start := range d.Start {
		require.False(t, p.Deleting() || d.Status.Phase.Terminal() || seen.NodeLost != "", "start at the end")
		is := d.Status.Container(start.Container)
		require.NotNil(t, is)
		require.Equal(t, is.RestartCount, start.Attempt)
		require.Nil(t, is.State.Running)
		for _, s := range seen.Containers {
			require.False(t, s.Container == start.Container && s.State.Running != nil, "start %v while %v runs", start, s)
		}
		for _, s := range d.Stop {
			require.NotEqual(t, start.Container, s.Container, "start and stop")
		}
		was := p.Status.Container(start.Container)
		if was == nil || was.State.Running == nil {
			continue
		}
		ended := slices.ContainsFunc(seen.Containers, func(s lifecycle.Sighting) bool {
			return s.Container == was.Name && s.Attempt == was.RestartCount && s.State.Terminated != nil
		})
		require.True(t, ended, "start %v although the end of the recorded attempt was not seen", start)
	}
}

// checkGone: nothing is gone that runs, and a pod with nothing left to stop is gone.
func checkGone(t testing.TB, p *pod.Pod, seen lifecycle.Seen, d lifecycle.Decision) {
	t.Helper()
	if d.Gone {
		require.True(t, p.Deleting() || d.Expired)
		require.Empty(t, d.Stop)
		for _, s := range seen.Containers {
			require.False(t, s.State.Running != nil && seen.NodeLost == "", "gone while %v runs", s)
		}
	}
	if p.Deleting() && seen.NodeLost == "" {
		require.Equal(t, len(d.Stop) == 0 && !hooksBefore(d), d.Gone)
		require.Empty(t, d.Probe)
	}
	if seen.NodeLost != "" {
		require.Empty(t, d.Stop)
		require.True(t, d.Status.Phase.Terminal())
	}
}

// hooksBefore reports whether a container has to run its preStop hook before it is stopped.
func hooksBefore(d lifecycle.Decision) bool {
	return !d.Status.StartTime.IsZero() && slices.ContainsFunc(d.Status.ContainerStatuses, func(s pod.ContainerStatus) bool {
		return s.State.Running != nil && !s.StoppingSince.IsZero() && !s.PreStopped
	})
}

// checkHooks: a hook is only run in an attempt that is recorded as running; and
// nothing is stopped whose preStop hook is to be run first.
func checkHooks(t testing.TB, d lifecycle.Decision) {
	t.Helper()
	for i, h := range d.Hook {
		is := d.Status.Container(h.Container)
		require.NotNil(t, is)
		require.NotNil(t, is.State.Running)
		require.Equal(t, is.RestartCount, h.Attempt)
		require.Nil(t, h.Handler.Sleep, "nobody has to do anything")
		for _, s := range d.Stop {
			require.False(t, s.Container == h.Container && s.Attempt == h.Attempt, "%v is stopped, and %v is to be run", s, h)
		}
		for _, other := range d.Hook[:i] {
			require.NotEqual(t, h.Container, other.Container, "two hooks at once")
		}
		switch h.Kind {
		case lifecycle.PostStart:
			require.False(t, is.Ready || is.PostStarted || is.Started != nil && *is.Started)
			require.Zero(t, h.Timeout)
			require.Empty(t, slices.DeleteFunc(slices.Clone(d.Probe), func(p lifecycle.ProbeDue) bool { return p.Container != h.Container }), "asked before its hook is over")
		case lifecycle.PreStop:
			require.False(t, is.StoppingSince.IsZero() || is.PreStopped)
			require.Positive(t, h.Timeout)
			require.False(t, d.Wake.IsZero(), "nobody looks when its time is over")
		}
	}
}

// checkAgain: deciding on the result gives the same, and changes and tells nothing.
func checkAgain(t testing.TB, p *pod.Pod, seen lifecycle.Seen, r lifecycle.Rules, now time.Time, d lifecycle.Decision) {
	t.Helper()
	next := *p
	next.Status = d.Status
	seen = copySeen(seen)
	for i := range seen.Containers {
		seen.Containers[i].StartFailed = nil
	}
	slices.Reverse(seen.Containers)
	slices.Reverse(seen.Probes)
	again := lifecycle.Decide(&next, seen, r, now)
	require.Equal(t, d.Status, again.Status, "deciding again changes the status")
	require.False(t, again.Changed, "Changed, but nothing is different")
	require.Empty(t, again.Events, "deciding again tells the same again")
	require.Equal(t, d.Start, again.Start)
	require.Equal(t, d.Stop, again.Stop)
	require.Equal(t, d.Probe, again.Probe)
	require.Equal(t, d.Hook, again.Hook)
	require.Equal(t, d.Gone, again.Gone)
	require.Equal(t, d.Expired, again.Expired)
	require.Equal(t, d.Wake, again.Wake)
}
