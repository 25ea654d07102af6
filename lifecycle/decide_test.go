package lifecycle_test

import (
	"testing"

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
