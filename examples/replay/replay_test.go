package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// The curves of all policies on a small trace. Where they are meant to change:
//
//	go run ./examples/replay -data examples/replay/testdata -nodes nodes.csv -pods pods.csv -seeds 3 -policies \
//	  random,least-allocated,spread,pack,balance,dot-product,gpu-packing,best-fit,fgd -csv examples/replay/testdata/curves.csv
func TestCurves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curves.csv")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{
		"-data", "testdata", "-nodes", "nodes.csv", "-pods", "pods.csv", "-seeds", "3", "-csv", path,
		"-policies", "random,least-allocated,spread,pack,balance,dot-product,gpu-packing,best-fit,fgd",
	}, &out))
	want, err := os.ReadFile("testdata/curves.csv")
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	require.Contains(t, out.String(), "6 nodes with 21 GPUs; 16 pods that ask for 13")
}

// watched looks at the cluster before each pick: every device has from none to
// all of it left, and every pod is where its task may be.
type watched struct {
	*scheduler.Policy
	t     *testing.T
	trace *trace
}

func (w watched) Pick(p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	for n := range c.Nodes() {
		left := int64(0)
		for _, milli := range n.Devices(gpu) {
			require.True(w.t, milli >= 0 && milli <= 1000, "%s: %v", n.Node.Name, n.Devices(gpu))
			left += milli
		}
		require.Equal(w.t, n.Free.Milli(gpu), left, n.Node.Name)
	}
	d := w.Policy.Pick(p, c)
	if p.Spec.Affinity != nil && d.Node != "" {
		models := p.Spec.Affinity.NodeAffinity.Required.Terms[0].Expressions[0].Values
		require.Contains(w.t, models, c.Node(d.Node).Node.Labels[model])
	}
	return d
}

func TestReplayKeepsTheRules(t *testing.T) {
	trace, err := readTrace(testNodes, testPods, true)
	require.NoError(t, err)
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			o, err := replay(t.Context(), trace, watched{policy(trace, 7), t, trace}, workloadOf(trace), 7, 200)
			require.NoError(t, err)
			require.Len(t, o.allocation, 201)
			require.True(t, slices.IsSorted(o.allocation), "nobody leaves")
			last := o.allocation[200]
			require.True(t, last > 50 && last <= 100, "%v", last)
			require.Positive(t, o.failed)
			for x := range o.fragmentation {
				require.LessOrEqual(t, o.fragmentation[x], 100-o.allocation[x]+1e-9, "no more fragments than is left")
			}
		})
	}
}

// lost sends every pod to a node that is not there.
type lost struct{}

func (lost) Pick(_ *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	return scheduler.Decision{Node: "away", Nodes: c.Len()}
}

func TestReplayTellsWhatIsWrong(t *testing.T) {
	trace, err := readTrace(testNodes, testPods, false)
	require.NoError(t, err)
	_, err = replay(t.Context(), trace, lost{}, workloadOf(trace), 1, 100)
	require.EqualError(t, err, `place pod "pod-000000": there is no node "away"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = replayAll(ctx, trace, []string{"fgd"}, 2, 100, false)
	require.ErrorIs(t, err, context.Canceled)
}

// Without a seed the score alone decides, to the last digit, and then the name.
func TestExact(t *testing.T) {
	score := func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
		return map[string]float64{"a": 1, "b": 1.5, "c": 1.5, "d": 1.2}[n.Node.Name]
	}
	var c scheduler.Cluster
	for _, name := range []string{"a", "b", "c", "d"} {
		c.SetNode(machine(name, 8000, 1024, 2, "T4"))
	}
	p, chosen := taskKey{cpu: 100}.task().pod(1), make(map[string]bool)
	for seed := range uint64(50) {
		chosen[scored(seed+1, "S", score).Pick(p, &c).Node] = true
	}
	require.Len(t, chosen, 4, "all are rounded to 1")
	require.Equal(t, "b", scored(0, "S", score).Pick(p, &c).Node)
}

// Every pod of the trace comes once before any comes again, in an order by seed.
func TestArrivals(t *testing.T) {
	trace, err := readTrace(testNodes, testPods, false)
	require.NoError(t, err)
	order := func(seed uint64) (tasks []*task) {
		for next := trace.arrivals(seed); len(tasks) < 2*len(trace.pods); {
			tasks = append(tasks, next())
		}
		return tasks
	}
	first := order(1)
	require.ElementsMatch(t, trace.pods, first[:len(trace.pods)])
	require.Subset(t, trace.pods, first[len(trace.pods):])
	require.Equal(t, first, order(1))
	require.NotEqual(t, first, order(2))
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "-data is required: the directory with openb_node_list_all_node.csv and openb_pod_list_default.csv"},
		{[]string{"-data", "testdata", "more"}, `"more": there are flags only`},
		{[]string{"-data", "testdata", "-seeds", "0"}, "-seeds 0: must be from 1 to 1000"},
		{[]string{"-data", "testdata", "-load", "-5"}, "-load -5: must be from 1 to 1000"},
		{[]string{"-data", "testdata", "-policies", "fgd,best"}, `there is no policy "best", only balance, best-fit, dot-product, fgd, gpu-packing, least-allocated, pack, random, spread`},
		{[]string{"-data", "testdata", "-policies", "fgd,fgd"}, `policy "fgd" is listed twice`},
	} {
		require.EqualError(t, run(t.Context(), c.args, &bytes.Buffer{}), c.says)
	}
}

// Shares that best fit would put on one device are on both.
func TestRandomChoosesTheDevice(t *testing.T) {
	var c scheduler.Cluster
	c.SetNode(machine("a", 8000, 1024, 2, "T4"))
	policy, share := random(nil, 1), taskKey{cpu: 100, gpus: 1, milli: 100}.task()
	for i := range 10 {
		p := share.pod(i)
		require.NoError(t, c.Accept(p, policy.Pick(p, &c)))
	}
	left := c.Node("a").Devices(gpu)
	require.EqualValues(t, 1000, left[0]+left[1])
	require.Less(t, left[1], int64(1000))
}

// The whole trace, where CORACLE_OPENB names the directory that it lies in: the
// policies come in the order that the paper reports.
func TestOpenb(t *testing.T) {
	dir := os.Getenv("CORACLE_OPENB")
	if dir == "" {
		t.Skip("CORACLE_OPENB names no directory with the trace")
	}
	trace, err := readTrace(filepath.Join(dir, "openb_node_list_all_node.csv"), filepath.Join(dir, "openb_pod_list_default.csv"), false)
	require.NoError(t, err)
	require.Len(t, trace.nodes, 1213)
	require.EqualValues(t, 6212000, trace.capacity)
	outcomes, err := replayAll(t.Context(), trace, []string{"random", "dot-product", "gpu-packing", "best-fit", "fgd"}, 1, 130, false)
	require.NoError(t, err)
	var last []float64
	for _, of := range outcomes {
		last = append(last, of[0].allocation[130])
	}
	require.IsIncreasing(t, last)
	require.Greater(t, last[4], 94.0)
}
