package swarmkit_test

import (
	"testing"

	"github.com/coracle-dev/coracle/internal/peerbench/swarmkit"
	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Each way of placing the workload places all of it, or the part that is on no node yet.
func TestPlacesAll(t *testing.T) {
	for name, run := range map[string]func(workload.Size) (workload.Result, error){
		"services": swarmkit.Services,
		"tasks":    swarmkit.Tasks,
	} {
		for _, s := range []workload.Size{{Nodes: 30, Pods: 300}, {Nodes: 30, Pods: 150, Bound: 150}} {
			r, err := run(s)
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, s, err)
			}
			if r.Placements != s.Pods || r.Elapsed <= 0 {
				t.Errorf("%s, %+v: %+v", name, s, r)
			}
		}
	}
}
