package orchestrator_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// BenchmarkHealthChecks has 5,000 nodes checked every 10 s for a minute of real
// time, with two pods on each. It reports the share of one core that this takes,
// and how many checks were missed: of a node that was checked fewer than six
// times, or that was ever not ready.
func BenchmarkHealthChecks(b *testing.B) {
	const nodes, minute = 5_000, time.Minute
	for b.Loop() {
		machines := &fake.Machines{}
		cfg := orchestrator.Config{Dial: machines.Dial}
		for i := range nodes {
			cfg.Machines = append(cfg.Machines, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%04d", i)}})
		}
		o, err := orchestrator.New(cfg)
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- o.Run(ctx) }()
		_, err = o.Client().Controllers().Apply(ctx, controllerOf(2*nodes))
		require.NoError(b, err)
		waitRunning(ctx, b, o.Client(), 2*nodes)

		before := listCalls(machines)
		used := cpuTime(b)
		<-time.After(minute)
		used = cpuTime(b) - used
		missed := 0
		for name, after := range listCalls(machines) {
			missed += max(0, 6-(after-before[name]))
		}
		for _, e := range o.Client().Events(orchestrator.EventFilter{Kind: "Node", Reason: "NodeNotReady"}) {
			missed += e.Count
		}
		b.ReportMetric(100*used.Seconds()/minute.Seconds(), "%core")
		b.ReportMetric(float64(missed), "missed")
		cancel()
		require.NoError(b, <-ended)
	}
}

// waitRunning returns when so many pods are ready.
func waitRunning(ctx context.Context, b *testing.B, c *orchestrator.Client, n int) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := c.Wait(ctx, func(view store.Reader) bool {
		rc, err := view.Controllers().Get(labels.DefaultNamespace, "web")
		return err == nil && rc.Status.ReadyReplicas == n
	})
	require.NoError(b, err)
}

// listCalls returns how often each node's runtime was listed so far.
func listCalls(machines *fake.Machines) map[string]int {
	calls := make(map[string]int)
	for _, name := range machines.Names() {
		calls[name] = machines.Node(name).Calls().List
	}
	return calls
}

// cpuTime returns what this process has used of all cores so far.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
