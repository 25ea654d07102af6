package scheduler_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// used returns what pods that request this together use.
func used(text string, pods int64) scheduler.Amounts {
	a := scheduler.AmountsOf(amounts(text))
	a.Pods = pods
	return a
}

func TestClusterIsEmpty(t *testing.T) {
	var c scheduler.Cluster
	require.Zero(t, c.Len())
	require.Nil(t, c.Node("a"))
	require.Empty(t, slices.Collect(c.Nodes()))
	require.Empty(t, c.Placed("p"))
	require.False(t, c.Displace("p"))
	c.DeleteNode("a")
	require.Equal(t, scheduler.Count{}, c.Count("a"))
}

func TestClusterCounts(t *testing.T) {
	c := clusterOf(newNode("b", capacity("cpu=4,memory=4Gi,a.b/gpu=2,pods=10")), newNode("a"))
	c.Place(newPod("p", requests("cpu=1,memory=1Gi,a.b/gpu=1")), "b")
	c.Place(newPod("q", requests("cpu=500m,ephemeral-storage=1Gi,a.b/nic=1")), "b")
	n := c.Node("b")
	require.Equal(t, 2, n.Pods)
	require.Equal(t, used("cpu=1500m,memory=1Gi,ephemeral-storage=1Gi,a.b/gpu=1,a.b/nic=1", 2), n.Used)
	require.True(t, n.Used.Equal(c.Count("b").Used))
	for name, want := range map[pod.ResourceName][3]int64{ // room, used, free
		pod.CPU:              {4000, 1500, 2500},
		pod.Memory:           {4 << 30 * 1000, 1 << 30 * 1000, 3 << 30 * 1000},
		pod.EphemeralStorage: {scheduler.Unlimited, 1 << 30 * 1000, scheduler.Unlimited},
		pod.Pods:             {10000, 2000, 8000},
		"a.b/gpu":            {2000, 1000, 1000},
		"a.b/nic":            {0, 1000, 0}, // bound past the scheduler
		"a.b/none":           {0, 0, 0},
		"hugepages-2Mi":      {scheduler.Unlimited, 0, scheduler.Unlimited},
	} {
		require.Equal(t, want, [3]int64{n.Room.Milli(name), n.Used.Milli(name), n.Free.Milli(name)}, name)
	}
	require.Equal(t, scheduler.Unlimited, n.Free.Storage, "whatever is used")
	require.True(t, c.Displace("p"))
	require.False(t, c.Displace("p"))
	require.Equal(t, used("cpu=500m,ephemeral-storage=1Gi,a.b/nic=1", 1), n.Used)
	require.True(t, c.Displace("q"))
	require.True(t, c.Count("b").Equal(scheduler.Count{}))
	require.Empty(t, n.Used.Other, "what comes to nothing is no longer listed")
}

// A count is a copy.
func TestCountStays(t *testing.T) {
	c := clusterOf(newNode("a"))
	c.Place(newPod("p", requests("a.b/gpu=1")), "a")
	count := c.Count("a")
	c.Place(newPod("q", requests("a.b/gpu=1")), "a")
	require.Equal(t, scheduler.Count{Pods: 1, Used: used("a.b/gpu=1", 1)}, count)
}

func TestCountEqual(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"cpu=1,memory=1,ephemeral-storage=1,a.b/gpu=1", "cpu=1000m,memory=1,ephemeral-storage=1,a.b/gpu=1000m", true},
		{"a.b/gpu=0", "", true},
		{"hugepages-2Mi=0", "", true},
		{"cpu=1", "cpu=2", false},
		{"memory=1", "", false},
		{"", "ephemeral-storage=1", false},
		{"a.b/gpu=1", "", false},
		{"", "a.b/gpu=1", false},
		{"a.b/gpu=1", "a.b/nic=1", false},
	} {
		a, b := scheduler.Count{Used: used(test.a, 0)}, scheduler.Count{Used: used(test.b, 0)}
		require.Equal(t, test.want, a.Equal(b), "%q and %q", test.a, test.b)
	}
	require.False(t, scheduler.Count{Pods: 1}.Equal(scheduler.Count{}))
	require.False(t, scheduler.Count{Used: used("", 1)}.Equal(scheduler.Count{}))
}

