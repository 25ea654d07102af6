package main

import (
	"strings"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Every row places a small workload, all of it, where there is room.
func TestRows(t *testing.T) {
	for _, r := range rows {
		t.Run(r.id, func(t *testing.T) {
			for _, s := range []workload.Size{{Nodes: 10, Pods: 100}, {Nodes: 10, Pods: 50, Bound: 50}} {
				if s.Bound > 0 && r.most == 0 {
					continue // it is always timed on all pods
				}
				result, err := r.run(s)
				if err != nil {
					t.Fatalf("%+v: %v", s, err)
				}
				if result.Placements == 0 || result.Placements > s.Pods || result.Elapsed <= 0 {
					t.Errorf("%+v: %+v", s, result)
				}
			}
		})
	}
}

// A row that is timed on a part is timed in the middle.
func TestLimited(t *testing.T) {
	all := workload.Size{Nodes: 100, Pods: 1000}
	if got := (row{}).limited(all); got != all {
		t.Errorf("without a limit: %+v", got)
	}
	if got, want := (row{most: 200}).limited(all), (workload.Size{Nodes: 100, Pods: 200, Bound: 400}); got != want {
		t.Errorf("limited to 200: %+v", got)
	}
}

// The table has medians, and how many times as fast ours are.
func TestTable(t *testing.T) {
	small := newTable([]workload.Size{{Nodes: 10, Pods: 100}, {Nodes: 1000, Pods: 10000}})
	for _, ms := range []int{100, 900, 200} {
		small.add(pass, 0, workload.Result{Placements: 1000, Elapsed: time.Duration(ms) * time.Millisecond, Allocs: 7000})
		small.add(pass, 1, workload.Result{Placements: 1000, Elapsed: 400 * time.Millisecond, Allocs: 9000})
		small.add(step, 0, workload.Result{Placements: 1000, Elapsed: 500 * time.Millisecond, Allocs: 7000})
		small.add(step, 1, workload.Result{Placements: 1000, Elapsed: time.Second, Allocs: 20000})
		small.add("kube-every", 0, workload.Result{Placements: 10, Elapsed: time.Second, Allocs: 10})
		small.add("kube-every", 1, workload.Result{Placements: 10, Elapsed: time.Second, Allocs: 12340})
	}
	var b strings.Builder
	if err := small.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| | 10 nodes, 100 pods | 1,000 nodes, 10,000 pods | allocations per pod at 1,000 |\n|---|---:|---:|---:|\n",
		"| Coracle: the scheduling pass alone, best of all nodes | 5,000 | 2,500 | 9 |\n",
		"| Coracle: the whole step | 2,000 | 1,000 | 20 |\n",
		"| kube-scheduler: every node scored | 10 (500×, 200×) | 10 (250×, 100×) | 1,234 |\n",
		"Medians of 3 rounds; the widest gap between two rounds of a row is 178 % of its median.\n",
		"from 10 to 1,000 nodes: × 2.00.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("without %q:\n%s", want, b.String())
		}
	}
}

// What is asked for wrongly is refused by name.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		rounds                     int
		sizes, only, profile, want string
	}{
		{0, "10", "", "", "-rounds 0"},
		{1, "10,x", "", "", `"x"`},
		{1, "5", "", "", `"5"`},
		{1, "12", "", "", `"12"`},
		{1, "10", "nomad", "", `-row "nomad"`},
		{1, "10", "", "cpu.out", "-cpuprofile cpu.out: -row is missing"},
	} {
		err := run(t.Context(), c.rounds, c.sizes, c.only, c.profile)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
