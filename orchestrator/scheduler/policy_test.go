package scheduler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

var _ scheduler.Scheduler = (*scheduler.Policy)(nil)

func TestPickTakesTheFirstOfEquals(t *testing.T) {
	c := clusterOf(newNode("c"), newNode("a", cordoned), newNode("b"), newNode("d"))
	require.Equal(t, scheduler.Decision{Node: "b", Nodes: 4}, pick(newPod("p"), c))
	c.Place(newPod("q"), "b")
	require.Equal(t, "c", pick(newPod("p"), c).Node)
}

// Pods that request nothing spread evenly, also when they are guessed to use
// more than there is.
func TestPickSpreads(t *testing.T) {
	for _, room := range []string{"", "cpu=1,memory=1Gi", "cpu=1", "pods=100", "cpu=0,memory=0"} {
		c := clusterOf(newNode("a", capacity(room)), newNode("b", capacity(room)), newNode("c", capacity(room)))
		for i := range 90 {
			p := newPod(fmt.Sprint(i))
			d := pick(p, c)
			require.Equal(t, string(rune('a'+i%3)), d.Node, "pod %d, %q", i, room)
			c.Place(p, d.Node)
		}
		for n := range c.Nodes() {
			require.Equal(t, 30, n.Pods)
		}
	}
}

// One history of picks, whatever the order in which the nodes came.
func TestPickIsDeterministic(t *testing.T) {
	history := func(seed uint64) (picks []string) {
		order := rand.New(rand.NewPCG(seed, 0))
		rnd := rand.New(rand.NewPCG(42, 0)) // the same cluster and pods in every history
		var nodes []*node.Node
		for i := range 40 {
			set := labels.Set{"zone": string(rune('a' + i%3)), "disk": "ssd", "rack": fmt.Sprint(i % 7)}
			nodes = append(nodes, newNode(fmt.Sprintf("n%02d", i), labelled(set),
				capacity(fmt.Sprintf("cpu=%d,memory=%dGi,a.b/gpu=%d,a.b/nic=2", 1+rnd.IntN(4), 1+rnd.IntN(8), rnd.IntN(3)))))
		}
		order.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		c := clusterOf(nodes...)
		for i := range 200 {
			p := newPod(fmt.Sprint(i), requests(fmt.Sprintf("cpu=%dm,memory=%dMi,a.b/gpu=%d", rnd.IntN(2000), rnd.IntN(4000), rnd.IntN(2))))
			if rnd.IntN(3) == 0 {
				p.Spec.NodeSelector = labels.Set{"zone": "b", "disk": "ssd", "rack": fmt.Sprint(rnd.IntN(7))}
			}
			if rnd.IntN(5) == 0 {
				ports(port("10.0.0.1", 80, ""), port("", 81, ""), port("", 82, pod.UDP))(p)
			}
			d := pick(p, c)
			require.Equal(t, d, pick(p, c))
			if d.Node != "" {
				c.Place(p, d.Node)
			}
			picks = append(picks, d.Node+d.Message())
		}
		return picks
	}
	want := history(0)
	require.Greater(t, len(slices.Compact(slices.Sorted(slices.Values(want)))), 40, "nodes and messages")
	for seed := range uint64(20) {
		require.Equal(t, want, history(seed))
	}
}

func TestPickChangesNothing(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=4,a.b/gpu=2")), newNode("b", cordoned))
	c.Place(newPod("q", requests("cpu=1,a.b/gpu=1")), "a")
	p := newPod("p", requests("cpu=1,a.b/gpu=1"), selector(labels.Set{}), ports(port("", 80, "")))
	before := p.Copy()
	require.Equal(t, "a", pick(p, c).Node)
	require.Equal(t, before, p)
	require.Empty(t, c.Placed("p"))
	require.Equal(t, scheduler.Count{Pods: 1, Used: used("cpu=1,a.b/gpu=1", 1)}, c.Count("a"))
}

// Nil filters and scorers are the default ones, empty ones are none.
func TestPolicyWithoutFilters(t *testing.T) {
	c := clusterOf(newNode("a", cordoned), newNode("b"), newNode("c"))
	c.Place(newPod("q"), "b")
	p := newPod("p")
	require.Equal(t, "c", (&scheduler.Policy{}).Pick(p, c).Node)
	require.Equal(t, "b", (&scheduler.Policy{Scorers: []scheduler.Scorer{}}).Pick(p, c).Node)
	require.Equal(t, "a", (&scheduler.Policy{Filters: []scheduler.Filter{}}).Pick(p, c).Node)
	require.Equal(t, "1 cordoned", scheduler.Refusal{Reason: (&scheduler.Policy{}).Fits(scheduler.NewRequest(p), c.Node("a")), Nodes: 1}.String())
	require.Zero(t, (&scheduler.Policy{Filters: []scheduler.Filter{}}).Fits(scheduler.NewRequest(p), c.Node("a")))
}

