package orchestrator_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// A whole program: three copies of a web server on two machines. The machines
// are made of nothing here; with another Dial they are real.
func Example() {
	var machines fake.Machines
	o, err := orchestrator.New(orchestrator.Config{
		Dial: machines.Dial,
		Machines: []*node.Node{
			{Meta: labels.Meta{Name: "left"}},
			{Meta: labels.Meta{Name: "right"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	three := 3
	web := &replication.Controller{
		Meta: labels.Meta{Name: "web"},
		Spec: replication.Spec{Replicas: &three, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
			Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
		}},
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := o.Client().Apply(ctx, web); err != nil {
		fmt.Println(err)
	}
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()

	for change := range o.Client().Controllers().Watch(ctx, store.Filter{}, 0) {
		if ready := change.Object.Status.ReadyReplicas; ready == 3 {
			fmt.Println(ready, "are ready")
			break
		}
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// 3 are ready
	// <nil>
}

// A config that makes no sense is an error, and so is an invalid node.
func ExampleNew() {
	_, err := orchestrator.New(orchestrator.Config{})
	fmt.Println(err)
	_, err = orchestrator.New(orchestrator.Config{
		Dial:     new(fake.Machines).Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "Left"}}},
	})
	fmt.Println(err)
	// Output:
	// config field Dial: is required: it connects to the runtime of a node
	// config field Machines: apply node "Left": invalid: metadata.name: "Left": must be made of lower-case letters, digits, '-' and '.', not 'L' (character 1)
}

// An orchestrator takes writes before it runs, and is read after it ran.
func ExampleOrchestrator_Run() {
	o, _ := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	c := o.Client()
	web := &pod.Pod{
		Meta: labels.Meta{Name: "web"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
	}
	_, err := c.Pods().Create(context.Background(), web)
	fmt.Println(err)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(o.Run(ctx)) // until ctx ends, which it has

	_, err = c.Pods().Update(context.Background(), web)
	fmt.Println(err)
	p, err := c.Pods().Get("", "web")
	fmt.Println(p.Status.Phase, err)
	// Output:
	// <nil>
	// <nil>
	// update pod "default/web": orchestrator has stopped
	// Pending <nil>
}
