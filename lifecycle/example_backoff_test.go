package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// A container that ends at once, whenever it is started: how long it waits, in
// an hour of which no second passes.
func ExampleDecide_backOff() {
	p := &pod.Pod{}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1"}}
	p.Default()

	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seen := lifecycle.Seen{Listed: true}
	now := start
	for range 17 {
		d := lifecycle.Decide(p, seen, lifecycle.Rules{BackOffMax: 2 * time.Minute}, now)
		p.Status = d.Status
		if len(d.Start) > 0 {
			fmt.Println(now.Sub(start), "attempt", d.Start[0].Attempt)
			seen.Containers = []lifecycle.Sighting{{Container: "main", Attempt: d.Start[0].Attempt, State: pod.ContainerState{
				Terminated: &pod.Terminated{ExitCode: 1, StartedAt: now, FinishedAt: now},
			}}}
			continue
		}
		now = d.Wake
	}

	// Output:
	// 0s attempt 0
	// 0s attempt 1
	// 10s attempt 2
	// 30s attempt 3
	// 1m10s attempt 4
	// 2m30s attempt 5
	// 4m30s attempt 6
	// 6m30s attempt 7
	// 8m30s attempt 8
}
