package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// A pod that has ended keeps its disk from others, so it does not stay for long.
func TestPodWithADiskExpiresSoon(t *testing.T) {
	ended := time.Unix(1_700_000_000, 0).UTC()
	over := func(v pod.Volume) *pod.Pod {
		p := &pod.Pod{
			Spec: pod.Spec{RestartPolicy: pod.RestartNever, Volumes: []pod.Volume{v}, Containers: []pod.Container{{Name: "main", Image: "i"}}},
			Status: pod.Status{Phase: pod.Failed, StartTime: ended.Add(-time.Hour), ContainerStatuses: []pod.ContainerStatus{{
				Name: "main", State: pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1, FinishedAt: ended}},
			}}},
		}
		p.Default()
		return p
	}
	disk := over(pod.Volume{Name: "v", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "d"}})
	other := over(pod.Volume{Name: "v"})
	seen := lifecycle.Seen{Listed: true}
	for _, ttl := range []time.Duration{0, time.Hour, -1} {
		rules := lifecycle.Rules{TerminatedTTL: ttl}
		d := lifecycle.Decide(disk, seen, rules, ended.Add(9*time.Second))
		require.False(t, d.Gone)
		require.Equal(t, ended.Add(10*time.Second), d.Wake)
		require.True(t, lifecycle.Decide(disk, seen, rules, ended.Add(10*time.Second)).Gone)
		require.False(t, lifecycle.Decide(other, seen, rules, ended.Add(10*time.Second)).Gone)
	}
	require.True(t, lifecycle.Decide(disk, seen, lifecycle.Rules{TerminatedTTL: time.Second}, ended.Add(time.Second)).Gone)
}
