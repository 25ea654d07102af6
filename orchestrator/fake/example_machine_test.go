package fake_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// A machine goes from one event to the next, and time is what we say it is.
func ExampleMachine() {
	noon := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	m := &fake.Machine{Scripts: fake.Scripts{
		{Container: "app", Attempts: []fake.Script{{StartDelay: 2 * time.Second, Runs: time.Hour, ExitCode: 3}}},
		{Container: "side", Attempts: []fake.Script{{Runs: 30 * time.Minute}}},
	}}
	p := &pod.Pod{
		Meta: labels.Meta{Name: "web", Namespace: "default", UID: "1"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "app"}, {Name: "side"}}},
	}
	for _, c := range p.Spec.Containers {
		done, err := m.Start(p, c, noon)
		fmt.Println("start of", c.Name, "takes", done.Sub(noon), err)
	}
	for now := m.Next(); !now.IsZero(); now = m.Next() {
		fmt.Println("after", now.Sub(noon))
		for _, c := range m.List(now) {
			if end := c.State.Terminated; end != nil {
				fmt.Println("  ", c.Container, c.PodIP, end.Reason, end.ExitCode)
			} else {
				fmt.Println("  ", c.Container, c.PodIP, "running")
			}
		}
	}
	// Output:
	// start of app takes 2s <nil>
	// start of side takes 0s <nil>
	// after 2s
	//    app 10.0.0.1 running
	//    side 10.0.0.1 running
	// after 30m0s
	//    app 10.0.0.1 running
	//    side 10.0.0.1 Completed 0
	// after 1h0m2s
	//    app 10.0.0.1 Error 3
	//    side 10.0.0.1 Completed 0
}
