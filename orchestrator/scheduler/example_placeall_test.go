package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Many pods are placed at once, each seeing those before it.
func ExampleCluster_PlaceAll() {
	c := clusterOf(newNode("a", capacity("cpu=2")), newNode("b", capacity("cpu=4")))
	pods := []*pod.Pod{newPod("x", requests("cpu=3")), newPod("y", requests("cpu=1")), newPod("z", requests("cpu=3"))}
	i := 0
	for d, err := range c.PlaceAll(&scheduler.Policy{}, pods) {
		switch {
		case err != nil:
			fmt.Println(err)
		case d.Node == "":
			fmt.Println(pods[i].Name, d.Message())
		default:
			fmt.Println(pods[i].Name, "on", d.Node)
		}
		i++
	}
	// Output:
	// x on b
	// y on a
	// z 0 of 2 nodes fit: 2 have at most 1 cpu left, wants 3
}
