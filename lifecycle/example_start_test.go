package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// show prints what there is to do.
func show(d lifecycle.Decision, now time.Time) {
	var start lifecycle.Start
	for _, start = range d.Start {
		fmt.Printf("start %s/%d\n", start.Container, start.Attempt)
	}
	var stop lifecycle.Stop
	for _, stop = range d.Stop {
		fmt.Printf("stop %s/%d: %s\n", stop.Container, stop.Attempt, stop.Message)
	}
	if !d.Wake.IsZero() {
		fmt.Println("decide again in", d.Wake.Sub(now))
	}
}

// An image that is not there: the same attempt is tried again later. Then the
// runtime loses it.
func ExampleStartFailure() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	p := &pod.Pod{}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1"}}
	p.Default()
	p.Status = lifecycle.Decide(p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, now).Status

	failed := lifecycle.Sighting{Container: "main", StartFailed: &lifecycle.StartFailure{Reason: "ErrImagePull", Message: "no such image", At: now}}
	d := lifecycle.Decide(p, lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{failed}}, lifecycle.Rules{}, now)
	show(d, now)
	p.Status = d.Status

	now = d.Wake // it says that it waits
	d = lifecycle.Decide(p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, now)
	show(d, now)
	fmt.Println(d.Status.ContainerStatuses[0].State.Waiting.Reason)
	p.Status = d.Status

	now = d.Wake
	d = lifecycle.Decide(p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, now)
	show(d, now)
	p.Status = d.Status

	running := lifecycle.Sighting{Container: "main", State: pod.ContainerState{Running: &pod.Started{StartedAt: now}}}
	d = lifecycle.Decide(p, lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{running}}, lifecycle.Rules{}, now)
	p.Status = d.Status
	show(lifecycle.Decide(p, lifecycle.Seen{Listed: true}, lifecycle.Rules{}, now), now)

	// Output:
	// decide again in 5s
	// decide again in 5s
	// ImagePullBackOff
	// start main/0
	// stop main/0: it should run, but its runtime does not know of it
}
