package simulate_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// BenchmarkEngine brings pods from nothing to Running: created by controllers
// of 50, placed by the default scheduler, committed, started on scripted
// machines, listed and recorded. It reports placements per second of real time
// and the heap that each pod costs.
func BenchmarkEngine(b *testing.B) {
	for _, size := range []struct{ nodes, pods int }{{100, 1_000}, {1_000, 10_000}} {
		b.Run(fmt.Sprintf("nodes=%d/pods=%d", size.nodes, size.pods), func(b *testing.B) {
			var perPod float64
			for b.Loop() {
				before := heapBytes()
				c := startCluster(b, size.nodes, size.pods)
				b.StopTimer()
				running := 0
				for p := range c.View().Pods().All(store.Filter{}) {
					if p.Status.Phase == pod.Running {
						running++
					}
				}
				if running != size.pods {
					b.Fatalf("%d of %d pods are running", running, size.pods)
				}
				perPod = float64(heapBytes()-before) / float64(size.pods)
				runtime.KeepAlive(c)
				b.StartTimer()
			}
			b.ReportMetric(float64(size.pods*b.N)/b.Elapsed().Seconds(), "placements/s")
			b.ReportMetric(perPod, "B/pod")
		})
	}
}

func startCluster(tb testing.TB, nodes, pods int) *simulate.Cluster {
	cfg := simulate.Config{Orchestrator: orchestrator.Config{Seed: 1}}
	for i := range nodes {
		cfg.Orchestrator.Machines = append(cfg.Orchestrator.Machines, benchNode(i))
	}
	c, err := simulate.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	var objects []labels.Object
	for i := range pods / 50 {
		objects = append(objects, benchController(i))
	}
	if _, err := c.Apply(objects...); err != nil {
		tb.Fatal(err)
	}
	if _, err := c.Settle(); err != nil {
		tb.Fatal(err)
	}
	return c
}

func benchNode(i int) *node.Node {
	cores := []int64{8, 16, 32}[i%3]
	return &node.Node{
		Meta: labels.Meta{Name: fmt.Sprintf("node-%05d", i)},
		Status: node.Status{Capacity: pod.Resources{
			pod.CPU: pod.NewQuantity(cores, pod.DecimalSI), pod.Memory: pod.NewQuantity(cores<<32, pod.BinarySI),
		}},
	}
}

func benchController(i int) *replication.Controller {
	fifty := 50
	name := fmt.Sprintf("rc-%05d", i)
	return &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{Replicas: &fifty, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": name}},
			Spec: pod.Spec{Containers: []pod.Container{{
				Name: "main", Image: "main",
				Resources: pod.Requirements{Requests: pod.Resources{
					pod.CPU:    pod.NewMilliQuantity([]int64{100, 250, 500, 2000}[i%4], pod.DecimalSI),
					pod.Memory: pod.NewQuantity(128<<20, pod.BinarySI),
				}},
			}}},
		}},
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
