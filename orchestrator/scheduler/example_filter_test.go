package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// headroom is a filter of one's own: half a core of every node stays free for
// pods that are labelled urgent.
func headroom(r *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
	if r.Labels["urgent"] == "yes" || n.Free.MilliCPU-r.Wants.MilliCPU >= 500 {
		return scheduler.Reason{}
	}
	return scheduler.Reason{What: "kept for urgent pods"}
}

func ExampleFilter() {
	policy := &scheduler.Policy{
		Filters: append(scheduler.DefaultFilters(), scheduler.Filter{Name: "Headroom", Fits: headroom}),
	}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=1", nil))
	cluster.SetNode(machine("b", "cpu=1", nil))
	report := program("report", "cpu=700m")
	fmt.Println(policy.Pick(report, &cluster).Message())
	report.Labels = labels.Set{"urgent": "yes"}
	fmt.Println(policy.Pick(report, &cluster).Node)
	// Output:
	// 0 of 2 nodes fit: 2 kept for urgent pods
	// a
}
