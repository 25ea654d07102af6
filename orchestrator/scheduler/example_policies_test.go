package scheduler_test

import (
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// fill places four pods of one controller on two machines and prints where.
func fill(policy *scheduler.Policy) {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("large", "cpu=8,memory=8Gi", nil))
	cluster.SetNode(machine("small", "cpu=2,memory=4Gi", nil))
	var nodes []string
	for i := range 4 {
		p := program(fmt.Sprint("web-", i), "cpu=500m,memory=1Gi")
		p.UID = p.Name
		p.OwnerReferences = []labels.OwnerReference{{Kind: "ReplicationController", Name: "web", UID: "1", Controller: true}}
		d := policy.Pick(p, &cluster)
		nodes = append(nodes, d.Node)
		cluster.Place(p, d.Node)
	}
	fmt.Println(strings.Join(nodes, " "))
}

func ExampleSpread() {
	fill(scheduler.Spread())
	// Output:
	// large small large small
}

func ExamplePack() {
	fill(scheduler.Pack())
	// Output:
	// small small small small
}

func ExampleBalance() {
	fill(scheduler.Balance())
	// Output:
	// large small large large
}

// One seed, one history.
func ExampleRandom() {
	fill(scheduler.Random(1))
	fill(scheduler.Random(1))
	fill(scheduler.Random(3))
	// Output:
	// small large small large
	// small large small large
	// small large large large
}

func ExampleMostAllocated() {
	score(scheduler.MostAllocated())
	// Output:
	// large 12
	// small 38
}

func ExampleBalanced() {
	score(scheduler.Balanced())
	// Output:
	// large 100
	// small 75
}

// score prints how a scorer ranks two machines for a small pod.
func score(s scheduler.Scorer) {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("large", "cpu=8,memory=8Gi", nil))
	cluster.SetNode(machine("small", "cpu=2,memory=4Gi", nil))
	r := scheduler.NewRequest(program("web", "cpu=1,memory=1Gi"))
	for n := range cluster.Nodes() {
		fmt.Printf("%s %.0f\n", n.Node.Name, s.Score(r, n))
	}
}
