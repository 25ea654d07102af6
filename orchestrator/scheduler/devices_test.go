package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Pods are placed as long as they fit: which devices they get, what is left of
// each, and why the last one waits.
func TestDevices(t *testing.T) {
	for _, tt := range []struct {
		name string
		pods []string
		got  string // the devices of each
		left []int64
		why  string // the last pod waits
	}{
		{"whole ones", []string{"2", "1"}, "[0 1] [2]", []int64{0, 0, 0, 1000}, ""},
		{"shares fill one device", []string{"300m", "300m", "300m"}, "[0] [0] [0]", []int64{100, 1000, 1000, 1000}, ""},
		{"a share goes where it fits best", []string{"500m", "600m", "200m", "400m"}, "[0] [1] [1] [0]", []int64{100, 200, 1000, 1000}, ""},
		{"a whole one and a share", []string{"700m", "2500m"}, "[0] [1 2 3]", []int64{300, 0, 0, 500}, ""},
		{"the share of a pod with whole ones is put on a device in use", []string{"300m", "1500m"}, "[0] [1 0]", []int64{200, 0, 1000, 1000}, ""},
		{"no device has enough", []string{"600m", "600m", "600m", "600m", "500m"}, "[0] [1] [2] [3]", nil, "1 without a device of a.b/gpu that has 500m left"},
		{"no device is free", []string{"600m", "600m", "600m", "600m", "1"}, "[0] [1] [2] [3]", nil, "1 without a free device of a.b/gpu"},
		{"too few are free", []string{"600m", "600m", "600m", "2"}, "[0] [1] [2]", nil, "1 without 2 free devices of a.b/gpu"},
		{"free, but none for the share", []string{"600m", "600m", "600m", "1500m"}, "[0] [1] [2]", nil, "1 without a free device of a.b/gpu and 500m of another"},
		{"more than there is", []string{"3", "2"}, "[0 1 2]", nil, "1 has 1 a.b/gpu left, wants 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clusterOf(newNode("n", capacity("a.b/gpu=4")))
			got, why := "", ""
			for i, amount := range tt.pods {
				p := newPod(fmt.Sprint("p", i), requests("a.b/gpu="+amount))
				d := pick(p, c)
				if d.Node == "" {
					require.Len(t, tt.pods, i+1, "only the last one waits")
					why = refusal("Resources", p, c.Node("n"))
					require.Equal(t, "0 of 1 nodes fit: "+why, d.Message())
					continue
				}
				require.NoError(t, c.Accept(p, d))
				require.Equal(t, d.Devices, c.Devices(p.UID))
				got += fmt.Sprint(" ", d.Devices[0].Indexes)
			}
			require.Equal(t, " "+tt.got, got)
			require.Equal(t, tt.why, why)
			if tt.left != nil {
				require.Equal(t, tt.left, c.Node("n").Devices("a.b/gpu"))
			}
		})
	}
}

// What the cluster counts is what the pods have, device by device: none is given
// out twice, a pod that waits fits on no node, and one that leaves gives back what it had.
func TestDevicesAddUp(t *testing.T) {
	for seed := range uint64(80) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		c := new(scheduler.Cluster)
		sizes := make(map[string]int)
		for i := range 1 + rnd.IntN(4) {
			name := fmt.Sprint("n", i)
			sizes[name] = 1 + rnd.IntN(4)
			c.SetNode(newNode(name, capacity(fmt.Sprintf("a.b/gpu=%d", sizes[name]))))
		}
		placed := make(map[string]*pod.Pod)
		for i := range 60 {
			if rnd.IntN(8) == 0 {
				c = c.Fork()
			}
			for uid := range placed {
				if rnd.IntN(12) == 0 {
					require.True(t, c.Displace(uid))
					require.Nil(t, c.Devices(uid))
					delete(placed, uid)
				}
			}
			p := newPod(fmt.Sprint("p", i), requests("a.b/gpu="+[]string{"100m", "300m", "500m", "900m", "1", "2", "1300m"}[rnd.IntN(7)]))
			milli := p.Requests()["a.b/gpu"]
			d := pick(p, c)
			if d.Node == "" {
				for name, size := range sizes {
					require.False(t, fitsInto(milli.MilliValue(), recount(c, placed, name, size)), "seed %d: it fits on %s", seed, name)
				}
				continue
			}
			require.True(t, fitsInto(milli.MilliValue(), recount(c, placed, d.Node, sizes[d.Node])), "seed %d: it does not fit", seed)
			require.NoError(t, c.Accept(p, d))
			placed[p.UID] = p
			for name, size := range sizes {
				left := recount(c, placed, name, size)
				require.Equal(t, left, c.Node(name).Devices("a.b/gpu"), "seed %d", seed)
				for _, l := range left {
					require.GreaterOrEqual(t, l, int64(0), "seed %d", seed)
				}
			}
		}
	}
}

