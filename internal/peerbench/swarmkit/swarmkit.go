// Package swarmkit places the workload with the scheduler of Docker's SwarmKit.
package swarmkit

import (
	"context"
	"fmt"
	"runtime"

	"github.com/moby/swarmkit/v2/api"
	"github.com/moby/swarmkit/v2/manager/scheduler"
	"github.com/moby/swarmkit/v2/manager/state/store"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Services has the scheduler place the tasks one service at a time, which it does with
// tasks that have the version of their service's spec: it looks for nodes once
// for all tasks of a service.
func Services(s workload.Size) (workload.Result, error) { return run(s, true) }

// Tasks has the scheduler place each task by itself, as it does with those that
// have no version of a spec.
func Tasks(s workload.Size) (workload.Result, error) { return run(s, false) }

// run times the first pass of a scheduler over a store where all tasks wait. Before
// that pass the scheduler reads the store and builds its view of the cluster. How
// long that takes is measured with tasks that are to be shut down, which it reads and
// passes over, and is not counted.
func run(s workload.Size, services bool) (workload.Result, error) {
	result, m, err := pass(s, services, api.TaskStateRunning)
	if err != nil {
		return result, err
	}
	if err := s.Check(placements(m)); err != nil {
		return result, err
	}
	if err := m.Close(); err != nil {
		return result, err
	}
	before, m, err := pass(s, services, api.TaskStateShutdown)
	if err != nil {
		return result, err
	}
	if before.Elapsed >= result.Elapsed {
		return result, fmt.Errorf("the pass took %v, and its beginning alone %v: too few tasks to tell them apart", result.Elapsed, before.Elapsed)
	}
	return result.Without(before), m.Close()
}

// pass times one pass of a new scheduler over a new store, and returns both the time and the store.
func pass(s workload.Size, services bool, desired api.TaskState) (workload.Result, *store.MemoryStore, error) {
	m := store.NewMemoryStore(nil)
	if err := fill(m, s, services, desired); err != nil {
		return workload.Result{}, nil, err
	}
	sched := scheduler.New(m)
	ended := make(chan error, 1)
	runtime.GC()

	watch := workload.Start()
	go func() { ended <- sched.Run(context.Background()) }()
	sched.Stop() // returns after the first pass: Run sees that it is to stop when that has ended
	result := watch.Stop(s.Pods)

	return result, m, <-ended
}

// fill creates the nodes, the services and their tasks in a store.
func fill(m *store.MemoryStore, s workload.Size, services bool, desired api.TaskState) error {
	return m.Batch(func(batch *store.Batch) error {
		for _, n := range s.Machines() {
			if err := batch.Update(func(tx store.Tx) error { return store.CreateNode(tx, node(n)) }); err != nil {
				return err
			}
		}
		for i := range s.Owners() {
			if err := batch.Update(func(tx store.Tx) error { return store.CreateService(tx, service(i)) }); err != nil {
				return err
			}
		}
		for i, p := range s.Shuffled() {
			t := task(p, i)
			t.DesiredState = desired
			if services {
				t.SpecVersion = &api.Version{Index: 1}
			}
			if err := batch.Update(func(tx store.Tx) error { return store.CreateTask(tx, t) }); err != nil {
				return fmt.Errorf("create task %q: %w", t.ID, err)
			}
		}
		return nil
	})
}

// placements returns where a store says that the tasks are.
func placements(m *store.MemoryStore) []workload.Placement {
	var placed []workload.Placement
	m.View(func(tx store.ReadTx) {
		tasks, err := store.FindTasks(tx, store.All)
		if err != nil {
			return // Check misses them
		}
		for _, t := range tasks {
			if t.NodeID != "" && t.Status.State >= api.TaskStateAssigned {
				placed = append(placed, workload.Placement{Owner: t.ServiceID, Node: t.NodeID})
			}
		}
	})
	return placed
}

func node(n workload.Node) *api.Node {
	return &api.Node{
		ID:     n.Name,
		Spec:   api.NodeSpec{Annotations: api.Annotations{Name: n.Name}},
		Status: api.NodeStatus{State: api.NodeStatus_READY},
		Description: &api.NodeDescription{
			Hostname:  n.Name,
			Engine:    &api.EngineDescription{},
			Resources: &api.Resources{NanoCPUs: n.Cores * 1e9, MemoryBytes: n.Memory},
		},
	}
}

func service(owner int) *api.Service {
	name := workload.OwnerName(owner)
	return &api.Service{
		ID: name,
		Spec: api.ServiceSpec{
			Annotations: api.Annotations{Name: name},
			Task:        taskSpec(owner),
			Mode:        &api.ServiceSpec_Replicated{Replicated: &api.ReplicatedService{Replicas: workload.Replicas}},
		},
		SpecVersion: &api.Version{Index: 1},
	}
}

func task(p workload.Pod, slot int) *api.Task {
	name := workload.OwnerName(p.Owner)
	t := &api.Task{
		ID:                 p.Name,
		ServiceID:          name,
		ServiceAnnotations: api.Annotations{Name: name},
		Slot:               uint64(slot + 1),
		Spec:               taskSpec(p.Owner),
		Status:             api.TaskStatus{State: api.TaskStatePending},
	}
	if p.Node != "" {
		t.NodeID, t.Status.State = p.Node, api.TaskStateRunning
	}
	return t
}

func taskSpec(owner int) api.TaskSpec {
	shape := workload.OwnerShape(owner)
	return api.TaskSpec{
		Runtime: &api.TaskSpec_Container{Container: &api.ContainerSpec{Image: "main"}},
		Resources: &api.ResourceRequirements{Reservations: &api.Resources{
			NanoCPUs: shape.MilliCPU * 1e6, MemoryBytes: shape.Memory,
		}},
	}
}
