package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// ask says what a decision wants to know.
func ask(due []lifecycle.ProbeDue) string {
	text := ""
	for _, q := range due {
		text += fmt.Sprintf("%s/%d %s; ", q.Container, q.Attempt, q.Kind)
	}
	return text
}

// The caller probes what is due, and counts results; Decide says what they mean.
func ExampleProbing() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	p := &pod.Pod{}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1", LivenessProbe: &pod.Probe{FailureThreshold: 2}, ReadinessProbe: &pod.Probe{}}}
	p.Default()
	seen := lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{{
		Container: "main", State: pod.ContainerState{Running: &pod.Started{StartedAt: now}},
	}}}

	d := lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(ask(d.Probe), d.Status.Is(pod.Ready))
	p.Status = d.Status

	seen.Probes = []lifecycle.Probing{{Container: "main", Kind: lifecycle.Readiness, Successes: 1}}
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(ask(d.Probe), d.Status.Is(pod.Ready))
	p.Status = d.Status

	seen.Probes = append(seen.Probes, lifecycle.Probing{Container: "main", Kind: lifecycle.Liveness, Failures: 2, Message: "HTTP 500"})
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(d.Stop[0].Reason, d.Stop[0].Message, d.Status.Is(pod.Ready))

	// Output:
	// main/0 Liveness; main/0 Readiness;  false
	// main/0 Liveness; main/0 Readiness;  true
	// Unhealthy liveness probe failed: HTTP 500 false
}
