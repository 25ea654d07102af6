package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func ExampleDecision() {
	var cluster scheduler.Cluster
	for _, name := range []string{"a", "b", "c"} {
		cluster.SetNode(machine(name, "memory=1Gi", nil))
	}
	cluster.Place(program("db", "memory=900Mi"), "b")

	var policy scheduler.Policy
	d := policy.Pick(program("web", "memory=500Mi"), &cluster)
	fmt.Printf("%q %q\n", d.Node, d.Message())
	d = policy.Pick(program("huge", "memory=2Gi"), &cluster)
	fmt.Printf("%q %q\n", d.Node, d.Message())
	// Output:
	// "a" ""
	// "" "0 of 3 nodes fit: 3 have at most 1Gi memory left, wants 2Gi"
}

// A scheduler of one's own explains itself as a policy does.
func ExampleDecision_Refuse() {
	var d scheduler.Decision
	d.Refuse(scheduler.Reason{What: "too far away"})
	d.Refuse(scheduler.Short("example.com/gpu", pod.MustParseQuantity("500m"), pod.MustParseQuantity("2")))
	d.Refuse(scheduler.Short("example.com/gpu", pod.MustParseQuantity("1"), pod.MustParseQuantity("2")))
	fmt.Println(d.Message())
	// Output: 0 of 3 nodes fit: 2 have at most 1 example.com/gpu left, wants 2, 1 too far away
}

func ExampleReason() {
	var fits scheduler.Reason
	fmt.Println(fits.IsZero(), scheduler.Reason{What: "on fire"}.IsZero())
	// Output: true false
}

func ExampleRefusal() {
	fmt.Println(scheduler.Refusal{Reason: scheduler.Reason{What: "on fire"}, Nodes: 2})
	// Output: 2 on fire
}

func ExampleShort() {
	why := scheduler.Short(pod.CPU, pod.MustParseQuantity("100m"), pod.MustParseQuantity("250m"))
	fmt.Println(scheduler.Refusal{Reason: why, Nodes: 1})
	fmt.Println(scheduler.Refusal{Reason: why, Nodes: 3})
	// Output:
	// 1 has 100m cpu left, wants 250m
	// 3 have at most 100m cpu left, wants 250m
}