// A pod may be reported before its node, and stays counted when the node goes.
func TestNodesComeAndGo(t *testing.T) {
	var c scheduler.Cluster
	p := newPod("p", requests("cpu=1,a.b/gpu=1"), ports(port("", 80, "")))
	want := scheduler.Count{Pods: 1, Used: used("cpu=1,a.b/gpu=1", 1)}
	c.Place(p, "a")
	require.Nil(t, c.Node("a"), "pods make no node")
	require.Zero(t, c.Len())
	require.Equal(t, "a", c.Placed("p"))
	require.Equal(t, "there are no nodes", pick(newPod("q"), &c).Message())
	for range 2 {
		c.SetNode(newNode("a", capacity("cpu=4,a.b/gpu=2")))
		require.Equal(t, want, c.Count("a"))
		require.Equal(t, int64(3000), c.Node("a").Free.MilliCPU)
		require.Equal(t, int64(1000), c.Node("a").Free.Milli("a.b/gpu"))
		require.NotEmpty(t, refusal("HostPorts", p, c.Node("a")))
		c.DeleteNode("a")
		c.DeleteNode("a")
		require.Nil(t, c.Node("a"))
		require.Zero(t, c.Len())
		require.Equal(t, want, c.Count("a"))
	}
	require.True(t, c.Displace("p"))
	require.Equal(t, scheduler.Count{}, c.Count("a"))
	c.SetNode(newNode("a"))
	require.Zero(t, c.Node("a").Pods)
}

// A node that is reported again is known anew, with the pods that it had.
func TestSetNodeReplaces(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=4,a.b/gpu=2"), taints(node.Taint{Key: "k", Effect: pod.NoSchedule}, node.Taint{Key: "l", Effect: pod.PreferNoSchedule})), newNode("b"))
	c.Place(newPod("q", requests("cpu=3")), "a")
	p := newPod("p", requests("cpu=2,a.b/gpu=1"))
	require.Equal(t, "0 of 2 nodes fit: 1 has 0 a.b/gpu left, wants 1, 1 tainted k:NoSchedule", pick(p, c).Message())
	c.SetNode(newNode("a", capacity("cpu=8,a.b/gpu=1")))
	require.Equal(t, 2, c.Len())
	require.Equal(t, "a", pick(p, c).Node)
	require.Equal(t, 100.0, scheduler.TaintPreference().Score(scheduler.NewRequest(p), c.Node("a")))
	c.SetNode(newNode("a", capacity("cpu=2"), cordoned))
	require.Equal(t, "1 cordoned", refusal("Ready", p, c.Node("a")))
	require.Zero(t, c.Node("a").Free.MilliCPU, "more is used than there is: nothing is left")
	require.Zero(t, c.Node("a").Free.Milli("a.b/gpu"))
}

func TestPlaceMoves(t *testing.T) {
	c := clusterOf(newNode("a"), newNode("b"))
	p := newPod("p", requests("cpu=1"), ports(port("", 80, "")))
	c.Place(p, "a")
	c.Place(p, "a")
	require.Equal(t, 1, c.Count("a").Pods)
	c.Place(p, "b")
	require.Equal(t, "b", c.Placed("p"))
	require.Equal(t, scheduler.Count{}, c.Count("a"))
	require.Equal(t, scheduler.Count{Pods: 1, Used: used("cpu=1", 1)}, c.Count("b"))
	require.Empty(t, refusal("HostPorts", p, c.Node("a")))
}

// Each change of a pod's status may place it again: that costs nothing.
func TestPlaceAgain(t *testing.T) {
	c := clusterOf(newNode("a"))
	c.Place(newPod("p", requests("cpu=1")), "a")
	again := newPod("p", requests("cpu=1"))
	require.Zero(t, testing.AllocsPerRun(10, func() { c.Place(again, "a") }))
	require.Equal(t, scheduler.Count{Pods: 1, Used: used("cpu=1", 1)}, c.Count("a"))
}

// Counting as things change comes to what counting everything does: after
// every step, all that a scheduler can see is as in a cluster made anew.
func TestClusterCountsAsARecountDoes(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := &world{nodes: map[string]*node.Node{}, pods: map[string]*pod.Pod{}, on: map[string]string{}}
		for step := range 80 {
			w.change(rnd)
			w.check(t, fmt.Sprintf("seed %d, step %d", seed, step))
		}
		for uid := range w.pods {
			require.True(t, w.cluster.Displace(uid))
		}
		for name := range w.nodes {
			require.True(t, w.cluster.Count(name).Equal(scheduler.Count{}))
			w.cluster.DeleteNode(name)
		}
		require.Equal(t, 0, w.cluster.Len())
	}
}

