package main

import (
	"strings"

	"github.com/coracle-dev/coracle/internal/peerbench/coracle"
	"github.com/coracle-dev/coracle/internal/peerbench/kube"
	"github.com/coracle-dev/coracle/internal/peerbench/swarmkit"
	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// row is one way to place the workload: a line of the table.
type row struct {
	id   string // names it on the command line
	name string
	run  func(workload.Size) (workload.Result, error)
	most int // pods that are placed and timed at most; zero: all
}

// The rows of ours that the others are compared with.
const (
	pass = "coracle-pass" // what the peers' rows contain as well
	step = "coracle-step" // more than they do
)

// rows are the lines of the table.
var rows = []row{
	{pass, "Coracle: the scheduling pass alone, best of all nodes", coracle.Pass, 0},
	{step, "Coracle: the whole step", func(s workload.Size) (workload.Result, error) { return coracle.Bind(s, nil) }, 0},
	{"coracle-start", "Coracle: the whole step, and starts given out", func(s workload.Size) (workload.Result, error) { return coracle.BindAndStart(s, nil) }, 0},
	{"coracle-custom", "Coracle: the whole step, a filter and a scorer of the user", func(s workload.Size) (workload.Result, error) { return coracle.Bind(s, coracle.Custom()) }, 0},
	{"coracle-pick", "Coracle: placement alone, nothing committed", coracle.Pick, 0},
	{"swarmkit-services", "SwarmKit: one service at a time", swarmkit.Services, 0},
	{"swarmkit-tasks", "SwarmKit: single tasks", swarmkit.Tasks, 3000},
	{"kube-default", "kube-scheduler: default, a sample of the nodes", kube.Default, 3000},
	{"kube-every", "kube-scheduler: every node scored", kube.EveryNode, 500},
}

// peer reports whether the row is another scheduler's.
func (r row) peer() bool { return !strings.HasPrefix(r.id, "coracle-") }

// limited returns the part of the workload that the row is timed on. If that is not
// all, it is the middle: the pods before it are on nodes, those behind it are left out.
func (r row) limited(s workload.Size) workload.Size {
	if r.most > 0 && s.Pods > r.most {
		s.Bound = (s.Pods - r.most) / 2
		s.Pods = r.most
	}
	return s
}
