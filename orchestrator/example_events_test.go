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
)

// What happened to one pod, in words. It ran out of memory, once.
func ExampleEventFilter() {
	machines := fake.Machines{Scripts: fake.Scripts{{Attempts: []fake.Script{{OOM: true}}}}}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     machines.Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()

	c := o.Client()
	greedy := examplePod("greedy")
	greedy.Spec.RestartPolicy = pod.RestartNever
	c.Pods().Create(ctx, greedy)
	for change := range c.Pods().Watch(ctx, store.Filter{}, 0) {
		if change.Object.Status.Phase == pod.Failed {
			break
		}
	}
	for _, event := range c.Events(orchestrator.EventFilter{Kind: "Pod", Name: "greedy"}) {
		fmt.Println(event.Type, event.Reason, event.Count)
	}
	cancel()
	<-ended
	// Output:
	// Normal Scheduled 1
	// Normal Started 1
	// Warning OOMKilling 1
}
