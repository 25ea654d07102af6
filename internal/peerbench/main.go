// Command peerbench gives the same scheduling work to the engine of this module and to the
// schedulers of other orchestrators, and prints how many placements per second
// each commits to its own store. The README says how, and what to make of it.
//
//	go run . [-rounds n] [-sizes nodes,…]
//	go run . -row name [-sizes nodes] [-cpuprofile file]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often everything is run; the table has the medians")
	sizes := flag.String("sizes", "1000,5000,10000", "numbers of nodes, multiples of 5; there are ten pods for each")
	only := flag.String("row", "", "run this row once at the first size, in this process, and print the result as JSON")
	profile := flag.String("cpuprofile", "", "with -row: write a CPU profile of what is timed to this file")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "peerbench: %q: there are flags only\n", flag.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *sizes, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, nodes, only, profile string) error {
	sizes, err := parse(nodes)
	if err != nil {
		return err
	}
	if only != "" {
		return one(only, sizes[0], profile)
	}
	if profile != "" {
		return fmt.Errorf("-cpuprofile %s: -row is missing: without it each row runs in a process of its own", profile)
	}
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: at least one is needed", rounds)
	}
	t := newTable(sizes)
	for round := range rounds {
		for i, s := range sizes {
			for _, r := range rows {
				result, err := apart(ctx, r, s)
				if err != nil {
					return fmt.Errorf("%s, %d nodes: %w", r.id, s.Nodes, err)
				}
				t.add(r.id, i, result)
				fmt.Fprintf(os.Stderr, "round %d, %d nodes, %s: %d placements in %v\n", round+1, s.Nodes, r.id, result.Placements, result.Elapsed)
			}
		}
	}
	return t.write(os.Stdout)
}

// parse reads numbers of nodes.
func parse(list string) ([]workload.Size, error) {
	var sizes []workload.Size
	for field := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 10 || n*10%workload.Replicas != 0 {
			return nil, fmt.Errorf("-sizes %q: %q is no multiple of 5 from 10 on", list, field)
		}
		sizes = append(sizes, workload.Size{Nodes: n, Pods: 10 * n})
	}
	return sizes, nil
}

// one runs a row in this process.
func one(id string, s workload.Size, profile string) error {
	i := slices.IndexFunc(rows, func(r row) bool { return r.id == id })
	if i < 0 {
		return fmt.Errorf("-row %q: there is no such row", id)
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		workload.Profile = f
	}
	result, err := rows[i].run(rows[i].limited(s))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// apart runs a row in a process of its own, so that none has the heap of another.
func apart(ctx context.Context, r row, s workload.Size) (workload.Result, error) {
	program, err := os.Executable()
	if err != nil {
		return workload.Result{}, err
	}
	cmd := exec.CommandContext(ctx, program, "-row", r.id, "-sizes", strconv.Itoa(s.Nodes))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return workload.Result{}, err
	}
	var result workload.Result
	if err := json.Unmarshal(out, &result); err != nil {
		return workload.Result{}, fmt.Errorf("read the result: %w", err)
	}
	return result, nil
}
