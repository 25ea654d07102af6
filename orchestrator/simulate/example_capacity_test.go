package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
)

func machines(n int, cores string) (list []*node.Node) {
	for i := range n {
		list = append(list, &node.Node{Meta: labels.Meta{Name: nodeAt(i)}, Status: node.Status{
			Capacity: pod.Resources{pod.CPU: pod.MustParseQuantity(cores)},
		}})
	}
	return list
}

// job is what all pods of a workload are made from.
func job(cores string) pod.Template {
	return pod.Template{Meta: labels.Meta{Labels: labels.Set{"kind": "job"}}, Spec: pod.Spec{
		RestartPolicy: pod.RestartNever,
		Containers: []pod.Container{{Name: "main", Image: "render", Resources: pod.Requirements{
			Requests: pod.Resources{pod.CPU: pod.MustParseQuantity(cores)},
		}}},
	}}
}

// How many nodes does a workload need? The same jobs come to clusters of several
// sizes for eight hours.
func ExampleWorkload() {
	for nodes := 2; nodes <= 4; nodes++ {
		c, err := simulate.New(simulate.Config{
			Orchestrator: orchestrator.Config{
				Machines: machines(nodes, "8"), Seed: 7,
				Node:      node.Rules{CheckPeriod: time.Minute, Grace: 3 * time.Minute},
				Lifecycle: lifecycle.Rules{TerminatedTTL: 10 * time.Minute},
			},
			Record: time.Minute,
			Models: []simulate.Model{{
				Image: "render",
				Start: simulate.Uniform{From: time.Second, To: 5 * time.Second},
				Runs:  simulate.LogNormal{Median: 20 * time.Minute, Sigma: 0.8},
				Ends:  []simulate.Ending{{Weight: 97}, {Weight: 2, ExitCode: 1}, {Weight: 1, OOM: true}},
			}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		c.Offer(simulate.Workload{Name: "job", Template: job("2"), Every: simulate.Exponential{Mean: 3 * time.Minute}, For: 8 * time.Hour})
		if err := c.Advance(8 * time.Hour); err != nil {
			fmt.Println(err)
			return
		}
		r := c.Report()
		fmt.Printf("%d nodes: %.0f %% of the cores are taken; of 100 jobs 99 wait for at most %s\n",
			nodes, 100*r.Mean(pod.CPU).Allocated, r.Queued.P99.Round(time.Second))
	}
	// Output:
	// 2 nodes: 99 % of the cores are taken; of 100 jobs 99 wait for at most 1h27m50s
	// 3 nodes: 77 % of the cores are taken; of 100 jobs 99 wait for at most 7m15s
	// 4 nodes: 58 % of the cores are taken; of 100 jobs 99 wait for at most 0s
}

// What became of a cluster, for people and for a plot.
func ExampleReport() {
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{Machines: machines(2, "4"), Seed: 7},
		Record:       10 * time.Minute,
		Models:       []simulate.Model{{Runs: simulate.Constant(15 * time.Minute)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Offer(simulate.Workload{Name: "job", Template: job("3"), At: []time.Duration{0, time.Minute, 2 * time.Minute, 20 * time.Minute}})
	c.Advance(30 * time.Minute)
	report := c.Report()
	fmt.Print(report)
	fmt.Println()
	report.WriteShares(os.Stdout)
	fmt.Println()
	report.WriteCounts(os.Stdout)
	fmt.Println()
	report.WriteQueueing(os.Stdout)
	// Output:
	// 30m0s on 2 nodes: 4 pods came; 0 wait, 0 start, 1 run, 3 succeeded, 0 failed; 0 evictions, 0 restarts
	// waited for a node   p50 0s, p90 13m0s, p99 13m0s, at most 13m0s (of 4)
	// came until it ran   p50 0s, p90 13m0s, p99 13m0s, at most 13m0s (of 4)
	// cpu                 allocated 56 % on average, 75 % at most, 38 % in the end; of the rest 60 % of no use on average
	//
	// time (s),cpu allocated,cpu fragmented
	// 0,37.5,20
	// 600,75,100
	// 1200,75,100
	// 1800,37.5,20
	//
	// time (s),waiting,starting,running,succeeded,failed,evictions,restarts
	// 0,0,0,1,0,0,0,0
	// 600,1,0,2,0,0,0,0
	// 1200,0,0,2,2,0,0,0
	// 1800,0,0,1,3,0,0,0
	//
	// time (s),p50,p90,p99,max
	// 0,0,0,0,0
	// 600,0,0,0,0
	// 1200,0,780,780,780
	// 1800,,,,
}

// A sample is how things are at a time.
func ExampleSample() {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: machines(2, "4")}, Record: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Apply(mixedController(3, 3)) // of one core each
	c.Advance(2 * time.Hour)
	tell := func(at time.Duration, pods simulate.Counts, waited simulate.Quantiles, cores simulate.Share) {
		fmt.Printf("%s: %d run, %d were placed, %g of the cores is taken\n", at, pods.Running, waited.Count, cores.Allocated)
	}
	for _, s := range c.Report().Samples {
		tell(s.At, s.Counts, s.Queued, s.Share(pod.CPU))
	}
	// Output:
	// 0s: 3 run, 3 were placed, 0.375 of the cores is taken
	// 1h0m0s: 3 run, 0 were placed, 0.375 of the cores is taken
	// 2h0m0s: 3 run, 0 were placed, 0.375 of the cores is taken
}

// Times are drawn from a source; the same source gives the same times.
func ExampleDistribution() {
	for _, d := range []simulate.Distribution{
		simulate.Constant(time.Minute),
		simulate.Uniform{From: time.Second, To: 3 * time.Second},
		simulate.Exponential{Mean: time.Minute},
		simulate.LogNormal{Median: time.Minute, Sigma: 1},
		simulate.Empirical{time.Second, time.Second, time.Hour},
	} {
		source, sum := rand.New(rand.NewPCG(1, 2)), time.Duration(0)
		for range 10_000 {
			sum += d.Draw(source)
		}
		fmt.Printf("%s: %s on average\n", d, (sum / 10_000).Round(100*time.Millisecond))
	}
	// Output:
	// 1m0s: 1m0s on average
	// 1s to 3s: 2s on average
	// exponential, 1m0s on average: 1m0.2s on average
	// log-normal, median 1m0s, sigma 1: 1m40.1s on average
	// one of 3 observed: 19m54.8s on average
}

// What clients do can be a part of a schedule, so that it is played and shrunk with it.
func ExampleAct() {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	scale := func(n int) simulate.Act {
		return simulate.Act{Name: fmt.Sprint("web is scaled to ", n), Do: func(c *simulate.Cluster) { c.Apply(replicas(n)) }}
	}
	schedule := simulate.Schedule{
		{At: 1 * time.Minute, Fault: scale(4)},
		{At: 2 * time.Minute, Fault: simulate.NodeDown{Node: "left", For: time.Minute}},
		{At: 3 * time.Minute, Fault: scale(1)},
	}
	fmt.Println(schedule)
	fmt.Println(c.Play(schedule, time.Hour), c.View().Pods().Len())
	// Output:
	// 1m0s: web is scaled to 4
	// 2m0s: left loses power for 1m0s
	// 3m0s: web is scaled to 1
	// <nil> 1
}
