package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

func TestReady(t *testing.T) {
	for _, test := range []struct {
		node *node.Node
		want string
	}{
		{newNode("a"), ""},
		{newNode("a", cordoned), "1 cordoned"},
		{newNode("a", func(n *node.Node) { n.DeletionTimestamp = time.Unix(1, 0) }), "1 deleting"},
		{newNode("a", cordoned, func(n *node.Node) { n.DeletionTimestamp = time.Unix(1, 0) }), "1 deleting"},
		{newNode("a", func(n *node.Node) { n.Status.Phase = node.Pending }), "1 pending"},
		{newNode("a", func(n *node.Node) { n.Status.Phase = node.Terminated }), "1 terminated"},
		{newNode("a", func(n *node.Node) { n.Status.Conditions = nil }), "1 not ready"},
		{newNode("a", func(n *node.Node) { n.Status.Conditions[0].Status = pod.Unknown }), "1 not ready"},
		{&node.Node{Meta: labels.Meta{Name: "a"}}, "1 pending"},
	} {
		require.Equal(t, test.want, refusal("Ready", newPod("p"), clusterOf(test.node).Node("a")))
	}
}

func TestNodeSelector(t *testing.T) {
	ssd := labels.Set{"disk": "ssd", "zone": "a", "empty": ""}
	for _, test := range []struct {
		selector, labels labels.Set
		want             string
	}{
		{nil, nil, ""},
		{labels.Set{}, ssd, ""},
		{labels.Set{"disk": "ssd"}, ssd, ""},
		{labels.Set{"disk": "ssd", "zone": "a"}, ssd, ""},
		{labels.Set{"disk": "hdd"}, ssd, "1 without label disk=hdd"},
		{labels.Set{"disk": "ssd"}, nil, "1 without label disk=ssd"},
		{labels.Set{"empty": ""}, ssd, ""},
		{labels.Set{"absent": ""}, ssd, "1 without label absent="},
		{labels.Set{"zone": "b", "disk": "hdd", "gpu": "yes"}, ssd, "1 without label disk=hdd"}, // the first by key
	} {
		n := clusterOf(newNode("a", labelled(test.labels))).Node("a")
		require.Equal(t, test.want, refusal("NodeSelector", newPod("p", selector(test.selector)), n), "%v on %v", test.selector, test.labels)
	}
}

func TestTaints(t *testing.T) {
	dedicated := node.Taint{Key: "dedicated", Value: "db", Effect: pod.NoSchedule}
	gone := node.Taint{Key: "gone", Effect: pod.NoExecute}
	rather := node.Taint{Key: "old", Effect: pod.PreferNoSchedule}
	for _, test := range []struct {
		taints      []node.Taint
		tolerations []pod.Toleration
		want        string
	}{
		{nil, nil, ""},
		{[]node.Taint{rather}, nil, ""},
		{[]node.Taint{dedicated}, nil, "1 tainted dedicated=db:NoSchedule"},
		{[]node.Taint{gone}, nil, "1 tainted gone:NoExecute"},
		{[]node.Taint{rather, gone, dedicated}, nil, "1 tainted gone:NoExecute"},
		{[]node.Taint{dedicated}, []pod.Toleration{{Key: "dedicated", Value: "db"}}, ""},
		{[]node.Taint{dedicated}, []pod.Toleration{{Key: "dedicated", Value: "web"}}, "1 tainted dedicated=db:NoSchedule"},
		{[]node.Taint{gone, dedicated}, []pod.Toleration{{Key: "gone", Operator: pod.TolerationExists}}, "1 tainted dedicated=db:NoSchedule"},
		{[]node.Taint{gone, dedicated}, []pod.Toleration{{Operator: pod.TolerationExists}}, ""},
	} {
		n := clusterOf(newNode("a", taints(test.taints...))).Node("a")
		require.Equal(t, test.want, refusal("Taints", newPod("p", tolerations(test.tolerations...)), n), "%v by %v", test.taints, test.tolerations)
	}
}

