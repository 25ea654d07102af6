package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Every policy keeps what a scheduler promises, on nodes and with pods of a trace.
func TestConformance(t *testing.T) {
	small, err := readTrace(testNodes, testPods, true)
	require.NoError(t, err)
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			orchtest.Scheduler(t, orchtest.SchedulerHarness{
				New: func(*testing.T) scheduler.Scheduler { return policy(small, 1) },
				Node: func(i int) *node.Node {
					n := small.nodes[i%len(small.nodes)].Copy()
					n.Name = fmt.Sprintf("%s-%d", n.Name, i)
					return n
				},
				Pod: func(i int) *pod.Pod { return small.pods[i%len(small.pods)].pod(i).Copy() },
			})
		})
	}
}
