package coracle

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// pending returns what a journal has when all nodes are ready and all pods were
// created, but not placed: the pods in the order in which they are to be placed.
// It is the work of two engines: one hears of its nodes, and another of none,
// so that it makes the pods and does not place them yet.
func pending(s workload.Size) (objects []labels.Object, revision uint64, now time.Time, err error) {
	if s.Bound > 0 {
		return nil, 0, now, boundRefused(s)
	}
	now = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	first, err := orchestrator.NewEngine(orchestrator.Config{Machines: machines(s)}, now)
	if err != nil {
		return nil, 0, now, err
	}
	first.Apply(now, answer(first, first.Step(now).Work, now))
	first.Step(now)

	revision = first.Store().Head().Revision()
	second, err := orchestrator.RestoreEngine(orchestrator.Config{}, contents(first.Store().Head()), revision, now)
	if err != nil {
		return nil, 0, now, err
	}
	write := &orchestrator.Write{}
	for i := range s.Owners() {
		write.Operations = append(write.Operations, orchestrator.Operation{Verb: orchestrator.Create, Object: controller(i)})
	}
	second.Apply(now, write)
	if write.Err != nil {
		return nil, 0, now, write.Err
	}
	step(second, now)
	head := second.Store().Head()
	return shuffled(s, contents(head)), head.Revision(), now, nil
}

// boundRefused says why a part of the workload is not placed here.
func boundRefused(s workload.Size) error {
	return fmt.Errorf("%d pods are to be on nodes already: the whole workload is placed here", s.Bound)
}

// answer tells an engine that the runtimes which it asks for a list run nothing, and
// goes on with those that it asks then: it asks a few at a time. The answer for the first
// node is kept back and returned.
func answer(e *orchestrator.Engine, work []orchestrator.Work, now time.Time) orchestrator.Result {
	var kept orchestrator.Result
	for len(work) > 0 {
		for _, w := range work {
			switch {
			case w.Kind != orchestrator.WorkList:
			case kept.Work == 0:
				kept.Work = w.ID
			default:
				e.Apply(now, orchestrator.Result{Work: w.ID})
			}
		}
		work = e.Step(now).Work
	}
	return kept
}

// contents returns all objects of a store.
func contents(r store.Reader) []labels.Object {
	var objects []labels.Object
	for o := range r.Namespaces().All(store.Filter{}) {
		objects = append(objects, o)
	}
	for o := range r.Nodes().All(store.Filter{}) {
		objects = append(objects, o)
	}
	for o := range r.Controllers().All(store.Filter{}) {
		objects = append(objects, o)
	}
	for o := range r.Pods().All(store.Filter{}) {
		objects = append(objects, o)
	}
	return objects
}

// shuffled puts the pods into the order of the workload, behind all else.
func shuffled(s workload.Size, objects []labels.Object) []labels.Object {
	var out []labels.Object
	pods := make(map[string][]*pod.Pod) // by owner
	for _, o := range objects {
		if p, ok := o.(*pod.Pod); ok {
			pods[p.Labels["app"]] = append(pods[p.Labels["app"]], p)
		} else {
			out = append(out, o)
		}
	}
	for _, p := range s.Shuffled() {
		own := pods[workload.OwnerName(p.Owner)]
		out = append(out, own[0])
		pods[workload.OwnerName(p.Owner)] = own[1:]
	}
	return out
}

// placements returns where a store says that the pods are.
func placements(r store.Reader) []workload.Placement {
	var placed []workload.Placement
	for p := range r.Pods().All(store.Filter{}) {
		if p.Spec.NodeName != "" {
			placed = append(placed, workload.Placement{Owner: p.Labels["app"], Node: p.Spec.NodeName})
		}
	}
	return placed
}

func machines(s workload.Size) []*node.Node {
	var nodes []*node.Node
	for _, m := range s.Machines() {
		nodes = append(nodes, &node.Node{
			Meta: labels.Meta{Name: m.Name},
			Status: node.Status{Capacity: pod.Resources{
				pod.CPU:    pod.NewQuantity(m.Cores, pod.DecimalSI),
				pod.Memory: pod.NewQuantity(m.Memory, pod.BinarySI),
				pod.Pods:   pod.NewQuantity(workload.MaxPods, pod.DecimalSI),
			}},
		})
	}
	return nodes
}

func controller(owner int) *replication.Controller {
	name, shape, replicas := workload.OwnerName(owner), workload.OwnerShape(owner), workload.Replicas
	return &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{Replicas: &replicas, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": name}},
			Spec: pod.Spec{Containers: []pod.Container{{
				Name: "main", Image: "main",
				Resources: pod.Requirements{Requests: requests(shape)},
			}}},
		}},
	}
}

func requests(s workload.Shape) pod.Resources {
	return pod.Resources{
		pod.CPU:    pod.NewMilliQuantity(s.MilliCPU, pod.DecimalSI),
		pod.Memory: pod.NewQuantity(s.Memory, pod.BinarySI),
	}
}
