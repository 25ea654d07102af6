package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/pod"
)

// The caller runs what is due and reports its end; the stop comes after that,
// with what is left of the grace.
func ExampleHooked() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	p := &pod.Pod{}
	p.Spec.NodeName = "node-1"
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "web:1", Lifecycle: &pod.Lifecycle{
		PreStop: &pod.Handler{Exec: &pod.ExecAction{Command: []string{"leave"}}},
	}}}
	p.Default()
	seen := lifecycle.Seen{Listed: true, Containers: []lifecycle.Sighting{{
		Container: "main", State: pod.ContainerState{Running: &pod.Started{StartedAt: now}},
	}}}
	p.Status = lifecycle.Decide(p, seen, lifecycle.Rules{}, now).Status

	p.DeletionTimestamp = now.Add(30 * time.Second)
	d := lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	show := func(due lifecycle.HookDue) { fmt.Println(due.Kind, due.Handler.Exec.Command, due.Timeout) }
	show(d.Hook[0])
	fmt.Println(len(d.Stop), "stops")
	p.Status = d.Status

	now = now.Add(10 * time.Second)
	seen.Hooks = []lifecycle.Hooked{{Container: "main", Kind: lifecycle.PreStop}}
	d = lifecycle.Decide(p, seen, lifecycle.Rules{}, now)
	fmt.Println(len(d.Hook), d.Stop[0].Reason, d.Stop[0].Grace)
	// Output:
	// PreStop [leave] 30s
	// 0 stops
	// 0 Deleted 20s
}
