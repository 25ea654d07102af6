package node_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
)

// A node is decided on again and again: with what was heard of it, and at what time.
func ExampleDecide() {
	n := &node.Node{Meta: labels.Meta{Name: "node-1"}}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seen := node.Observation{Since: now}

	// Its runtime answers.
	seen.Heard = now
	d := node.Decide(n, seen, node.Rules{}, now)
	n.Status = d.Status
	fmt.Println(n.Status.Phase, n.Schedulable(), d.Events[0].Reason)

	// And is not heard again: at first that means nothing.
	d = node.Decide(n, seen, node.Rules{}, now.Add(39*time.Second))
	fmt.Println(d.Changed, d.Wake.Sub(now))

	d = node.Decide(n, seen, node.Rules{}, now.Add(40*time.Second))
	n.Status = d.Status
	fmt.Println(n.Status.Condition(node.Ready).Status, n.Refusal(), d.Wake.Sub(now))

	d = node.Decide(n, seen, node.Rules{}, now.Add(5*time.Minute))
	fmt.Println(d.Lost)

	// Output:
	// Running true NodeReady
	// false 40s
	// Unknown not ready 1m40s
	// node node-1 has been silent since 2026-01-01T12:00:00Z
}

// A node that answers and is not well is Reachable and not Ready.
func ExampleObservation() {
	n := machine()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d := node.Decide(n, node.Observation{
		Since: now.Add(-time.Hour), Heard: now, Passed: now.Add(-10 * time.Second),
		Unhealthy: "http://node-1:10248/healthz answered 503",
	}, node.Rules{}, now)
	fmt.Println(d.Status.Condition(node.Reachable).Status, d.Status.Condition(node.Ready).Status)
	fmt.Println(d.Events[0].Message)
	// Output:
	// True False
	// http://node-1:10248/healthz answered 503
}

// A node that is being deleted goes when its pods have gone.
func ExampleDecision() {
	n := machine()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	n.DeletionTimestamp = now
	seen := node.Observation{Since: now, Heard: now, Pods: 3}
	d := node.Decide(n, seen, node.Rules{}, now)
	fmt.Println(d.Status.Phase, d.Gone)
	seen.Pods = 0
	fmt.Println(node.Decide(n, seen, node.Rules{}, now).Gone)
	// Output:
	// Terminated false
	// true
}

func ExampleRules_Defaults() {
	r := node.Rules{Grace: time.Minute}.Defaults()
	fmt.Println(r.Grace, r.LostAfter, r.Rate, r.LargeZone)
	// Output: 1m0s 5m0s 0.1 50
}

// Two nodes have their turns at different times, a period apart each.
func ExampleRules_NextCheck() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a, b := node.Rules{}.NextCheck("node-1", now), node.Rules{}.NextCheck("node-2", now)
	fmt.Println(a.Equal(b), node.Rules{}.NextCheck("node-1", a).Sub(a))
	// Output: false 10s
}

func ExampleNode_Fault() {
	n := machine()
	n.Status.Capacity = amounts("cpu", "0")
	fmt.Println(n.Fault())
	// Output: status.capacity[cpu]: "0": must be above 0
}

func ExampleNode_HealthURL() {
	n := machine()
	n.Annotations = map[string]string{node.HealthURLAnnotation: "http://10.0.0.1:10248/healthz"}
	fmt.Println(n.HealthURL())
	// Output: http://10.0.0.1:10248/healthz
}