// recount returns what is left of each device of a node, from its pods.
func recount(c *scheduler.Cluster, placed map[string]*pod.Pod, node string, size int) []int64 {
	left := make([]int64, size)
	for i := range left {
		left[i] = 1000
	}
	for uid, p := range placed {
		if c.Placed(uid) != node {
			continue
		}
		q := p.Requests()["a.b/gpu"]
		rest := q.MilliValue()
		for _, index := range c.Devices(uid)[0].Indexes {
			left[index] -= min(rest, 1000)
			rest -= min(rest, 1000)
		}
	}
	return left
}

// fitsInto tries every way to take whole devices and a share from what is left.
func fitsInto(milli int64, left []int64) bool {
	if milli == 0 {
		return true
	}
	piece := min(milli, 1000)
	for i := range left {
		if left[i] >= piece {
			left[i] -= piece
			fits := fitsInto(milli-piece, left)
			left[i] += piece
			if fits {
				return true
			}
		}
	}
	return false
}

// A pod has the devices that its status records, wherever it was counted before
// and whatever comes first: so they are the same after a restart.
func TestRecordedDevices(t *testing.T) {
	bound := func(name, amount string, indexes ...int) *pod.Pod {
		p := newPod(name, requests("a.b/gpu="+amount))
		p.Spec.NodeName = "n"
		p.Status.Devices = []pod.Devices{{Name: "a.b/gpu", Indexes: indexes}}
		return p
	}
	pods := []*pod.Pod{bound("x", "500m", 2), bound("y", "1", 0), bound("z", "300m", 2)}
	for _, early := range []bool{true, false} {
		var c scheduler.Cluster
		if early {
			c.SetNode(newNode("n", capacity("a.b/gpu=3")))
		}
		for _, p := range pods {
			c.Place(p, "n")
		}
		c.SetNode(newNode("n", capacity("a.b/gpu=3")))
		require.Equal(t, []int64{0, 1000, 200}, c.Node("n").Devices("a.b/gpu"))
		c.SetNode(newNode("n", capacity("a.b/gpu=2"))) // one broke
		require.Equal(t, []int64{0, 1000}, c.Node("n").Devices("a.b/gpu"))
		c.Displace("x")
		c.SetNode(newNode("n", capacity("a.b/gpu=4")))
		require.Equal(t, []int64{0, 1000, 700, 1000}, c.Node("n").Devices("a.b/gpu"))
		c.Place(pods[0], "other")
		require.Equal(t, []int64{0, 1000, 700, 1000}, c.Node("n").Devices("a.b/gpu"), "what it had elsewhere says nothing")
	}
}

// Of a resource with very many, and of one without a prefix, only the sum counts.
func TestUntoldDevices(t *testing.T) {
	c := clusterOf(newNode("n", capacity("a.b/licence=2000,hugepages-2Mi=4Mi")))
	p := newPod("p", requests("a.b/licence=1999,hugepages-2Mi=2Mi"))
	d := pick(p, c)
	require.Equal(t, "n", d.Node)
	require.Empty(t, d.Devices)
	require.NoError(t, c.Accept(p, d))
	require.Nil(t, c.Node("n").Devices("a.b/licence"))
	require.Equal(t, "1 has 1 a.b/licence left, wants 2", refusal("Resources", newPod("q", requests("a.b/licence=2")), c.Node("n")))
}

// A pod for which others make room gets whatever becomes free, and nobody else does.
func TestReserveDevices(t *testing.T) {
	c := clusterOf(newNode("n", capacity("a.b/gpu=2")))
	for _, name := range []string{"v0", "v1"} {
		c.Place(newPod(name, requests("a.b/gpu=1")), "n")
	}
	p, small := newPod("p", requests("a.b/gpu=1")), newPod("s", requests("a.b/gpu=100m"))
	c.Reserve(p, "n")
	require.Nil(t, c.Devices("p"))
	for _, leaves := range []string{"v1", "v0"} {
		f := c.Fork()
		f.Displace(leaves)
		require.Empty(t, pick(small, f).Node, "it is reserved")
		f.Displace("p")
		d := pick(p, f)
		require.NoError(t, f.Accept(p, d))
		require.Equal(t, leaves[1:], fmt.Sprint(d.Devices[0].Indexes[0]))
	}
	require.Equal(t, int64(-1000), min(c.Node("n").Devices("a.b/gpu")[0], c.Node("n").Devices("a.b/gpu")[1]), "the forks changed nothing")
	c.Place(p, "n") // bound by hand
	require.Len(t, c.Devices("p"), 1)
}

