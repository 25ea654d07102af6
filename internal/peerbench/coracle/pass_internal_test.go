package coracle

import (
	"strings"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// A benchmark's line is found among the others, and read by its units.
func TestParse(t *testing.T) {
	const others = "goos: linux\nBenchmarkSchedule/nodes=10/pods=1000-2 1 1 placements/s 1 allocs/op\n"
	s := workload.Size{Nodes: 10, Pods: 100}
	for _, c := range []struct {
		name, line, refused string
	}{
		{"all", "BenchmarkSchedule/nodes=10/pods=100-2 \t 1\t 50.0 placements/s\t 96 B/op\t 700 allocs/op\nPASS\n", ""},
		{"one processor", "BenchmarkSchedule/nodes=10/pods=100 \t 1\t 50.0 placements/s\t 96 B/op\t 700 allocs/op\nPASS\n", ""},
		{"no rate", "BenchmarkSchedule/nodes=10/pods=100-2 \t 1\t 96 B/op\t 700 allocs/op\nPASS\n", "placements/s"},
		{"no number", "BenchmarkSchedule/nodes=10/pods=100-2 \t 1\t x placements/s\t 700 allocs/op\nPASS\n", `"x"`},
		{"another size", "PASS\n", "nodes=10/pods=100"},
	} {
		got, err := parse(others+c.line, s)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if want := (workload.Result{Placements: 100, Elapsed: 2 * time.Second, Allocs: 700}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