// Filters are asked in order until one refuses; scorers only about what is left.
func TestPolicyAsks(t *testing.T) {
	var asked []string
	filter := func(name, refuses string) scheduler.Filter {
		return scheduler.Filter{Name: name, Fits: func(_ *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
			asked = append(asked, name+n.Node.Name)
			if n.Node.Name == refuses {
				return scheduler.Reason{What: "refused by " + name}
			}
			return scheduler.Reason{}
		}}
	}
	policy := &scheduler.Policy{
		Filters: []scheduler.Filter{filter("F", "a"), filter("G", "b")},
		Scorers: []scheduler.Scorer{{Name: "S", Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
			asked = append(asked, "S"+n.Node.Name)
			return 0
		}}},
	}
	require.Equal(t, "c", policy.Pick(newPod("p"), clusterOf(newNode("a"), newNode("b"), newNode("c"))).Node)
	require.Equal(t, []string{"Fa", "Fb", "Gb", "Fc", "Gc", "Sc"}, asked)
	require.Equal(t, "0 of 2 nodes fit: 1 refused by F, 1 refused by G", policy.Pick(newPod("p"), clusterOf(newNode("a"), newNode("b"))).Message())
}

func TestPolicyWeighs(t *testing.T) {
	scores := map[string][2]float64{"a": {10, 10}, "b": {50, 0}, "c": {0, 40}, "0": {math.NaN(), 100}, "z": {100, math.NaN()}}
	scorer := func(i int, weight float64) scheduler.Scorer {
		return scheduler.Scorer{Weight: weight, Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 { return scores[n.Node.Name][i] }}
	}
	for _, test := range []struct {
		weights [2]float64
		nodes   string
		want    string
	}{
		{[2]float64{1, 1}, "abc", "b"},
		{[2]float64{0, 0}, "abc", "b"}, // as 1 and 1
		{[2]float64{0, 1.5}, "abc", "c"},
		{[2]float64{1, 2}, "abc", "c"},
		{[2]float64{-1, 0.1}, "abc", "c"},
		{[2]float64{-1, -1}, "abc", "a"},
		{[2]float64{1, 1}, "0a", "a"}, // not a number: last
		{[2]float64{1, 1}, "az", "a"},
		{[2]float64{1, 1}, "z", "z"}, // but it fits
		{[2]float64{1, 1}, "0z", "0"},
	} {
		var c scheduler.Cluster
		for _, name := range test.nodes {
			c.SetNode(newNode(string(name)))
		}
		policy := &scheduler.Policy{Scorers: []scheduler.Scorer{scorer(0, test.weights[0]), scorer(1, test.weights[1])}}
		require.Equal(t, test.want, policy.Pick(newPod("p"), &c).Node, "%v of %s", test.weights, test.nodes)
	}
}

// What a caller does to the default filters is nobody else's business.
func TestDefaultsAreTheCallers(t *testing.T) {
	scheduler.DefaultFilters()[0] = scheduler.Filter{}
	scheduler.DefaultScorers()[0] = scheduler.Scorer{}
	require.Equal(t, "a", pick(newPod("p"), clusterOf(newNode("a"))).Node)
	names := map[string]bool{}
	for _, f := range scheduler.DefaultFilters() {
		names[f.Name] = true
	}
	for _, s := range scheduler.DefaultScorers() {
		names[s.Name] = true
	}
	require.Len(t, names, 11)
}

// A pick costs allocations for the pod, none for each node.
func TestPickAllocates(t *testing.T) {
	p := newPod("p", requests("cpu=1,memory=1Gi,a.b/gpu=1"), selector(labels.Set{"zone": "a"}), ports(port("", 80, "")))
	allocations := func(nodes int) float64 {
		var c scheduler.Cluster
		for i := range nodes {
			n := newNode(fmt.Sprintf("n%04d", i), capacity("cpu=4,a.b/gpu=1"), labelled(labels.Set{"zone": []string{"a", "b"}[i%2]}))
			if i%4 == 0 {
				taints(node.Taint{Key: "k", Effect: pod.NoSchedule})(n)
			}
			c.SetNode(n)
			if i%8 == 2 {
				c.Place(newPod(n.Name, requests("a.b/gpu=1")), n.Name)
			}
			if i%8 == 6 {
				c.Place(newPod(n.Name, ports(port("", 80, ""))), n.Name)
			}
		}
		require.Len(t, pick(p, &c).Refused, 4)
		return testing.AllocsPerRun(20, func() { pick(p, &c) })
	}
	require.Equal(t, allocations(100), allocations(1000))
}
