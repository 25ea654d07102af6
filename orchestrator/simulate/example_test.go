package simulate_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// everyPod chooses all.
var everyPod store.Filter

func twoNodes() []*node.Node {
	return []*node.Node{{Meta: labels.Meta{Name: "left"}}, {Meta: labels.Meta{Name: "right"}}}
}

func replicas(n int) *replication.Controller {
	return &replication.Controller{
		Meta: labels.Meta{Name: "web"},
		Spec: replication.Spec{Replicas: &n, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
			Spec: pod.Spec{Containers: []pod.Container{{Name: "web", Image: "web"}}},
		}},
	}
}

// A program that fails after a minute, each time, for an hour.
func Example() {
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{Machines: twoNodes(), Seed: 42},
		Scripts:      fake.Scripts{{Container: "web", Attempts: []fake.Script{{Runs: time.Minute, ExitCode: 1}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.Apply(replicas(1)); err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Advance(time.Hour); err != nil {
		fmt.Println(err)
		return
	}
	for p := range c.View().Pods().All(store.Filter{}) {
		fmt.Println(p.Status.Phase, p.Status.ContainerStatuses[0].RestartCount)
	}
	// Output: Running 14
}

// A node is cut off for an hour. Its pods are given up after five minutes, and
// stopped when it is heard of again.
func ExampleCluster_Cut() {
	c, _ := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	c.Apply(replicas(2))
	c.Advance(time.Minute)
	running := func() string {
		return fmt.Sprint(len(c.Machine("left").Live(c.Now())), " left, ", len(c.Machine("right").Live(c.Now())), " right")
	}
	fmt.Println(running())

	c.Cut("left", true)
	c.Advance(10 * time.Minute)
	fmt.Println(running())

	c.Cut("left", false)
	fmt.Println(c.Advance(time.Minute), running())
	// Output:
	// 1 left, 1 right
	// 1 left, 2 right
	// <nil> 0 left, 2 right
}

// Settle waits for work that is under way, and for nothing else.
func ExampleCluster_Settle() {
	c, _ := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{Machines: twoNodes()},
		Scripts:      fake.Scripts{{Attempts: []fake.Script{{StartDelay: 3 * time.Second}}}},
	})
	c.Apply(replicas(2))
	took, err := c.Settle()
	fmt.Println(took, err)
	// Output: 3s <nil>
}
