package simulate_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

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
				c := startCluster(b, simulate.Config{}, size.nodes, size.pods/50, 50)
				b.StopTimer()
				requireRunning(b, c, size.pods)
				perPod = float64(heapBytes()-before) / float64(size.pods)
				runtime.KeepAlive(c)
				b.StartTimer()
			}
			b.ReportMetric(float64(size.pods*b.N)/b.Elapsed().Seconds(), "placements/s")
			b.ReportMetric(perPod, "B/pod")
		})
	}
}

// BenchmarkGrow is BenchmarkEngine once, as large as the flags say, and on nodes
// with room for a hundred pods each. It reports how long that took, what each pod
// costs once it runs, and the most memory that the process ever had.
//
//	go test ./orchestrator/simulate -run '^$' -bench Grow -benchtime 1x -timeout 30m -nodes 10000 -pods 1000000
func BenchmarkGrow(b *testing.B) {
	for b.Loop() {
		before := heapBytes()
		began := time.Now()
		c := startCluster(b, simulate.Config{}, *nodes, *pods/50, 50)
		took := time.Since(began)
		perPod := float64(heapBytes()-before) / float64(*pods)
		requireRunning(b, c, *pods)
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(*pods)/took.Seconds(), "pods/s")
		b.ReportMetric(perPod, "B/pod")
		b.ReportMetric(float64(peakBytes(b))/(1<<30), "GiB-peak")
		b.ReportMetric(0, "ns/op")
	}
}

var (
	nodes = flag.Int("nodes", 1_000, "how many nodes BenchmarkGrow has")
	pods  = flag.Int("pods", 10_000, "how many pods BenchmarkGrow has, in fifties")
	hours = flag.Int("hours", 24, "how many hours BenchmarkDay plays")
)

// BenchmarkDay plays a day of 1,000 nodes with 10,000 pods, each node checked every
// ten seconds. Every minute all containers on one node crash, and every quarter of
// an hour a node loses power for ten minutes, which is long enough for its pods to be
// given up. It reports how many times faster than the clock that is. The flag
// -hours has it play a part of the day.
//
//	go test ./orchestrator/simulate -run '^$' -bench Day -benchtime 1x
func BenchmarkDay(b *testing.B) {
	const nodes, pods = 1_000, 10_000
	day := time.Duration(*hours) * time.Hour
	random := rand.New(rand.NewPCG(1, 2))
	name := func() string { return benchNode(random.IntN(nodes), 1).Name }
	var s simulate.Schedule
	for at := time.Duration(0); at < day; at += time.Minute {
		s = append(s, simulate.Incident{At: at, Fault: simulate.Kill{Node: name()}})
		if at%(15*time.Minute) == 0 {
			s = append(s, simulate.Incident{At: at, Fault: simulate.NodeDown{Node: name(), For: 10 * time.Minute}})
		}
	}
	for b.Loop() {
		b.StopTimer()
		c := startCluster(b, simulate.Config{}, nodes, pods/50, 50)
		b.StartTimer()
		if err := c.Play(s, day); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.Check(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(day.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
}

// BenchmarkReplace kills the container of one pod of a controller that has 10,000,
// and its volumes with it, so that it is not started again. It times how long it takes
// from there until the engine has heard of it and the pod's replacement has a node. It reports the median and the slowest of a
// hundred, of each benchmark's iteration.
func BenchmarkReplace(b *testing.B) {
	var began time.Time
	var times []time.Duration
	cfg := simulate.Config{Observe: func(_ time.Time, ready orchestrator.Ready) {
		for _, change := range ready.Changes {
			old, _ := change.Old.(*pod.Pod)
			p, _ := change.New.(*pod.Pod)
			if old != nil && p != nil && old.Spec.NodeName == "" && p.Spec.NodeName != "" && !began.IsZero() {
				times = append(times, time.Since(began))
				began = time.Time{}
			}
		}
	}}
	c := startCluster(b, cfg, 1_000, 1, 10_000)
	for b.Loop() {
		for victim := range c.View().Pods().All(store.Filter{}) {
			began = time.Now()
			c.Strike(simulate.Kill{Node: victim.Spec.NodeName, Pod: victim.UID})
			c.Strike(simulate.BreakVolumes{Node: victim.Spec.NodeName, Pod: victim.UID})
			if _, err := c.Settle(); err != nil {
				b.Fatal(err)
			}
			if !began.IsZero() {
				b.Fatal("no pod has taken the place")
			}
			// Out of the way, or the next one has to wait.
			if err := c.Delete(store.KindPod, victim.Namespace, victim.Name, orchestrator.DeleteOptions{Force: true}); err != nil {
				b.Fatal(err)
			}
			if len(times)%100 == 0 {
				break
			}
		}
	}
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2].Seconds()*1000, "ms-p50")
	b.ReportMetric(times[len(times)*99/100].Seconds()*1000, "ms-p99")
	b.ReportMetric(0, "ns/op")
}

// requireRunning fails unless so many pods run.
func requireRunning(tb testing.TB, c *simulate.Cluster, pods int) {
	running := 0
	for p := range c.View().Pods().All(store.Filter{}) {
		if p.Status.Phase == pod.Running {
			running++
		}
	}
	if running != pods {
		tb.Fatalf("%d of %d pods are running", running, pods)
	}
}

// startCluster returns a cluster on which so many controllers have all their replicas running.
func startCluster(tb testing.TB, cfg simulate.Config, nodes, controllers, replicas int) *simulate.Cluster {
	pods := controllers * replicas
	cfg.Orchestrator.Seed, cfg.Orchestrator.MaxObjects = 1, 2*(nodes+pods)
	for i := range nodes {
		cfg.Orchestrator.Machines = append(cfg.Orchestrator.Machines, benchNode(i, max(1, pods/nodes/10)))
	}
	c, err := simulate.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	var objects []labels.Object
	for i := range controllers {
		objects = append(objects, benchController(i, replicas))
	}
	if _, err := c.Apply(objects...); err != nil {
		tb.Fatal(err)
	}
	if _, err := c.Settle(); err != nil {
		tb.Fatal(err)
	}
	return c
}

// benchNode has 8, 16 or 32 cores, so many times.
func benchNode(i, times int) *node.Node {
	cores := []int64{8, 16, 32}[i%3] * int64(times)
	return &node.Node{
		Meta: labels.Meta{Name: fmt.Sprintf("node-%05d", i)},
		Status: node.Status{Capacity: pod.Resources{
			pod.CPU: pod.NewQuantity(cores, pod.DecimalSI), pod.Memory: pod.NewQuantity(cores<<32, pod.BinarySI),
		}},
	}
}

func benchController(i, replicas int) *replication.Controller {
	name := fmt.Sprintf("rc-%05d", i)
	return &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{Replicas: &replicas, Template: &pod.Template{
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

// peakBytes returns the most memory that this process ever had.
func peakBytes(tb testing.TB) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return usage.Maxrss << 10
}
