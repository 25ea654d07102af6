package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// Why a pod goes where it goes, node by node.
func ExamplePolicy_Explain() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=2,memory=4Gi", nil))
	cluster.SetNode(machine("b", "cpu=8,memory=16Gi", nil))
	cluster.SetNode(machine("c", "cpu=1,memory=1Gi", nil))

	var policy scheduler.Explainer = &scheduler.Policy{Scorers: []scheduler.Scorer{scheduler.LeastAllocated()}}
	for _, v := range policy.Explain(program("web", "cpu=1,memory=2Gi"), &cluster) {
		fmt.Println(v)
	}
	by := scheduler.Verdict{Node: "d", Total: 30, Scores: []scheduler.Score{{Scorer: "Cheap", Score: 15, Weight: 2}}}
	fmt.Println(by)
	// Output:
	// b: 87.62 = LeastAllocated 87.62
	// a: 50.5 = LeastAllocated 50.5
	// c: Resources: has 1Gi memory left, wants 2Gi
	// d: 30 = Cheap 2×15
}