// world is a cluster beside all that it was told.
type world struct {
	cluster scheduler.Cluster
	nodes   map[string]*node.Node
	pods    map[string]*pod.Pod // those that are placed
	on      map[string]string   // the node of each
}

// change does one thing at random.
func (w *world) change(rnd *rand.Rand) {
	name, uid := string(rune('a'+rnd.IntN(5))), fmt.Sprint(rnd.IntN(12))
	switch rnd.IntN(6) {
	case 0:
		n := newNode(name, capacity(fmt.Sprintf("cpu=%d,memory=%dMi,a.b/gpu=%d", rnd.IntN(5), rnd.IntN(4000), rnd.IntN(3))))
		if rnd.IntN(2) == 0 {
			delete(n.Status.Capacity, pod.Memory)
			n.Status.Capacity["pods"] = pod.NewQuantity(3, pod.DecimalSI)
		}
		if rnd.IntN(4) == 0 {
			n.Spec.Taints = []node.Taint{{Key: "k", Effect: []pod.TaintEffect{pod.NoSchedule, pod.PreferNoSchedule}[rnd.IntN(2)]}}
		}
		w.nodes[name] = n
		w.cluster.SetNode(n)
	case 1:
		delete(w.nodes, name)
		w.cluster.DeleteNode(name)
	case 2, 3, 4:
		p := w.pods[uid]
		if p == nil {
			resources := []string{"", "cpu=100m", "cpu=1,memory=100Mi", "ephemeral-storage=1Gi", "a.b/gpu=1", "a.b/gpu=0,memory=0", "a.b/nic=2,a.b/gpu=1,hugepages-2Mi=2Mi"}
			p = newPod(uid, requests(resources[rnd.IntN(len(resources))]))
			for range rnd.IntN(3) {
				p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports, port([]string{"", "10.0.0.1", "10.0.0.2"}[rnd.IntN(3)], 80+rnd.IntN(2), ""))
			}
		}
		w.pods[uid], w.on[uid] = p, name
		w.cluster.Place(p, name)
	case 5:
		delete(w.pods, uid)
		delete(w.on, uid)
		w.cluster.Displace(uid)
	}
}

// check compares the cluster with one that is told only what is the case.
func (w *world) check(t *testing.T, at string) {
	var fresh scheduler.Cluster
	for uid, p := range w.pods {
		require.Equal(t, w.on[uid], w.cluster.Placed(uid), at)
		fresh.Place(p, w.on[uid])
	}
	for _, n := range w.nodes {
		fresh.SetNode(n)
	}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		total, pods := pod.Resources{}, 0
		for uid, on := range w.on {
			if on == name {
				total, pods = total.Add(w.pods[uid].Requests()), pods+1
			}
		}
		want := scheduler.Count{Pods: pods, Used: scheduler.AmountsOf(total)}
		want.Used.Pods = int64(pods)
		require.True(t, w.cluster.Count(name).Equal(want), "%s: node %s counts %+v, wants %+v", at, name, w.cluster.Count(name), want)
	}
	require.Equal(t, slices.Sorted(maps.Keys(w.nodes)), names(&w.cluster), at)
	probes := []*scheduler.Request{
		scheduler.NewRequest(newPod("new", requests("cpu=500m,memory=500Mi"))),
		scheduler.NewRequest(newPod("new", requests("a.b/gpu=1"), ports(port("10.0.0.1", 80, "")))),
		scheduler.NewRequest(newPod("new", requests("hugepages-2Mi=1"), ports(port("", 81, "")))),
	}
	for have := range w.cluster.Nodes() {
		want := fresh.Node(have.Node.Name)
		require.Same(t, want.Node, have.Node)
		require.Equal(t, want.Pods, have.Pods)
		for _, pair := range [][2]scheduler.Amounts{{want.Used, have.Used}, {want.Room, have.Room}, {want.Free, have.Free}} {
			require.True(t, pair[0].Equal(pair[1]), "%s: node %s has %+v, wants %+v", at, have.Node.Name, pair[1], pair[0])
		}
		for _, r := range probes { // ports, and what is guessed, show in what is said about pods
			for _, f := range scheduler.DefaultFilters() {
				require.Equal(t, f.Fits(r, want), f.Fits(r, have), "%s: %s", at, f.Name)
			}
			for _, s := range scheduler.DefaultScorers() {
				require.Equal(t, s.Score(r, want), s.Score(r, have), "%s: %s", at, s.Name)
			}
		}
	}
}

func names(c *scheduler.Cluster) (names []string) {
	for n := range c.Nodes() {
		names = append(names, n.Node.Name)
	}
	return names
}
