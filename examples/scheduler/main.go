// Scheduler runs a scheduler of one's own, which is in rack.go, in two worlds:
// first in a simulation of 1,000 nodes, then on processes of this machine.
// Nothing of it changes between them.
//
//	go run ./examples/scheduler
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func main() {
	process.Supervise()
	if err := simulated(); err != nil {
		log.Fatal(err)
	}
	if err := real(); err != nil {
		log.Fatal(err)
	}
}

// nodes returns n nodes in ten racks, r0 to r9.
func nodes(n int) (list []*node.Node) {
	for i := range n {
		list = append(list, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%03d", i), Labels: labels.Set{"rack": fmt.Sprint("r", i%10)}}})
	}
	return list
}

// sleepers returns a controller whose pods sleep in a rack.
func sleepers(replicas int, rack string) *replication.Controller {
	app := labels.Set{"app": "sleepers"}
	c := &replication.Controller{Meta: labels.Meta{Name: "sleepers"}}
	c.Spec.Replicas = &replicas
	c.Spec.Selector = app
	c.Spec.Template = &pod.Template{Meta: labels.Meta{Labels: app, Annotations: map[string]string{"example.com/rack": rack}}}
	c.Spec.Template.Spec.Containers = []pod.Container{{Name: "sleep", Image: "/bin/sleep", Args: []string{"1h"}}}
	return c
}

// show prints how many pods each node has, of those that have any.
func show(world string, r store.Reader) {
	count := make(map[string]int)
	for p := range r.Pods().All(store.Filter{}) {
		count[p.Spec.NodeName]++
	}
	var names []string
	for name := range count {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Printf("%s: pods on %d nodes, all in one rack: ", world, len(names))
	for _, name := range names[:min(len(names), 3)] {
		fmt.Printf("%s has %d, ", name, count[name])
	}
	fmt.Println("…")
}

// simulated runs it on 1,000 nodes that are data, for a minute that takes milliseconds.
func simulated() error {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: nodes(1000), Scheduler: oneRack}})
	if err != nil {
		return err
	}
	if _, err := c.Apply(sleepers(500, "r7")); err != nil {
		return err
	}
	if err := c.Advance(time.Minute); err != nil {
		return err
	}
	show("simulation", c.View())
	return nil
}

// real runs it on processes, each node a directory of this machine.
func real() error {
	dir, err := os.MkdirTemp("", "scheduler-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o, err := orchestrator.New(orchestrator.Config{
		Dial: process.Config{Dir: dir}.Dial, Machines: nodes(20), Scheduler: oneRack,
	})
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(context.Background(), time.Minute)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	client := o.Client()
	if _, err := client.Apply(ctx, sleepers(6, "r7")); err != nil {
		return err
	}
	if err := client.Wait(ctx, func(r store.Reader) bool {
		c, err := r.Controllers().Get("default", "sleepers")
		return err == nil && c.Status.ReadyReplicas == 6
	}); err != nil {
		return err
	}
	show("processes", client.View())
	if err := client.Controllers().Delete(ctx, "", "sleepers", orchestrator.DeleteOptions{Cascade: true}); err != nil {
		return err
	}
	if err := client.Wait(ctx, func(r store.Reader) bool { return r.Pods().Len() == 0 }); err != nil {
		return err
	}
	end()
	return <-ended
}
