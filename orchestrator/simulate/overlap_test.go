package simulate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
)

// struck returns a cluster with one pod on its way up on node left, for as long
// as starting takes, and has the faults strike before or after that begins.
func struck(t *testing.T, starting time.Duration, before, after []simulate.Fault) *simulate.Cluster {
	t.Helper()
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{StartDelay: starting}}}}})
	require.NoError(t, c.Advance(time.Minute))
	for _, f := range before {
		c.Strike(f)
	}
	_, err := c.Apply(barePod("one", nil, pod.RestartAlways))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, "left", onePod(t, c).Spec.NodeName)
	for _, f := range after {
		c.Strike(f)
	}
	return c
}

func onePod(t *testing.T, c *simulate.Cluster) *pod.Pod {
	t.Helper()
	p, err := c.View().Pods().Get("default", "one")
	require.NoError(t, err)
	return p
}

// A fault that strikes again, weaker or for a shorter time, takes nothing from
// the one that is not over.
func TestFaultsOverlap(t *testing.T) {
	for _, faults := range [][]simulate.Fault{
		{simulate.Slow{Node: "left", By: time.Minute, For: time.Hour}, simulate.Slow{Node: "left", By: time.Second, For: 10 * time.Second}},
		{simulate.Slow{Node: "left", By: time.Minute, For: time.Hour}, simulate.Slow{Node: "left"}},
		{simulate.Lies{Node: "left", Lie: fake.Lie{DropEvery: 1}, For: time.Minute}, simulate.Lies{Node: "left", Lie: fake.Lie{Reverse: true}, For: time.Hour}},
		{simulate.Lies{Node: "left", Lie: fake.Lie{DropEvery: 1}, For: time.Minute}, simulate.Lies{Node: "left"}},
		{simulate.Reports{Node: "left", Lose: 1, For: time.Minute}, simulate.Reports{Node: "left", Double: 1, For: time.Hour}},
		{simulate.Reports{Node: "left", Lose: 1, For: time.Minute}, simulate.Reports{Node: "left"}},
	} {
		c := struck(t, 0, faults, nil)
		require.NoError(t, c.Advance(50*time.Second))
		require.Equal(t, pod.Pending, onePod(t, c).Status.Phase, "%v", faults)
		require.NoError(t, c.Advance(5*time.Minute))
		require.Equal(t, pod.Running, onePod(t, c).Status.Phase, "%v", faults)

		slices.Reverse(faults)
		c = struck(t, 0, faults, nil)
		require.NoError(t, c.Advance(50*time.Second))
		require.Equal(t, pod.Pending, onePod(t, c).Status.Phase, "%v", faults)
	}
}

// What is under way when a node is lost does not come back as if nothing had been.
func TestFaultsMeetCallsUnderWay(t *testing.T) {
	for _, test := range []struct {
		fault   simulate.Fault
		failed  string
		running time.Duration // after the pod came
	}{
		{simulate.NodeDown{Node: "left", For: time.Second}, "Container web could not be started: StartFailed: machine unreachable", 2 * time.Minute},
		{simulate.Partition{Nodes: []string{"left"}, For: time.Minute}, "Container web could not be started: StartFailed: machine unreachable", 2 * time.Minute},
		{simulate.Partition{Nodes: []string{"left"}, For: 5 * time.Second}, "", 31 * time.Second}, // it is back before the answer
		{simulate.Hang{Node: "left", For: 90 * time.Second}, "", 92 * time.Second},
		{simulate.Hang{Node: "left", For: 3 * time.Minute}, "Container web could not be started: StartFailed: the call has timed out", 4 * time.Minute},
	} {
		c := struck(t, 30*time.Second, nil, []simulate.Fault{test.fault})
		require.NoError(t, c.Advance(28*time.Second))
		require.Equal(t, pod.Pending, onePod(t, c).Status.Phase, "%v", test.fault)
		require.NoError(t, c.Advance(test.running-29*time.Second))
		require.Equal(t, pod.Running, onePod(t, c).Status.Phase, "%v", test.fault)
		failed := ""
		for _, e := range c.Events() {
			if e.Reason == "Failed" {
				failed = e.Message
			}
			require.NotEqual(t, "NotListed", e.Reason, "%v: a start that came to nothing is told as one that did not fail", test.fault)
		}
		require.Equal(t, test.failed, failed, "%v", test.fault)
	}
}

// A slow answer that would come after the call timeout does not come at all.
func TestSlowerThanTheCallTimeout(t *testing.T) {
	c := struck(t, 0, []simulate.Fault{simulate.Slow{Node: "left", By: time.Hour, For: time.Minute}}, nil)
	require.NoError(t, c.Advance(10*time.Minute))
	require.Equal(t, pod.Running, onePod(t, c).Status.Phase)
	require.True(t, slices.ContainsFunc(c.Events(), func(e labels.Event) bool {
		return e.Message == "Container web could not be started: StartFailed: the call has timed out"
	}))
}
