package orchestrator_test

import (
	"context"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// A node is emptied before it is switched off.
func ExampleClient_Drain() {
	var machines fake.Machines
	o, _ := orchestrator.New(orchestrator.Config{
		Dial:     machines.Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}, {Meta: labels.Meta{Name: "right"}}},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()
	client := o.Client()
	client.Controllers().Apply(ctx, controllerOf(4))
	client.Wait(ctx, func(view store.Reader) bool {
		web, err := view.Controllers().Get("default", "web")
		return err == nil && web.Status.ReadyReplicas == 4
	})

	var last orchestrator.DrainProgress
	for progress, err := range client.Drain(ctx, "left", node.DrainRequest{Limit: 1}) {
		if err != nil {
			fmt.Println(err)
		}
		last = progress
	}
	fmt.Println(last.Left, "pods left")
	cancel()
	fmt.Println(<-ended)
	// Output:
	// 0 pods left
	// <nil>
}

// An engine asks for a cloud's instances at its start, every SyncPeriod, and
// when it is told that there is something new.
func ExampleCloudHint() {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e, err := orchestrator.NewEngine(orchestrator.Config{Cloud: &fake.Cloud{}, SyncNodes: true}, start)
	if err != nil {
		fmt.Println(err)
		return
	}
	work := e.Step(start).Work[0]
	fmt.Println(work.Kind)
	e.Apply(start, orchestrator.Result{Work: work.ID, Instances: []node.Instance{{ID: "m1"}}})
	ready := e.Step(start)
	fmt.Println(ready.Changes[0].Object().Identity().Name, ready.Work[0].Kind)

	later := start.Add(time.Second)
	fmt.Println(len(e.Step(later).Work))
	e.Apply(later, orchestrator.CloudHint{})
	fmt.Println(e.Step(later).Work[0].Kind)
	// Output:
	// Instances
	// m1 List
	// 0
	// Instances
}
