// Whatif asks a running cluster what would become of it: if a node were drained,
// if a zone were lost, if more pods came, if the scheduler were another one. Each
// is tried on a fork, which costs microseconds; the cluster does not notice.
//
//	go run ./examples/whatif
package main

import (
	"fmt"
	"log"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func main() {
	cluster, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: nodes()}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := cluster.Apply(web(120)); err != nil {
		log.Fatal(err)
	}
	if err := cluster.Advance(time.Minute); err != nil {
		log.Fatal(err)
	}
	now := cluster.Engine().Fork() // of an Orchestrator: its client's Fork

	drained := now.Fork()
	drained.Drain("east-0")
	tell("if east-0 were drained", now, drained)

	lost := now.Fork()
	lost.Remove("west-0", "west-1", "west-2", "west-3")
	tell("if the west were lost", now, lost)

	more := now.Fork()
	fit := 0
	for _, d := range more.Add(pods(100)...) {
		if d.Node != "" {
			fit++
		}
	}
	fmt.Printf("if 100 more pods came: %d would fit\n", fit)

	packed := now.Fork()
	packed.Use(scheduler.Pack())
	packed.Reschedule()
	tell("if nodes were packed", now, packed)
	fmt.Printf("  %d nodes would be empty\n", empty(packed))
}

// nodes returns four nodes of 8 cores in each of two zones.
func nodes() (list []*node.Node) {
	for _, zone := range []string{"east", "west"} {
		for i := range 4 {
			list = append(list, &node.Node{
				Meta:   labels.Meta{Name: fmt.Sprintf("%s-%d", zone, i), Labels: labels.Set{node.ZoneLabel: zone}},
				Status: node.Status{Capacity: pod.Resources{pod.CPU: pod.MustParseQuantity("8"), pod.Memory: pod.MustParseQuantity("32Gi")}},
			})
		}
	}
	return list
}

// template is what all pods are made from.
func template() pod.Template {
	t := pod.Template{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}}
	t.Spec.Containers = []pod.Container{{Name: "web", Image: "web", Resources: pod.Requirements{Requests: pod.Resources{
		pod.CPU: pod.MustParseQuantity("400m"), pod.Memory: pod.MustParseQuantity("1Gi"),
	}}}}
	return t
}

func web(replicas int) *replication.Controller {
	t := template()
	return &replication.Controller{Meta: labels.Meta{Name: "web"}, Spec: replication.Spec{Replicas: &replicas, Selector: t.Labels, Template: &t}}
}

func pods(n int) (list []*pod.Pod) {
	for i := range n {
		list = append(list, &pod.Pod{Meta: labels.Meta{Name: fmt.Sprint("more-", i)}, Spec: template().Spec})
	}
	return list
}

// tell says what differs.
func tell(what string, before, after *orchestrator.Fork) {
	moved, homeless := 0, 0
	for _, d := range orchestrator.Diff(before, after) {
		if d.To == "" {
			homeless++
		} else {
			moved++
		}
	}
	fmt.Printf("%s: %d pods would move, %d would find no place\n", what, moved, homeless)
}

func empty(f *orchestrator.Fork) (n int) {
	for node := range f.Nodes() {
		if node.Pods == 0 {
			n++
		}
	}
	return n
}
