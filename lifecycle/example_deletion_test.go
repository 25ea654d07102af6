package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// A pod that is to go: its containers are asked to end, and it is gone once they have.
func ExampleDecide_deletion() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	p := &pod.Pod{}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1"}}
	p.Default()
	seen := lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{{
		Container: "main", State: pod.ContainerState{Running: &pod.Started{StartedAt: now}},
	}}}
	p.Status = lifecycle.Decide(p, seen, lifecycle.Rules{}, now).Status

	p.DeletionTimestamp = now.Add(10 * time.Second)
	d := lifecycle.Decide(p, seen, lifecycle.Rules{}, now.Add(4*time.Second))
	fmt.Println(d.Stop[0].Container, d.Stop[0].Grace, d.Gone)

	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, d.Wake)
	fmt.Println(d.Stop[0].Container, d.Stop[0].Grace, d.Gone)

	seen.Containers[0].State = pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 137, Signal: 9}}
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now.Add(11*time.Second))
	fmt.Println(len(d.Stop), d.Gone)

	// Output:
	// main 6s false
	// main 0s false
	// 0 true
}
