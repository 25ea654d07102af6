package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Who makes room for a pod that fits nowhere.
func ExamplePolicy_Preempt() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=2", nil))
	bound := map[string][]*pod.Pod{}
	for i, priority := range []int32{5, 1} {
		p := program(fmt.Sprint("old-", i), "cpu=1")
		p.UID, p.Spec.Priority = p.Name, &priority
		cluster.Place(p, "a")
		bound["a"] = append(bound["a"], p)
	}
	urgent := program("urgent", "cpu=1")
	urgent.Spec.Priority = new(int32(9))

	var policy scheduler.Preempter = &scheduler.Policy{}
	room := policy.Preempt(urgent, &cluster, func(node string) []*pod.Pod { return bound[node] })
	fmt.Println(room.Node, room.Victims[0].Name)
	fmt.Println(scheduler.Preemption{}.Node == "", "where it can't be done")
	// Output:
	// a old-1
	// true where it can't be done
}

// Room that is kept for a pod is there for those of a higher priority.
func ExampleCluster_Yield() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=2", nil))
	waiting, urgent := program("waiting", "cpu=2"), program("urgent", "cpu=1")
	waiting.UID, urgent.UID, urgent.Spec.Priority = "w", "u", new(int32(9))
	cluster.Reserve(waiting, "a")

	var policy scheduler.Policy
	fmt.Println(policy.Pick(urgent, &cluster).Message())
	yielded := cluster.Yield(9)
	d := policy.Pick(urgent, &cluster)
	fmt.Println(d.Node, cluster.Accept(urgent, d))
	keep := func(r scheduler.Reserved) { cluster.Reserve(r.Pod, r.Node) }
	for _, r := range yielded {
		keep(r)
	}
	fmt.Println(cluster.Count("a").Pods)
	// Output:
	// 0 of 1 nodes fit: 1 has 0 cpu left, wants 1
	// a <nil>
	// 2
}

// Pods of one group fit somewhere together, or not at all.
func ExamplePolicy_Group() {
	var cluster scheduler.Cluster
	var policy scheduler.Grouper = &scheduler.Policy{}
	small, other, large := program("small", "cpu=1"), program("other", "cpu=1"), program("large", "cpu=2")
	fmt.Println(policy.Group(small, &cluster) == policy.Group(other, &cluster))
	fmt.Println(policy.Group(small, &cluster) == policy.Group(large, &cluster))
	// Output:
	// true
	// false
}

// A pod that must be near another waits for that one.
func ExampleGregarious() {
	p := program("cache", "cpu=1")
	fmt.Println(scheduler.Gregarious(p))
	p.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Required: []pod.PodTerm{{TopologyKey: pod.HostnameLabel}}}}
	fmt.Println(scheduler.Gregarious(p))
	// Output:
	// false
	// true
}

// The pod is tried again whenever another one is placed.
func ExamplePolicy_Awaits() {
	p := program("cache", "cpu=1")
	p.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Required: []pod.PodTerm{{TopologyKey: pod.HostnameLabel}}}}
	var policy scheduler.Awaiter = &scheduler.Policy{}
	fmt.Println(policy.Awaits(p))
	// Output:
	// true
}