// A node may have more pods than it has cpu for, if the filters are such; but devices that
// are not there, or are another pod's, can't be given out: that holds for every policy.
func TestDevicesNeedNoFilter(t *testing.T) {
	none := []scheduler.Filter{}
	without := slices.DeleteFunc(scheduler.DefaultFilters(), func(f scheduler.Filter) bool { return f.Name == "Resources" })
	for name, policy := range map[string]*scheduler.Policy{
		"none": {Filters: none}, "without": {Filters: without}, "individual": {Filters: none, Individual: true}, "sample": {Filters: none, Sample: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf(newNode("a", capacity("cpu=1")), newNode("b", capacity("cpu=1,a.b/gpu=1")), newNode("c", capacity("cpu=1,a.b/gpu=2")))
			place := func(uid, amount string) string {
				p := newPod(uid, requests("cpu=9,a.b/gpu="+amount))
				d := policy.Pick(p, c)
				require.NoError(t, c.Accept(p, d))
				return d.Node
			}
			require.Equal(t, "c", place("1", "1500m"), "the only one that has two")
			require.Equal(t, "b", place("2", "600m"), "half of one is left on c")
			require.Equal(t, "c", place("3", "500m"))
			require.Equal(t, "b", place("4", "400m"))

			p := newPod("p", requests("cpu=9,a.b/gpu=1"))
			for range 3 { // a shape that is new, one that comes again, and one about which it is known
				require.Equal(t, "0 of 3 nodes fit: 3 have at most 0 a.b/gpu left, wants 1", policy.Pick(p, c).Message())
			}
			require.Equal(t, "Devices", policy.Explain(p, c)[0].Filter)
			require.False(t, policy.Fits(scheduler.NewRequest(p), c.Node("b")).IsZero())
			require.Equal(t, scheduler.Preemption{}, policy.Preempt(p, c, func(string) []*pod.Pod { return nil }))
			require.NotEmpty(t, policy.Pick(newPod("q", requests("cpu=9")), c).Node, "cpu is another matter")

			c.SetNode(newNode("d", capacity(fmt.Sprintf("a.b/gpu=%d", scheduler.MaxDevices+1)))) // which are not told apart
			require.Equal(t, "d", place("5", fmt.Sprint(scheduler.MaxDevices)))
			require.Equal(t, "d", place("6", "1"))
			require.NotEmpty(t, policy.Pick(p, c).Message())
		})
	}
}

// Whoever must go for a device goes, and nobody else; the cluster stays as it was.
func TestPreemptDevices(t *testing.T) {
	c := clusterOf(newNode("n", capacity("a.b/gpu=2")))
	var on []*pod.Pod
	place := func(name, amount string, index int) {
		p := newPod(name, requests("a.b/gpu="+amount))
		require.NoError(t, c.Accept(p, scheduler.Decision{Node: "n", Devices: []pod.Devices{{Name: "a.b/gpu", Indexes: []int{index}}}}))
		on = append(on, p)
	}
	place("z", "300m", 0)
	place("b", "400m", 1)
	place("c", "400m", 1)
	p := newPod("p", requests("a.b/gpu=1"), func(p *pod.Pod) { p.Spec.Priority = new(int32); *p.Spec.Priority = 5 })
	require.Empty(t, pick(p, c).Node, "900m are left, but not of one device")
	victims := new(scheduler.Policy).Preempt(p, c, func(string) []*pod.Pod { return on }).Victims
	require.Len(t, victims, 1)
	require.Equal(t, "z", victims[0].Name)
	require.Equal(t, []int64{700, 200}, c.Node("n").Devices("a.b/gpu"))
}

// A decision about devices that makes no sense changes nothing.
func TestAcceptRefuses(t *testing.T) {
	c := clusterOf(newNode("n", capacity("a.b/gpu=2")))
	p := newPod("p", requests("a.b/gpu=2"))
	of := func(name pod.ResourceName, indexes ...int) []pod.Devices {
		return []pod.Devices{{Name: name, Indexes: indexes}}
	}
	for _, tt := range []struct {
		node    string
		devices []pod.Devices
		err     string
	}{
		{"m", nil, `place pod "p": there is no node "m"`},
		{"n", of("a.b/tpu", 0, 1), `place pod "p" on node "n": no devices of a.b/gpu`},
		{"n", of("a.b/gpu", 0), `place pod "p" on node "n": devices [0] of a.b/gpu, wants 2`},
		{"n", of("a.b/gpu", 0, 2), `place pod "p" on node "n": device 2 of a.b/gpu: there are 2`},
		{"n", of("a.b/gpu", 1, -1), `place pod "p" on node "n": device -1 of a.b/gpu: there are 2`},
		{"n", of("a.b/gpu", 1, 1), `place pod "p" on node "n": device 1 of a.b/gpu twice`},
	} {
		require.EqualError(t, c.Accept(p, scheduler.Decision{Node: tt.node, Devices: tt.devices}), tt.err)
		require.Empty(t, c.Placed("p"))
		require.Equal(t, []int64{1000, 1000}, c.Node("n").Devices("a.b/gpu"))
	}
}
