package orchestrator_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// readyNode returns a node that takes pods in a fork, where nobody checks it.
func readyNode(name, cpu string) *node.Node {
	return &node.Node{Meta: labels.Meta{Name: name}, Status: node.Status{Capacity: pod.Resources{pod.CPU: pod.MustParseQuantity(cpu)}}}
}

func small(name string) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name}}
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "img", Resources: pod.Requirements{Requests: pod.Resources{pod.CPU: pod.MustParseQuantity("1")}}}}
	return p
}

// What would move if a node were drained? The cluster does not notice.
func ExampleDiff() {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	trial, err := o.Client().Fork(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	trial.SetNode(readyNode("a", "4"))
	trial.SetNode(readyNode("b", "1"))
	trial.Add(small("one"), small("two"))

	var drained *orchestrator.Fork = trial.Fork()
	drained.Drain("a")
	var moves []orchestrator.Difference = orchestrator.Diff(trial, drained)
	for _, m := range moves {
		fmt.Printf("%s: from %s to %q\n", m.Pod.Name, m.From, m.To)
	}
	// Output:
	// one: from a to "b"
	// two: from a to ""
}

// What the scheduler thinks of each node.
func ExampleFork_Explain() {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	trial, err := o.Client().Fork(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	trial.SetNode(readyNode("a", "4"))
	trial.SetNode(readyNode("b", "500m"))
	verdicts, err := trial.Explain(small("one"))
	for _, v := range verdicts {
		fmt.Println(v)
	}
	fmt.Println(err)
	// Output:
	// a: 387.6 = LeastAllocated 87.62 + TaintPreference 3×100 + NodePreference 2×0 + CompanyPreference 2×0
	// b: Resources: has 500m cpu left, wants 1
	// <nil>
}
