package replication_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// A thousand pods are counted once. When one of them fails, the plan follows from
// that alone.
func ExampleTally() {
	c := webController(1000)
	var pods []*pod.Pod
	for i := range 1000 {
		p := replication.NewPod(c)
		p.UID = fmt.Sprint(i)
		pods = append(pods, p)
	}
	t := replication.NewTally(c, pods)

	failed := pods[7].Copy()
	failed.Status.Phase = pod.Failed
	t.Change(pods[7], failed)

	a, ok := t.Plan(c, time.Time{})
	fmt.Println("create", a.Create, "of", *c.Spec.Replicas, ok)

	// Output:
	// create 1 of 1000 true
}

// A pod that gets a node is the same as before to its controller; one that ends is not.
func ExampleAlike() {
	waiting := replication.NewPod(webController(1))
	bound, failed := waiting.Copy(), waiting.Copy()
	bound.Spec.NodeName = "node-1"
	failed.Status.Phase = pod.Failed

	fmt.Println(replication.Alike(waiting, bound), replication.Alike(waiting, failed))

	// Output:
	// true false
}
