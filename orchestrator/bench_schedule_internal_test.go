package orchestrator

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
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
// time as in Step, with the events and everything else that follows within the engine. The pods have four shapes and
// belong to controllers of 50 replicas, in a shuffled order; the nodes have 8, 16 and
// 32 cores. This is the workload of internal/peerbench, which takes its figures from here.
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
					e.takeChanges()
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
		cores := []int64{8, 16, 32}[i%3]
		cfg.Machines = append(cfg.Machines, &node.Node{
			Meta: labels.Meta{Name: fmt.Sprintf("node-%05d", i)},
			Status: node.Status{Capacity: pod.Resources{
				pod.CPU: pod.NewQuantity(cores, pod.DecimalSI), pod.Memory: pod.NewQuantity(cores<<32, pod.BinarySI),
				pod.Pods: pod.NewQuantity(110, pod.DecimalSI),
			}},
		})
	}
	e, err := NewEngine(cfg, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(tb, err)
	for work := e.Step(e.now).Work; len(work) > 0; work = e.Step(e.now).Work {
		for _, w := range work {
			e.Apply(e.now, Result{Work: w.ID})
		}
	}
	w := &Write{}
	for i := range pods / 50 {
		w.Operations = append(w.Operations, Operation{Verb: Create, Object: benchController(i)})
	}
	e.Apply(e.now, w)
	require.NoError(tb, w.Err)
	for !e.controllers.empty() {
		e.stepControllers(e.now)
		e.takeChanges()
	}
	e.Store().Publish()
	keys := e.pending.keys
	require.Equal(tb, pods, len(keys))
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return e
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
