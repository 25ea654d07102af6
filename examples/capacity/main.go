// Capacity answers how many nodes a workload needs: the same day of jobs comes to
// clusters of several sizes, and for each it says how much of it is taken and how
// long jobs wait. A day takes a second or two.
//
//	go run ./examples/capacity
//	go run ./examples/capacity -wait 30s -csv curves   # and what happened, over time
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
)

func main() {
	from := flag.Int("from", 6, "nodes to begin with")
	to := flag.Int("to", 12, "nodes to end with")
	wait := flag.Duration("wait", time.Minute, "how long 99 of 100 jobs may wait")
	seed := flag.Uint64("seed", 1, "another day for each")
	dir := flag.String("csv", "", "a directory to write the curves to")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		log.Fatalf("%q: there are flags only", flag.Arg(0))
	case *from < 1:
		log.Fatalf("-from %d: must be at least 1", *from)
	case *to < *from:
		log.Fatalf("-to %d: must be at least -from, which is %d", *to, *from)
	}

	fmt.Println("nodes   jobs   cpu taken   no use of the rest   wait: p50      p90      p99")
	enough := 0
	for nodes := *from; nodes <= *to; nodes++ {
		r, err := day(nodes, *seed)
		if err != nil {
			log.Fatal(err)
		}
		cpu := r.Mean(pod.CPU)
		fmt.Printf("%5d %6d %9.0f %% %18.0f %% %11s %8s %8s\n", nodes, r.Came, 100*cpu.Allocated, 100*cpu.Fragmented,
			r.Queued.P50.Round(time.Second), r.Queued.P90.Round(time.Second), r.Queued.P99.Round(time.Second))
		if enough == 0 && r.Queued.P99 <= *wait {
			enough = nodes
		}
		if *dir != "" {
			if err := write(*dir, nodes, r); err != nil {
				log.Fatal(err)
			}
		}
	}
	if enough == 0 {
		fmt.Printf("None of these is enough for 99 of 100 jobs to wait for at most %s.\n", *wait)
		return
	}
	fmt.Printf("%d nodes are enough for 99 of 100 jobs to wait for at most %s.\n", enough, *wait)
}

// day plays a day on so many nodes of 16 cores: small jobs that come all the
// time, and large ones that are few and take long.
func day(nodes int, seed uint64) (simulate.Report, error) {
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{
			Machines: machines(nodes), Seed: seed,
			// Nothing fails here but jobs: nodes need not be asked often, nor records be kept for long.
			Node:      node.Rules{CheckPeriod: time.Minute, Grace: 3 * time.Minute},
			Lifecycle: lifecycle.Rules{TerminatedTTL: 10 * time.Minute},
		},
		Record: 5 * time.Minute,
		Models: []simulate.Model{{
			Selector: labels.SelectorFromSet(labels.Set{"size": "small"}),
			Start:    simulate.Uniform{From: time.Second, To: 10 * time.Second},
			Runs:     simulate.LogNormal{Median: 10 * time.Minute, Sigma: 1},
			Ends:     []simulate.Ending{{Weight: 98}, {Weight: 2, ExitCode: 1}},
		}, {
			Selector: labels.SelectorFromSet(labels.Set{"size": "large"}),
			Start:    simulate.Constant(30 * time.Second),
			Runs:     simulate.Exponential{Mean: 2 * time.Hour},
		}},
	})
	if err != nil {
		return simulate.Report{}, err
	}
	for _, w := range []simulate.Workload{
		{Name: "small", Template: job("small", "1", "2Gi"), Every: simulate.Exponential{Mean: 20 * time.Second}},
		{Name: "large", Template: job("large", "6", "24Gi"), Every: simulate.Exponential{Mean: 15 * time.Minute}},
	} {
		if err := c.Offer(w); err != nil {
			return simulate.Report{}, err
		}
	}
	if err := c.Advance(24 * time.Hour); err != nil {
		return simulate.Report{}, err
	}
	return c.Report(), nil
}

func machines(n int) (list []*node.Node) {
	for i := range n {
		list = append(list, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%02d", i)}, Status: node.Status{
			Capacity: pod.Resources{pod.CPU: pod.MustParseQuantity("16"), pod.Memory: pod.MustParseQuantity("64Gi")},
		}})
	}
	return list
}

func job(size, cores, memory string) pod.Template {
	return pod.Template{Meta: labels.Meta{Labels: labels.Set{"size": size}}, Spec: pod.Spec{
		RestartPolicy: pod.RestartOnFailure,
		Containers: []pod.Container{{Name: "main", Image: "job", Resources: pod.Requirements{
			Requests: pod.Resources{pod.CPU: pod.MustParseQuantity(cores), pod.Memory: pod.MustParseQuantity(memory)},
		}}},
	}}
}

// write keeps the curves of a cluster as CSV.
func write(dir string, nodes int, r simulate.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, table := range map[string]func(io.Writer) error{
		"shares": r.WriteShares, "counts": r.WriteCounts, "queueing": r.WriteQueueing,
	} {
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%02d-nodes-%s.csv", nodes, name)))
		if err != nil {
			return err
		}
		if err := table(file); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}
