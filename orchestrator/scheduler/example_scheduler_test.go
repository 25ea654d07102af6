package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// firstFit is a whole scheduler of one's own: the first node by name on which a
// pod fits, so that the last ones stay empty and can be switched off.
type firstFit struct{ policy scheduler.Policy }

func (s *firstFit) Pick(p *pod.Pod, c *scheduler.Cluster) (d scheduler.Decision) {
	r := scheduler.NewRequest(p)
	for n := range c.Nodes() {
		why := s.policy.Fits(r, n)
		if why.IsZero() {
			return scheduler.Decision{Node: n.Node.Name, Nodes: c.Len()}
		}
		d.Refuse(why)
	}
	return d
}

func ExampleScheduler() {
	var s scheduler.Scheduler = &firstFit{}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=1", nil))
	cluster.SetNode(machine("b", "cpu=1", nil))
	for _, name := range []string{"web-1", "web-2", "web-3", "web-4", "web-5"} {
		p := program(name, "cpu=400m")
		d := s.Pick(p, &cluster)
		if d.Node == "" {
			fmt.Println(name, "waits:", d.Message())
			continue
		}
		cluster.Place(p, d.Node)
		fmt.Println(name, "is on", d.Node)
	}
	// Output:
	// web-1 is on a
	// web-2 is on a
	// web-3 is on b
	// web-4 is on b
	// web-5 waits: 0 of 2 nodes fit: 2 have at most 200m cpu left, wants 400m
}
