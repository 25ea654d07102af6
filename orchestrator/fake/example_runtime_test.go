package fake_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// The zero Runtime runs every container until it is stopped or killed.
func ExampleRuntime() {
	ctx := context.Background()
	p := &pod.Pod{
		Meta: labels.Meta{Name: "web", Namespace: "default", UID: "1"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "app", Image: "web:1"}}},
	}
	var r fake.Runtime
	fmt.Println(r.Start(ctx, p, p.Spec.Containers[0]))
	fmt.Println(r.Start(ctx, p, p.Spec.Containers[0])) // again: nothing happens
	fmt.Println(r.Live())

	r.Kill("web", "app", 9)
	<-r.Changed()
	list, err := r.List(ctx)
	fmt.Println(list[0].State.Terminated.ExitCode, err)
	fmt.Println(r.Starts(orchestrator.RefTo(p, "app")), r.Check())
	// Output:
	// <nil>
	// <nil>
	// [{1 app 0}]
	// 137 <nil>
	// 1 <nil>
}

// The network of a node is cut, and mended.
func ExampleRuntime_SetFaults() {
	ctx := context.Background()
	var r fake.Runtime
	r.SetFaults(fake.Faults{Cut: true})
	_, err := r.List(ctx)
	fmt.Println(err)
	r.SetFaults(fake.Faults{})
	_, err = r.List(ctx)
	fmt.Println(err)
	// Output:
	// list containers: machine unreachable
	// <nil>
}

// A test can see that an orchestrator does not ask again and again.
func ExampleCalls() {
	var r fake.Runtime
	for range 3 {
		_, _ = r.List(context.Background())
	}
	fmt.Printf("%+v\n", r.Calls())
	// Output: {Start:0 Stop:0 Remove:0 List:3 Probe:0}
}

// Machines.Dial gives an orchestrator the runtime of each of its nodes.
func ExampleMachines() {
	var machines fake.Machines
	n := &node.Node{Meta: labels.Meta{Name: "node-7"}}
	r, err := machines.Dial(context.Background(), n)
	fmt.Println(r == machines.Node("node-7"), err)
	fmt.Println(machines.Names(), machines.Node("node-7").Network)
	// Output:
	// true <nil>
	// [node-7] 10.0.7.0/24
}
