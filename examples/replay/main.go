// Replay lets the pods of a production trace come to its cluster, with one
// scheduler after the other, and prints how many of the GPUs each can allocate.
//
//	go run ./examples/replay -data DIR
//	go run ./examples/replay -data DIR -policies fgd,pack,spread -seeds 3 -csv curves.csv
//
// README.md says where the trace comes from, what is compared, and what came out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	data := flags.String("data", "", "the `directory` with the two files of the trace")
	nodes := flags.String("nodes", "openb_node_list_all_node.csv", "the `file` of nodes in it")
	pods := flags.String("pods", "openb_pod_list_default.csv", "the `file` of pods in it")
	all := flags.Bool("all-nodes", false, "also those without a GPU; the paper leaves them out")
	list := flags.String("policies", "random,pack,dot-product,gpu-packing,best-fit,fgd", "the `policies` to compare")
	seeds := flags.Int("seeds", 10, "in how many orders the pods come")
	load := flags.Int("load", 130, "until how many `percent` of the GPUs they ask for")
	exact := flags.Bool("exact", false, "the paper's policies do not round their scores, and of equal nodes take the first by name")
	curves := flags.String("csv", "", "a `file` to write the curves of allocation to")
	fragments := flags.String("fragmentation-csv", "", "a `file` to write the curves of fragmentation to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := names(*list)
	switch {
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("%q: there are flags only", flags.Arg(0))
	case *data == "":
		return fmt.Errorf("-data is required: the directory with %s and %s", *nodes, *pods)
	case *seeds < 1 || *seeds > 1000:
		return fmt.Errorf("-seeds %d: must be from 1 to 1000", *seeds)
	case *load < 1 || *load > 1000:
		return fmt.Errorf("-load %d: must be from 1 to 1000", *load)
	}
	t, err := readTrace(filepath.Join(*data, *nodes), filepath.Join(*data, *pods), *all)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d nodes with %d GPUs; %d pods that ask for %.0f\n", len(t.nodes), t.capacity/1000, len(t.pods), float64(t.requested())/1000)

	began := time.Now()
	outcomes, err := replayAll(ctx, t, chosen, *seeds, *load, *exact)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d policies, %d seeds: %.1f s on %d processors\n\n", len(chosen), *seeds, time.Since(began).Seconds(), runtime.GOMAXPROCS(0))
	if err := report(out, chosen, outcomes); err != nil {
		return err
	}
	if err := save(*curves, chosen, outcomes, allocation); err != nil {
		return err
	}
	return save(*fragments, chosen, outcomes, fragmentation)
}

// save writes curves to a file; none where the path is empty.
func save(path string, names []string, outcomes [][]outcome, of func(o *outcome) []float64) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := writeCSV(file, names, outcomes, of); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
