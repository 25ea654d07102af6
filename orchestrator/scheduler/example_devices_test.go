package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// wholeGPUs is a scorer that keeps GPUs whole: it prefers nodes where a share goes
// onto a device that is shared already.
func wholeGPUs(r *scheduler.Request, n *scheduler.Candidate) float64 {
	for _, d := range r.Demands() {
		for _, left := range n.Devices(d.Name) {
			if d.Share > 0 && left >= d.Share && left < 1000 {
				return 100
			}
		}
	}
	return 0
}

func ExampleDemand() {
	policy := &scheduler.Policy{Scorers: []scheduler.Scorer{{Name: "WholeGPUs", Score: wholeGPUs}}}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=64,example.com/gpu=2", nil))
	cluster.SetNode(machine("b", "cpu=64,example.com/gpu=2", nil))
	for _, p := range []struct{ name, wants string }{
		{"train-1", "example.com/gpu=1"},
		{"infer-1", "example.com/gpu=700m"},
		{"infer-2", "example.com/gpu=600m"},
		{"infer-3", "example.com/gpu=300m"},
		{"train-2", "example.com/gpu=2"},
	} {
		p := program(p.name, p.wants)
		d := policy.Pick(p, &cluster)
		if d.Node == "" {
			fmt.Println(p.Name, "waits:", d.Message())
			continue
		}
		if err := cluster.Accept(p, d); err != nil {
			fmt.Println(err)
		}
		fmt.Println(p.Name, "is on", d.Node, d.Devices)
	}
	fmt.Println("left of b:", cluster.Node("b").Devices("example.com/gpu"))
	// Output:
	// train-1 is on a [{example.com/gpu [0]}]
	// infer-1 is on a [{example.com/gpu [1]}]
	// infer-2 is on b [{example.com/gpu [0]}]
	// infer-3 is on a [{example.com/gpu [1]}]
	// train-2 waits: 0 of 2 nodes fit: 2 have at most 1400m example.com/gpu left, wants 2
	// left of b: [400 1000]
}

func ExampleBestFit() {
	left := []int64{1000, 300, 500, 700} // of four devices, in thousandths
	fmt.Println(scheduler.BestFit(400, left), scheduler.BestFit(800, left))
	// Output: 2 0
}
