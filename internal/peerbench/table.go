package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// table collects the results of all rounds.
type table struct {
	sizes   []workload.Size
	results map[string][][]workload.Result // by row, and by size
}

func newTable(sizes []workload.Size) *table {
	return &table{sizes: sizes, results: make(map[string][][]workload.Result)}
}

func (t *table) add(id string, size int, r workload.Result) {
	if t.results[id] == nil {
		t.results[id] = make([][]workload.Result, len(t.sizes))
	}
	t.results[id][size] = append(t.results[id][size], r)
}

// rate returns the median of the placements per second, and how far apart the rounds
// were, as a share of it. Zero: there is no result.
func (t *table) rate(id string, size int) (median, spread float64) {
	if t.results[id] == nil {
		return 0, 0
	}
	var rates []float64
	for _, r := range t.results[id][size] {
		rates = append(rates, float64(r.Placements)/r.Elapsed.Seconds())
	}
	if len(rates) == 0 {
		return 0, 0
	}
	slices.Sort(rates)
	median = (rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2
	return median, (rates[len(rates)-1] - rates[0]) / median
}

// allocs returns the median of the objects allocated for each placement.
func (t *table) allocs(id string, size int) uint64 {
	var allocs []uint64
	for _, r := range t.results[id][size] {
		allocs = append(allocs, r.Allocs/uint64(r.Placements))
	}
	slices.Sort(allocs)
	return allocs[len(allocs)/2]
}

// write prints the table as Markdown. In parentheses: how many times as much the pass
// and the whole step of ours place in the same time.
func (t *table) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Placements per second; in parentheses how many times as fast our scheduling pass alone is, and our whole step. %s\n\n", conditions())
	middle := len(t.sizes) / 2
	b.WriteString("| |")
	for _, s := range t.sizes {
		fmt.Fprintf(&b, " %s nodes, %s pods |", thousands(s.Nodes), thousands(s.Pods))
	}
	fmt.Fprintf(&b, " allocations per pod at %s |\n|---|%s\n", thousands(t.sizes[middle].Nodes), strings.Repeat("---:|", len(t.sizes)+1))
	widest := 0.0
	for _, r := range rows {
		if t.results[r.id] == nil {
			continue
		}
		fmt.Fprintf(&b, "| %s |", r.name)
		for i := range t.sizes {
			rate, spread := t.rate(r.id, i)
			widest = max(widest, spread)
			fmt.Fprintf(&b, " %s", thousands(int(rate+0.5)))
			alone, _ := t.rate(pass, i)
			if whole, _ := t.rate(step, i); r.peer() {
				fmt.Fprintf(&b, " (%.3g×, %.3g×)", alone/rate, whole/rate)
			}
			b.WriteString(" |")
		}
		fmt.Fprintf(&b, " %s |\n", thousands(int(t.allocs(r.id, middle))))
	}
	if rounds := len(t.results[pass][0]); rounds == 1 {
		b.WriteString("\nOne round.\n")
	} else {
		fmt.Fprintf(&b, "\nMedians of %d rounds; the widest gap between two rounds of a row is %.0f %% of its median.\n", rounds, 100*widest)
	}
	small, _ := t.rate(pass, 0)
	large, _ := t.rate(pass, len(t.sizes)-1)
	fmt.Fprintf(&b, "Time for each placement of our scheduling pass alone, from %s to %s nodes: × %.2f.\n",
		thousands(t.sizes[0].Nodes), thousands(t.sizes[len(t.sizes)-1].Nodes), small/large)
	_, err := io.WriteString(w, b.String())
	return err
}

// conditions says what the figures depend on.
func conditions() string {
	versions := []string{runtime.Version(), fmt.Sprintf("GOMAXPROCS %d", runtime.GOMAXPROCS(0))}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/moby/swarmkit/v2" || d.Path == "k8s.io/kubernetes" || d.Path == "github.com/hashicorp/go-memdb" {
				versions = append(versions, d.Path+" "+d.Version)
			}
		}
	}
	return strings.Join(versions, ", ") + "."
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
