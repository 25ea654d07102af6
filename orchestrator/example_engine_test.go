package orchestrator_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// An engine does nothing by itself. This loop drives one by hand: it says yes
// to all work, and lists what it was asked to start.
func ExampleEngine() {
	now := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	engine, err := orchestrator.NewEngine(orchestrator.Config{
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
		Seed:     1,
	}, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	write := &orchestrator.Write{Operations: []orchestrator.Operation{
		{Verb: orchestrator.Create, Object: examplePod("web")},
	}}
	inputs := []orchestrator.Input{write}
	var runs []orchestrator.ContainerState
	for len(inputs) > 0 {
		engine.Apply(now, inputs...)
		ready := engine.Step(now)
		inputs = nil
		// ready.Changes would be made durable here.
		engine.Store().Publish() // now readers see them
		for _, work := range ready.Work {
			result := orchestrator.Result{Work: work.ID}
			switch work.Kind {
			case orchestrator.WorkList:
				result.States = append(result.States, runs...)
			case orchestrator.WorkStart:
				fmt.Println(work)
				runs = append(runs, orchestrator.ContainerState{
					ContainerRef: work.Ref, Namespace: work.Pod.Namespace, Pod: work.Pod.Name,
					State: pod.ContainerState{Running: &pod.Started{StartedAt: now}},
				})
			}
			inputs = append(inputs, result)
		}
	}
	p, err := engine.Store().View().Pods().Get("default", "web")
	fmt.Println(p.Status.Phase, err)
	fmt.Println(engine.Check())

	// News from the runtime: the engine asks what it is.
	engine.Apply(now, orchestrator.Hint{Node: "left"})
	for _, work := range engine.Step(now).Work {
		fmt.Println(work)
	}
	// Output:
	// 2 Start on left default/web main#0
	// Running <nil>
	// <nil>
	// 4 List on left
}

// Step says when it wants to be called again though nothing happens.
func ExampleReady() {
	now := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	engine, err := orchestrator.NewEngine(orchestrator.Config{
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
	}, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	ready := engine.Step(now)
	fmt.Println(len(ready.Changes), "changes")
	fmt.Println(ready.Work)
	fmt.Println(ready.Wake.Sub(now))
	fmt.Println(len(engine.Step(now).Work), "work the second time")
	// Output:
	// 2 changes
	// [1 List on left]
	// 10s
	// 0 work the second time
}

// Work reads well in logs and transcripts.
func ExampleWork() {
	fmt.Println(orchestrator.Work{
		ID: 7, Kind: orchestrator.WorkStop, Node: "left",
		Ref:   orchestrator.ContainerRef{UID: "3f9c", Container: "main", Attempt: 2},
		Grace: 30 * time.Second, Cancel: 6,
	})
	// Output: 7 Stop on left 3f9c main#2 grace 30s instead of 6
}

// An engine goes on from what a journal kept: here, from the objects of another
// engine that is no more.
func ExampleRestoreEngine() {
	now := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	cfg := orchestrator.Config{Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}}}
	old, err := orchestrator.NewEngine(cfg, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept []labels.Object
	for _, change := range old.Step(now).Changes {
		kept = append(kept, change.New)
	}
	engine, err := orchestrator.RestoreEngine(cfg, kept, 2, now.Add(time.Hour))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(engine.Store().View().Nodes().Len(), "node")
	fmt.Println(engine.Step(now.Add(time.Hour)).Work) // it is listed before anything is started
	// Output:
	// 1 node
	// [1 List on left]
}
