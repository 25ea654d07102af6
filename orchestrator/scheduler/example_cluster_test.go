package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// A cluster is told of each change, and counts.
func ExampleCluster() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4", nil))
	cluster.Place(program("web-1", "cpu=500m"), "a")
	cluster.Place(program("web-2", "cpu=500m"), "a")
	fmt.Println(cluster.Placed("web-1"), cluster.Count("a").Pods, cluster.Node("a").Free.MilliCPU)

	cluster.DeleteNode("a") // its pods stay counted, in case it comes back
	fmt.Println(cluster.Len(), cluster.Count("a").Pods)

	cluster.SetNode(machine("a", "cpu=2", nil))
	cluster.Displace("web-1")
	fmt.Println(cluster.Len(), cluster.Count("a").Pods, cluster.Node("a").Free.MilliCPU)
	// Output:
	// a 2 3000
	// 0 2
	// 1 1 1500
}

// What a filter or a scorer sees of a node.
func ExampleCandidate() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4,example.com/gpu=2", labels.Set{"zone": "north"}))
	cluster.Place(program("train", "cpu=1,example.com/gpu=500m"), "a")

	n := cluster.Node("a")
	fmt.Println(n.Node.Name, n.Node.Labels["zone"], "has", n.Pods, "pod")
	for _, name := range []pod.ResourceName{pod.CPU, "example.com/gpu", "example.com/nic"} {
		fmt.Println(name, n.Room.Milli(name), "-", n.Used.Milli(name), "=", n.Free.Milli(name))
	}
	fmt.Println(n.Free.Memory == scheduler.Unlimited)
	// Output:
	// a north has 1 pod
	// cpu 4000 - 1000 = 3000
	// example.com/gpu 2000 - 500 = 1500
	// example.com/nic 0 - 0 = 0
	// true
}

// Count what should be there beside what was counted, and compare.
func ExampleCount() {
	var counted, recounted scheduler.Cluster
	web := program("web", "cpu=500m")
	counted.Place(web, "a")
	fmt.Println(counted.Count("a").Equal(recounted.Count("a")))
	recounted.Place(web, "a")
	fmt.Println(counted.Count("a").Equal(recounted.Count("a")))
	// Output:
	// false
	// true
}

func ExampleAmounts() {
	a := scheduler.AmountsOf(pod.Resources{
		pod.CPU:           pod.MustParseQuantity("1.5"),
		pod.Memory:        pod.MustParseQuantity("64Mi"),
		"example.com/gpu": pod.MustParseQuantity("500m"),
	})
	fmt.Println(a.MilliCPU, a.Memory, a.Other, a.Milli("example.com/gpu"), a.Milli("example.com/nic"))
	fmt.Println(a.Equal(scheduler.Amounts{MilliCPU: 1500, Memory: 64 << 20}))
	// Output:
	// 1500 67108864 [{example.com/gpu 500}] 500 0
	// false
}

func ExampleAmount() {
	gpus := scheduler.Amount{Name: "example.com/gpu", Milli: 1500}
	fmt.Printf("%s: %g\n", gpus.Name, float64(gpus.Milli)/1000)
	// Output: example.com/gpu: 1.5
}

// What would be where if a node went? The cluster itself stays as it is.
func ExampleCluster_Fork() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4", nil))
	cluster.SetNode(machine("b", "cpu=2", nil))
	web := program("web", "cpu=1")
	web.UID = "1"
	cluster.Place(web, "a")

	trial := cluster.Fork()
	trial.DeleteNode("a")
	trial.Displace(web.UID)
	fmt.Println(new(scheduler.Policy).Pick(web, trial).Node, cluster.Placed(web.UID))
	// Output:
	// b a
}