func TestHostPorts(t *testing.T) {
	for _, test := range []struct {
		have, want pod.ContainerPort
		refusal    string
	}{
		{pod.ContainerPort{ContainerPort: 80}, pod.ContainerPort{ContainerPort: 80}, ""}, // none of the node's
		{port("", 80, ""), pod.ContainerPort{ContainerPort: 80}, ""},
		{port("", 80, ""), port("", 81, ""), ""},
		{port("", 80, ""), port("", 80, pod.TCP), "1 with host port 80/TCP taken"},
		{port("", 80, ""), port("", 80, pod.UDP), ""},
		{port("", 53, pod.UDP), port("", 53, pod.UDP), "1 with host port 53/UDP taken"},
		{port("10.0.0.1", 80, ""), port("10.0.0.1", 80, ""), "1 with host port 80/TCP taken"},
		{port("10.0.0.1", 80, ""), port("10.0.0.2", 80, ""), ""},
		{port("10.0.0.1", 80, ""), port("", 80, ""), "1 with host port 80/TCP taken"},
		{port("10.0.0.1", 80, ""), port("0.0.0.0", 80, ""), "1 with host port 80/TCP taken"},
		{port("10.0.0.1", 80, ""), port("::", 80, ""), "1 with host port 80/TCP taken"},
		{port("0.0.0.0", 80, ""), port("10.0.0.1", 80, ""), "1 with host port 80/TCP taken"},
		{port("", 80, ""), port("::1", 80, ""), "1 with host port 80/TCP taken"},
		{port("0.0.0.0", 80, ""), port("::", 80, ""), "1 with host port 80/TCP taken"},
		{port("::1", 80, ""), port("0:0:0:0:0:0:0:1", 80, ""), "1 with host port 80/TCP taken"}, // one address, spelt twice
		{port("::ffff:10.0.0.1", 80, ""), port("10.0.0.1", 80, ""), "1 with host port 80/TCP taken"},
		{port("0::0", 80, ""), port("10.0.0.1", 80, ""), "1 with host port 80/TCP taken"},
		{port("eth0", 80, ""), port("10.0.0.1", 80, ""), "1 with host port 80/TCP taken"}, // no address: every one
	} {
		c := clusterOf(newNode("a"), newNode("b"))
		c.Place(newPod("q", ports(port("", 9999, ""), test.have)), "a")
		p := newPod("p", ports(port("", 8888, ""), test.want))
		require.Equal(t, test.refusal, refusal("HostPorts", p, c.Node("a")), "%v, wants %v", test.have, test.want)
		require.Empty(t, refusal("HostPorts", p, c.Node("b")))
		c.Displace("q")
		require.Empty(t, refusal("HostPorts", p, c.Node("a")))
	}
}

// Two pods with one port may be on a node where a client bound them.
func TestHostPortsHeldTwice(t *testing.T) {
	c := clusterOf(newNode("a"))
	p := newPod("p", ports(port("", 80, "")))
	c.Place(newPod("q", ports(port("", 80, ""))), "a")
	c.Place(newPod("r", ports(port("", 80, ""))), "a")
	c.Displace("q")
	require.NotEmpty(t, refusal("HostPorts", p, c.Node("a")))
	c.Displace("r")
	require.Empty(t, refusal("HostPorts", p, c.Node("a")))
}

func TestResources(t *testing.T) {
	for _, test := range []struct {
		capacity, used, wants string
		want                  string
	}{
		{"", "", "", ""},
		{"", "cpu=100,memory=1Ti", "cpu=100,memory=1Ti,ephemeral-storage=1Ti", ""}, // nothing is limited
		{"cpu=1", "cpu=750m", "cpu=250m", ""},
		{"cpu=1", "cpu=900m", "cpu=250m", "1 has 100m cpu left, wants 250m"},
		{"cpu=1", "cpu=1500m", "cpu=250m", "1 has 0 cpu left, wants 250m"}, // never negative
		{"cpu=1", "cpu=1500m", "", ""},                                     // who wants nothing finds it everywhere
		{"cpu=1", "cpu=1500m", "cpu=0,memory=0", ""},
		{"cpu=0", "", "cpu=1m", "1 has 0 cpu left, wants 1m"},
		{"cpu=0", "", "cpu=0", ""},
		{"cpu=1", "", "memory=1Gi", ""}, // memory is not listed
		{"memory=1Gi", "memory=900Mi", "memory=200M", "1 has 124Mi memory left, wants 200M"},
		{"ephemeral-storage=10Gi", "ephemeral-storage=10Gi", "ephemeral-storage=1", "1 has 0 ephemeral-storage left, wants 1"},
		{"cpu=1,memory=1Gi", "", "cpu=2,memory=2Gi", "1 has 1 cpu left, wants 2"}, // the first that is short
		{"pods=1", "cpu=1", "", "1 has 0 pods left, wants 1"},
		{"pods=2", "cpu=1", "pods=7", ""}, // a pod is one pod
		{"", "", "a.b/gpu=1", "1 has 0 a.b/gpu left, wants 1"},
		{"a.b/gpu=0", "", "a.b/gpu=1", "1 has 0 a.b/gpu left, wants 1"},
		{"", "", "a.b/gpu=0", ""},
		{"a.b/gpu=4", "a.b/gpu=3500m", "a.b/gpu=500m", ""},
		{"a.b/gpu=4", "a.b/gpu=3500m", "a.b/gpu=501m", "1 has 500m a.b/gpu left, wants 501m"},
		{"a.b/gpu=4", "a.b/other=3", "a.b/gpu=4", ""},
		{"a.b/gpu=1,a.b/nic=1", "", "a.b/gpu=1,a.b/nic=2", "1 has 1 a.b/nic left, wants 2"},
		{"", "", "hugepages-2Mi=64Mi", ""}, // no prefix: not limited where not listed
		{"hugepages-2Mi=0", "", "hugepages-2Mi=64Mi", "1 has 0 hugepages-2Mi left, wants 64Mi"},
		{"cpu=1", "cpu=500m", "cpu=9E", "1 has 500m cpu left, wants 9E"}, // beyond 64 bits of thousandths
		{"memory=1Gi", "memory=1Mi", "memory=7Ei", "1 has 1023Mi memory left, wants 7Ei"},
		{"a.b/gpu=1", "a.b/gpu=1", "a.b/gpu=9E", "1 has 0 a.b/gpu left, wants 9E"},
		{"cpu=1", "cpu=9E", "cpu=9E", "1 has 0 cpu left, wants 9E"},
	} {
		c := clusterOf(newNode("a", capacity(test.capacity)))
		c.Place(newPod("q", requests(test.used)), "a")
		require.Equal(t, test.want, refusal("Resources", newPod("p", requests(test.wants)), c.Node("a")),
			"%q of %q used, wants %q", test.used, test.capacity, test.wants)
	}
}

