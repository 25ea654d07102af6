package lifecycle_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// Statuses are those of the spec's containers, in its order, whatever somebody wrote there.
func TestStatusesFollowTheSpec(t *testing.T) {
	p, seen, now := healthy(3, false)
	s := p.Status.ContainerStatuses
	p.Status.ContainerStatuses = []pod.ContainerStatus{s[2], {Name: "stranger"}, s[0]}
	d := decideAndCheck(t, p, lifecycle.Seen{}, lifecycle.Rules{}, now)
	require.True(t, d.Changed)
	require.Len(t, d.Status.ContainerStatuses, 3)
	require.Equal(t, s[0], d.Status.ContainerStatuses[0])
	require.Equal(t, "b", d.Status.ContainerStatuses[1].Name)
	require.NotNil(t, d.Status.ContainerStatuses[1].State.Waiting)
	require.Equal(t, s[2], d.Status.ContainerStatuses[2])

	d = decideAndCheck(t, p, seen, lifecycle.Rules{}, now)
	require.NotNil(t, d.Status.ContainerStatuses[1].State.Running)
}

// A pod without containers is survived; validation refuses it.
func TestNoContainers(t *testing.T) {
	p := &pod.Pod{}
	d := decideAndCheck(t, p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, t0)
	require.Equal(t, pod.Pending, d.Status.Phase)
	require.Empty(t, d.Start)
}

// What the status says of a volume or a deadline is not forgotten with a restart.
func TestDoomIsRemembered(t *testing.T) {
	for _, reason := range []string{lifecycle.VolumeFailed, lifecycle.DeadlineExceeded} {
		p, seen, now := healthy(1, false)
		p.Status.Reason = reason
		d := decideAndCheck(t, p, seen, lifecycle.Rules{}, now)
		require.Len(t, d.Stop, 1)
		require.False(t, d.Status.Is(pod.Ready))
		require.Empty(t, d.Events)
	}
}

// What is new in a list has happened since the list before it, whatever the
// clock of the machine says; how long an attempt ran is believed.
func TestClockOfAMachineThatIsBehind(t *testing.T) {
	p, seen, now := healthy(1, false)
	p.CreationTimestamp, p.Status.StartTime = t0.AddDate(-1, 0, 0), t0.AddDate(-1, 0, 0)
	now = now.Add(time.Hour)
	since := now.Add(-10 * time.Second)
	long := now.Add(-300 * time.Hour)
	end := func(startedAt, finishedAt time.Time) lifecycle.Seen {
		s := seen.Containers[0]
		s.State = pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1, StartedAt: startedAt, FinishedAt: finishedAt}}
		return lifecycle.Seen{Listed: true, Since: since, Containers: []lifecycle.Sighting{s}}
	}
	for _, row := range []struct {
		name           string
		at, want       time.Time
		ran, wantedRun time.Duration
		neverSeen      bool // running
	}{
		{name: "long ago", at: long, want: now, ran: time.Second, wantedRun: time.Second, neverSeen: true},
		{name: "just before the last list", at: since.Add(-1), want: now, ran: time.Hour, wantedRun: time.Hour, neverSeen: true},
		{name: "since the last list", at: since, want: since, ran: time.Second, wantedRun: time.Second, neverSeen: true},
		{name: "it was seen running", at: long, want: now, ran: time.Second, wantedRun: now.Sub(p.Status.ContainerStatuses[0].State.Running.StartedAt)},
	} {
		q := p.Copy()
		if row.neverSeen {
			q.Status.ContainerStatuses[0].State = pod.ContainerState{Waiting: &pod.Waiting{Reason: lifecycle.ContainerCreating}}
		}
		d := decideAndCheck(t, q, end(row.at.Add(-row.ran), row.at), lifecycle.Rules{}, now)
		got := d.Status.ContainerStatuses[0].LastState.Terminated
		require.NotNil(t, got, row.name)
		require.Equal(t, row.want, got.FinishedAt, row.name)
		require.Equal(t, row.wantedRun, got.FinishedAt.Sub(got.StartedAt), row.name)
	}
}

// The last words of a container may be long; an event holds their end.
func TestEventOfLongMessage(t *testing.T) {
	p := &pod.Pod{}
	p.Spec.NodeName, p.Spec.RestartPolicy = "n", pod.RestartNever
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "i"}}
	message := strings.Repeat("€", 1365) + "\n"
	d := lifecycle.Decide(p, lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{{
		Container: "main", State: pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1, Message: message}},
	}}}, lifecycle.Rules{}, t0)
	told := d.Events[len(d.Events)-1].Message
	require.Less(t, len(told), 1100)
	require.True(t, utf8.ValidString(told))
	require.True(t, strings.HasSuffix(told, "€€€"))
	require.Equal(t, message, d.Status.ContainerStatuses[0].State.Terminated.Message, "the status has all of it")
}
