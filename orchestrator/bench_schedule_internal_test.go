package orchestrator

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

var scheduleNodes = flag.Int("schedule.nodes", 0, "BenchmarkSchedule: how many nodes, a multiple of 5; zero: 1,000, 5,000 and 10,000")

// BenchmarkSchedule has ten pods for each node wait in the store, and times what
// it takes to give each the best of all nodes and to commit that, some thousand at a
// time as in Step, with the events and everything else that follows within the engine.
// The pods have four shapes, belong to controllers of 50 replicas, and come in a shuffled
// order; the nodes have 8, 16 and 32 cores. This is the workload of internal/peerbench,
// which takes its figures from here.
func BenchmarkSchedule(b *testing.B) {
	sizes := []int{1_000, 5_000, 10_000}
	if *scheduleNodes > 0 {
		sizes = []int{*scheduleNodes}
	}
	for _, nodes := range sizes {
		pods := 10 * nodes
		b.Run(fmt.Sprintf("nodes=%d/pods=%d", nodes, pods), func(b *testing.B) {
			var passes time.Duration
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				e := waitingEngine(b, nodes, pods)
				runtime.GC()
				began := time.Now()
				b.StartTimer()
				for !e.pending.empty() {
					e.stepScheduling(e.now)
					e.takeChanges() // as Step does, which hands them out
					e.recorder.take()
					e.pods.take() // which stepPods would look at next
				}
				b.StopTimer()
				passes += time.Since(began)
				for p := range e.head().Pods().All(store.Filter{}) {
					if p.Spec.NodeName == "" {
						b.Fatalf("pod %s is on no node", p.Name)
					}
				}
				require.NoError(b, e.Check())
				b.StartTimer()
			}
			b.ReportMetric(float64(pods*b.N)/passes.Seconds(), "placements/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// waitingEngine returns an engine whose nodes are ready and whose pods wait.
func waitingEngine(tb testing.TB, nodes, pods int) *Engine {
	cfg := Config{Seed: 1}
	for i := range nodes {
		cfg.Machines = append(cfg.Machines, benchNode(i))
	}
	e, err := NewEngine(cfg, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(tb, err)
	for ready := e.Step(e.now); len(ready.Work) > 0 || ready.Wake.Equal(e.now); ready = e.Step(e.now) {
		for _, w := range ready.Work {
			e.Apply(e.now, Result{Work: w.ID})
		}
	}
	w := &Write{}
	for i := range pods / 50 {
		w.Operations = append(w.Operations, Operation{Verb: Create, Object: benchController(i)})
	}
	e.Apply(e.now, w)
	require.NoError(tb, w.Err)
	createShuffled(e, w.Results)
	e.Store().Publish()
	require.Equal(tb, pods, e.pending.len())
	return e
}

// createShuffled creates 50 pods of each controller, all in a shuffled order. (Created
// in order and queued in another, they would lie where nobody looks for them next.)
func createShuffled(e *Engine, controllers []labels.Object) {
	var order []*pod.Pod // the first of their controllers, which the others are made like
	for _, c := range controllers {
		order = append(order, slices.Repeat([]*pod.Pod{replication.NewPod(c.(*replication.Controller))}, 50)...)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for some := range slices.Chunk(order, enough) {
		e.must(func(tx *store.Tx) error {
			for _, first := range some {
				p := *first
				p.Status = pod.Status{Phase: pod.Pending}
				if err := e.insert(tx, &p, e.now); err != nil {
					return err
				}
			}
			return nil
		})
		e.takeChanges()
	}
}

// benchNode returns one of 8, 16 or 32 cores.
func benchNode(i int) *node.Node {
	cores := []int64{8, 16, 32}[i%3]
	return &node.Node{
		Meta: labels.Meta{Name: fmt.Sprintf("node-%05d", i)},
		Status: node.Status{Capacity: pod.Resources{
			pod.CPU: pod.NewQuantity(cores, pod.DecimalSI), pod.Memory: pod.NewQuantity(cores<<32, pod.BinarySI),
			pod.Pods: pod.NewQuantity(110, pod.DecimalSI),
		}},
	}
}

func benchController(i int) *replication.Controller {
	fifty := 50
	name := fmt.Sprint("app-", i)
	return &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{Replicas: &fifty, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": name}},
			Spec: pod.Spec{Containers: []pod.Container{{
				Name: "main", Image: "main",
				Resources: pod.Requirements{Requests: pod.Resources{
					pod.CPU:    pod.NewMilliQuantity([]int64{100, 250, 500, 2000}[i%4], pod.DecimalSI),
					pod.Memory: pod.NewQuantity([]int64{128, 512, 1024, 4096}[i%4]<<20, pod.BinarySI),
				}},
			}}},
		}},
	}
}