// A pod wants what its containers and the largest of its init containers do.
func TestResourcesOfAllContainers(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=1")))
	p := newPod("p", requests("cpu=400m"), func(p *pod.Pod) {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: "side", Resources: pod.Requirements{Limits: amounts("cpu=500m")}})
	})
	require.Empty(t, refusal("Resources", p, c.Node("a")))
	c.Place(newPod("q", requests("cpu=200m")), "a")
	require.Equal(t, "1 has 800m cpu left, wants 900m", refusal("Resources", p, c.Node("a")))
	p.Spec.InitContainers = []pod.Container{{Name: "init", Resources: pod.Requirements{Requests: amounts("cpu=1500m")}}}
	require.Equal(t, "1 has 800m cpu left, wants 1500m", refusal("Resources", p, c.Node("a")))
}

// The filters say of random pods and nodes what the packages of pods and nodes say.
func TestFiltersAgree(t *testing.T) {
	names := []string{"cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "a.b/gpu", "a.b/nic"}
	addresses := []string{"", "0.0.0.0", "::", "10.0.0.1", "10.0.0.2", "::1"}
	effects := []pod.TaintEffect{pod.NoSchedule, pod.PreferNoSchedule, pod.NoExecute}
	refused := map[string]int{}
	const rounds = 2000
	for seed := range uint64(rounds) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		some := func(list []string) (text string) {
			for _, name := range list {
				if rnd.IntN(3) > 0 {
					text += fmt.Sprintf("%s=%d,", name, rnd.IntN(4))
				}
			}
			return text
		}
		set := func() labels.Set {
			set := labels.Set{}
			for range rnd.IntN(4) {
				set[string(rune('a'+rnd.IntN(3)))] = string(rune('x' + rnd.IntN(2)))
			}
			return set
		}
		hostPort := func() pod.ContainerPort {
			return port(addresses[rnd.IntN(len(addresses))], 1+rnd.IntN(2), []pod.Protocol{"", pod.TCP, pod.UDP}[rnd.IntN(3)])
		}
		n := newNode("n", capacity(some(names)), labelled(set()))
		for range rnd.IntN(3) {
			n.Spec.Taints = append(n.Spec.Taints, node.Taint{Key: string(rune('a' + rnd.IntN(2))), Effect: effects[rnd.IntN(3)]})
		}
		q := newPod("q", requests(some(names)), ports(hostPort()))
		p := newPod("p", requests(some(names)), ports(hostPort()), selector(set()))
		for range rnd.IntN(2) {
			p.Spec.Tolerations = append(p.Spec.Tolerations, pod.Toleration{Key: string(rune('a' + rnd.IntN(2))), Operator: pod.TolerationExists})
		}
		c := clusterOf(n)
		c.Place(q, "n")

		_, repelled := n.Untolerated(p.Spec.Tolerations)
		for filter, want := range map[string]bool{
			"Resources":    p.Requests().Fits(n.Free(q.Requests())),
			"HostPorts":    !q.HostPorts()[0].Conflicts(p.HostPorts()[0]),
			"NodeSelector": labels.SelectorFromSet(p.Spec.NodeSelector).Matches(n.Labels),
			"Taints":       !repelled,
		} {
			why := refusal(filter, p, c.Node("n"))
			require.Equal(t, want, why == "", "seed %d: %s says %q", seed, filter, why)
			if !want {
				refused[filter]++
			}
		}
	}
	for filter, times := range refused {
		require.Greater(t, times, rounds/10, filter)
		require.Less(t, times, rounds*9/10, filter)
	}
	require.Len(t, refused, 4)
}
