package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// A pod is decided on again and again: with what was seen, and at what time.
func ExampleDecide() {
	p := &pod.Pod{Meta: labels.Meta{Name: "web"}}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1"}}
	p.Default()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seen := lifecycle.Seen{Listed: true}

	d := lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(d.Status.Phase, d.Start)
	p.Status = d.Status

	// The runtime has started it, and reports that it runs.
	seen.Containers = []lifecycle.Sighting{{
		Container: "main", PodIP: "127.4.0.2",
		State: pod.ContainerState{Running: &pod.Started{StartedAt: now}},
	}}
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(d.Status.Phase, d.Status.PodIP, d.Events[0].Message)
	p.Status = d.Status

	// A minute later it has failed: with policy Always it is started again.
	now = now.Add(time.Minute)
	seen.Containers[0].State = pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1, FinishedAt: now}}
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(d.Status.Phase, d.Start, d.Events[0].Message)

	// Output:
	// Pending [{main 0}]
	// Running 127.4.0.2 Started container main
	// Running [{main 1}] Container main failed with exit code 1
}
