package workload_test

import (
	"math"
	"strings"
	"testing"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// The load is what the README says, and the same whatever the size.
func TestLoad(t *testing.T) {
	for _, s := range []workload.Size{{Nodes: 1000, Pods: 10000}, {Nodes: 5000, Pods: 500, Bound: 24750}} {
		cpu, memory := s.Load()
		if s.Bound == 0 && (cpu[0] != 0 || !near(cpu[1], 0.38) || !near(memory[1], 0.19)) {
			t.Errorf("%+v: cores %.3f, memory %.3f", s, cpu, memory)
		}
		if s.Bound > 0 && (!near(cpu[0], 0.19) || !near(cpu[1], 0.19)) {
			t.Errorf("%+v: cores %.3f", s, cpu)
		}
	}
}

func near(got, want float64) bool { return math.Abs(got-want) < 0.01 }

// Pods that are on nodes from the beginning, and the others, have room somewhere: each
// node has as many for each core.
func TestBoundPodsFit(t *testing.T) {
	s := workload.Size{Nodes: 100, Bound: 500}
	if err := s.Check(placements(s)); err != nil {
		t.Error(err)
	}
}

// Check finds what is wrong with placements.
func TestCheck(t *testing.T) {
	s := workload.Size{Nodes: 3, Bound: 20}
	for _, c := range []struct {
		name   string
		change func(p []workload.Placement) []workload.Placement
		want   string
	}{
		{"one is missing", func(p []workload.Placement) []workload.Placement { return p[1:] }, "1 pods of"},
		{"one is there twice", func(p []workload.Placement) []workload.Placement { return append(p, p[0]) }, "1 pods of \"app-00000\" are on nodes beside all"},
		{"no such node", func(p []workload.Placement) []workload.Placement { p[0].Node = "x"; return p }, `node "x"`},
		{"too much", func(p []workload.Placement) []workload.Placement {
			for range 200 {
				p = append(p, p[0])
			}
			return p
		}, "more than it has"},
	} {
		if err := s.Check(c.change(placements(s))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func placements(s workload.Size) []workload.Placement {
	var placed []workload.Placement
	for _, p := range s.Shuffled() {
		placed = append(placed, workload.Placement{Owner: workload.OwnerName(p.Owner), Node: p.Node})
	}
	return placed
}
