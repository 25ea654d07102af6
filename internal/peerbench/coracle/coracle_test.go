package coracle_test

import (
	"strings"
	"testing"

	"github.com/coracle-dev/coracle/internal/peerbench/coracle"
	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Each way of placing the workload places all of it, where there is room. There are
// more nodes than an engine asks at a time.
func TestPlacesAll(t *testing.T) {
	s := workload.Size{Nodes: 300, Pods: 3000}
	for name, run := range map[string]func() (workload.Result, error){
		"pass":   func() (workload.Result, error) { return coracle.Pass(s) },
		"bind":   func() (workload.Result, error) { return coracle.Bind(s, nil) },
		"start":  func() (workload.Result, error) { return coracle.BindAndStart(s, nil) },
		"custom": func() (workload.Result, error) { return coracle.Bind(s, coracle.Custom()) },
		"pick":   func() (workload.Result, error) { return coracle.Pick(s) },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := run()
			if err != nil {
				t.Fatal(err)
			}
			if r.Placements != s.Pods || r.Elapsed <= 0 || name != "pick" && r.Allocs == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A cluster that is half full is refused: the whole workload is timed.
func TestRefusesBoundPods(t *testing.T) {
	_, err := coracle.Bind(workload.Size{Nodes: 3, Pods: 10, Bound: 10}, nil)
	if err == nil || !strings.Contains(err.Error(), "10 pods") {
		t.Error(err)
	}
}
