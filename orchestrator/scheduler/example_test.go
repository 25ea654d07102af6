package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// The default policy places three pods, and explains why it does not place a fourth.
func Example() {
	var cluster scheduler.Cluster
	for _, name := range []string{"a", "b", "c"} {
		cluster.SetNode(machine(name, "cpu=1,memory=1Gi", nil))
	}
	old := machine("old", "cpu=8,memory=8Gi", nil)
	old.Spec.Unschedulable = true
	cluster.SetNode(old)

	var policy scheduler.Policy
	for _, name := range []string{"web-1", "web-2", "web-3", "web-4"} {
		p := program(name, "cpu=600m,memory=100Mi")
		d := policy.Pick(p, &cluster)
		if d.Node == "" {
			fmt.Printf("%s waits: %s\n", name, d.Message())
			continue
		}
		cluster.Place(p, d.Node)
		fmt.Printf("%s is on %s\n", name, d.Node)
	}
	// Output:
	// web-1 is on a
	// web-2 is on b
	// web-3 is on c
	// web-4 waits: 0 of 4 nodes fit: 3 have at most 400m cpu left, wants 600m, 1 cordoned
}

// machine returns a node that takes pods.
func machine(name, capacity string, set labels.Set) *node.Node {
	return newNode(name, func(n *node.Node) {
		n.Labels = set
		n.Status.Capacity = amounts(capacity)
	})
}

// program returns a pod of one container that requests something.
func program(name, wants string) *pod.Pod { return newPod(name, requests(wants)) }
