package scheduler_test

import (
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// A policy that ranks by one scorer alone, negated: the fullest node first.
func ExamplePolicy() {
	fullest := scheduler.LeastAllocated()
	fullest.Weight = -1
	policy := &scheduler.Policy{Scorers: []scheduler.Scorer{fullest}}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4,memory=8Gi", nil))
	cluster.SetNode(machine("b", "cpu=4,memory=8Gi", nil))
	cluster.Place(program("db", "cpu=1,memory=1Gi"), "b")
	web := program("web", "cpu=1,memory=1Gi")
	fmt.Println(policy.Pick(web, &cluster).Node, new(scheduler.Policy).Pick(web, &cluster).Node)
	// Output: b a
}

// What a policy says of every node for itself.
func ExamplePolicy_Fits() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=100m", labels.Set{"disk": "ssd"}))
	cluster.SetNode(machine("b", "cpu=4", nil))
	cluster.SetNode(machine("c", "cpu=4", labels.Set{"disk": "ssd"}))

	p := program("db", "cpu=250m")
	p.Spec.NodeSelector = labels.Set{"disk": "ssd"}
	r := scheduler.NewRequest(p)
	var policy scheduler.Policy
	for n := range cluster.Nodes() {
		if why := policy.Fits(r, n); why.IsZero() {
			fmt.Println(n.Node.Name, "fits")
		} else {
			fmt.Println(n.Node.Name, "does not:", why)
		}
	}
	// Output:
	// a does not: has 100m cpu left, wants 250m
	// b does not: without label disk=ssd
	// c fits
}

// The default filters without one of them: of cpu and memory more is given out than there is,
// but no device that is not there.
func ExampleDefaultFilters() {
	filters := scheduler.DefaultFilters()
	for _, f := range filters {
		fmt.Println(f.Name)
	}
	overcommit := &scheduler.Policy{Filters: slices.DeleteFunc(filters, func(f scheduler.Filter) bool { return f.Name == "Resources" })}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=1", nil))
	fmt.Println("on", overcommit.Pick(program("huge", "cpu=100"), &cluster).Node)
	fmt.Println(overcommit.Pick(program("vision", "cpu=100,example.com/gpu=1"), &cluster).Message())
	// Output:
	// Ready
	// NodeSelector
	// NodeAffinity
	// Taints
	// HostPorts
	// Resources
	// Company
	// on a
	// 0 of 1 nodes fit: 1 has 0 example.com/gpu left, wants 1
}

func ExampleDefaultScorers() {
	for _, s := range scheduler.DefaultScorers() {
		fmt.Println(s.Name, s.Weight)
	}
	// Output:
	// LeastAllocated 0
	// TaintPreference 3
	// NodePreference 2
	// CompanyPreference 2
}

func ExampleLeastAllocated() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("large", "cpu=8,memory=8Gi", nil))
	cluster.SetNode(machine("small", "cpu=2,memory=2Gi", nil))
	r := scheduler.NewRequest(program("web", "cpu=1,memory=1Gi"))
	least := scheduler.LeastAllocated()
	for n := range cluster.Nodes() {
		fmt.Printf("%s %.0f\n", n.Node.Name, least.Score(r, n))
	}
	// Output:
	// large 88
	// small 50
}

func ExampleTaintPreference() {
	slow := machine("slow", "cpu=8", nil)
	slow.Spec.Taints = []node.Taint{{Key: "slow", Effect: pod.PreferNoSchedule}}
	var cluster scheduler.Cluster
	cluster.SetNode(slow)

	p := program("web", "cpu=1")
	preference := scheduler.TaintPreference()
	fmt.Println(preference.Score(scheduler.NewRequest(p), cluster.Node("slow")))
	p.Spec.Tolerations = []pod.Toleration{{Key: "slow", Operator: pod.TolerationExists}}
	fmt.Println(preference.Score(scheduler.NewRequest(p), cluster.Node("slow")))
	// Output:
	// 0
	// 100
}

// A filter can be tested without a policy.
func ExampleRequest() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=1", nil))
	r := scheduler.NewRequest(program("web", "cpu=750m"))
	fmt.Println(r.Name, r.Wants.MilliCPU, headroom(r, cluster.Node("a")).What)
	// Output: web 750 kept for urgent pods
}
