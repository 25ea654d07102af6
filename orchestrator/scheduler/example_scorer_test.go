package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// packed is a scorer of one's own: it fills the GPUs of one node before it
// touches those of the next, and keeps pods without any away from GPUs.
func packed(r *scheduler.Request, n *scheduler.Candidate) float64 {
	const gpu = "example.com/gpu"
	switch room := n.Room.Milli(gpu); {
	case room == 0:
		return 100
	case r.Wants.Milli(gpu) == 0:
		return 0
	default:
		return 100 * float64(n.Used.Milli(gpu)) / float64(room)
	}
}

func ExampleScorer() {
	policy := &scheduler.Policy{
		Scorers: append(scheduler.DefaultScorers(), scheduler.Scorer{Name: "PackGPU", Weight: 2, Score: packed}),
	}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("gpu-1", "cpu=64,example.com/gpu=4", nil))
	cluster.SetNode(machine("gpu-2", "cpu=64,example.com/gpu=4", nil))
	cluster.SetNode(machine("plain", "cpu=4", nil))
	for _, p := range []*pod.Pod{
		program("train-1", "cpu=8,example.com/gpu=3"),
		program("train-2", "cpu=8,example.com/gpu=2"),
		program("infer", "cpu=1,example.com/gpu=500m"), // half of one
		program("web", "cpu=1"),
	} {
		d := policy.Pick(p, &cluster)
		cluster.Place(p, d.Node)
		fmt.Println(p.Name, "is on", d.Node)
	}
	// Output:
	// train-1 is on gpu-1
	// train-2 is on gpu-2
	// infer is on gpu-1
	// web is on plain
}
