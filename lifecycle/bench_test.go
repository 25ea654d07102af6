package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// healthy returns a pod that has run for a while, and what is seen of it.
func healthy(containers int, probes bool) (*pod.Pod, lifecycle.Seen, time.Time) {
	p := &pod.Pod{Meta: labels.Meta{Name: "web", Annotations: map[string]string{pod.BackOffBaseAnnotation: "1s"}}}
	p.Spec.NodeName = "n1"
	seen := lifecycle.Seen{Listed: true}
	for _, name := range []string{"a", "b", "c", "d"}[:containers] {
		c := pod.Container{Name: name, Image: "img"}
		if probes {
			c.LivenessProbe, c.ReadinessProbe = &pod.Probe{}, &pod.Probe{}
			seen.Probes = append(seen.Probes,
				lifecycle.Probing{Container: name, Kind: lifecycle.Liveness, Successes: 3},
				lifecycle.Probing{Container: name, Kind: lifecycle.Readiness, Successes: 3})
		}
		p.Spec.Containers = append(p.Spec.Containers, c)
		seen.Containers = append(seen.Containers, lifecycle.Sighting{
			Container: name, ID: name, PodIP: "10.0.0.1",
			State: pod.ContainerState{Running: &pod.Started{StartedAt: t0}},
		})
	}
	p.Default()
	for range 2 {
		p.Status = lifecycle.Decide(p, seen, lifecycle.Rules{}, t0).Status
	}
	return p, seen, t0.Add(time.Minute)
}

func TestSteadyAllocations(t *testing.T) {
	for _, tt := range []struct {
		containers int
		probes     bool
		most       float64
	}{{1, false, 0}, {4, false, 0}, {1, true, 1}, {4, true, 1}} {
		p, seen, now := healthy(tt.containers, tt.probes)
		require.True(t, p.Status.Is(pod.Ready))
		require.False(t, lifecycle.Decide(p, seen, lifecycle.Rules{}, now).Changed)
		allocs := testing.AllocsPerRun(100, func() { lifecycle.Decide(p, seen, lifecycle.Rules{}, now) })
		require.LessOrEqual(t, allocs, tt.most, "%+v", tt)
	}
}

func BenchmarkDecide(b *testing.B) {
	for name, tt := range map[string]struct {
		containers int
		probes     bool
	}{"steady/1": {1, false}, "steady/4": {4, false}, "steady/1/probes": {1, true}} {
		b.Run(name, func(b *testing.B) {
			p, seen, now := healthy(tt.containers, tt.probes)
			b.ReportAllocs()
			for b.Loop() {
				lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
			}
		})
	}
	b.Run("first", func(b *testing.B) {
		p, _, now := healthy(1, false)
		p.Status = pod.Status{}
		b.ReportAllocs()
		for b.Loop() {
			lifecycle.Decide(p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, now)
		}
	})
	b.Run("restart", func(b *testing.B) {
		p, seen, now := healthy(1, false)
		seen.Containers[0].State = pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1, FinishedAt: now}}
		b.ReportAllocs()
		for b.Loop() {
			lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
		}
	})
}
