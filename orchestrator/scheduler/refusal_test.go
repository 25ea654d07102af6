package scheduler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func TestMessage(t *testing.T) {
	tainted := taints(node.Taint{Key: "dedicated", Value: "db", Effect: pod.NoSchedule})
	web := newPod("p", requests("cpu=250m"))
	for _, test := range []struct {
		pod   *pod.Pod
		nodes []*node.Node
		want  string
	}{
		{web, nil, "there are no nodes"},
		{web, []*node.Node{newNode("a")}, ""},
		{web, []*node.Node{newNode("a", cordoned), newNode("b")}, ""},
		{web, []*node.Node{newNode("a", cordoned)}, "0 of 1 nodes fit: 1 cordoned"},
		{
			web, []*node.Node{newNode("a", capacity("cpu=100m")), newNode("b", cordoned), newNode("c", cordoned)},
			"0 of 3 nodes fit: 2 cordoned, 1 has 100m cpu left, wants 250m",
		},
		{
			web, []*node.Node{newNode("a", capacity("cpu=50m")), newNode("b", capacity("cpu=200m")), newNode("c", capacity("cpu=0"))},
			"0 of 3 nodes fit: 3 have at most 200m cpu left, wants 250m",
		},
		{ // equally many: by what is wrong
			web, []*node.Node{newNode("a", tainted), newNode("b", func(n *node.Node) { n.Status.Conditions = nil }), newNode("c", cordoned), newNode("d", capacity("cpu=1m"))},
			"0 of 4 nodes fit: 1 cordoned, 1 has 1m cpu left, wants 250m, 1 not ready, 1 tainted dedicated=db:NoSchedule",
		},
		{ // each node for the first filter only
			newPod("p", requests("cpu=1"), selector(labels.Set{"disk": "ssd"})),
			[]*node.Node{newNode("a", tainted, capacity("cpu=0")), newNode("b", cordoned, tainted), newNode("c", tainted, labelled(labels.Set{"disk": "ssd"}))},
			"0 of 3 nodes fit: 1 cordoned, 1 tainted dedicated=db:NoSchedule, 1 without label disk=ssd",
		},
		{
			newPod("p", requests("cpu=1,memory=1Gi")), []*node.Node{newNode("a", capacity("cpu=0")), newNode("b", capacity("memory=1Mi")), newNode("c", capacity("memory=2Mi"))},
			"0 of 3 nodes fit: 2 have at most 2Mi memory left, wants 1Gi, 1 has 0 cpu left, wants 1",
		},
	} {
		d := pick(test.pod, clusterOf(test.nodes...))
		require.Equal(t, test.want, d.Message())
		require.Equal(t, test.want == "", d.Node != "")
		require.Equal(t, len(test.nodes), d.Nodes)
		if d.Node != "" {
			require.Nil(t, d.Refused)
		}
	}
}

// A scheduler that refuses without saying why has a message all the same.
func TestMessageWithoutReasons(t *testing.T) {
	require.Equal(t, "0 of 3 nodes fit", scheduler.Decision{Nodes: 3}.Message())
	require.Equal(t, "there are no nodes", scheduler.Decision{}.Message())
}

func TestRefuse(t *testing.T) {
	var d scheduler.Decision
	d.Refuse(scheduler.Reason{})
	require.Equal(t, scheduler.Decision{}, d, "no reason, no refusal")
	for _, what := range []string{"b", "c", "a", "c"} {
		d.Refuse(scheduler.Reason{What: what})
	}
	one, two := pod.NewQuantity(1, pod.DecimalSI), pod.NewQuantity(2, pod.DecimalSI)
	three, four := pod.NewQuantity(3, pod.DecimalSI), pod.NewQuantity(4, pod.DecimalSI)
	d.Refuse(scheduler.Short(pod.CPU, two, four))
	d.Refuse(scheduler.Short(pod.CPU, one, four)) // 2 is still the most
	d.Refuse(scheduler.Short(pod.CPU, two, three))
	require.Equal(t, "0 of 7 nodes fit: 2 c, 2 have at most 2 cpu left, wants 4, 1 a, 1 b, 1 has 2 cpu left, wants 3", d.Message())
	require.Len(t, d.Refused, 5)
}

// However many reasons there are, they are counted in order, told apart up to a
// limit, and a message remains one that can be read.
func TestManyReasons(t *testing.T) {
	var d scheduler.Decision
	total := 0
	for round := range 10 {
		for i := range 100 {
			if i >= round*10 { // the later reasons are more frequent
				d.Refuse(scheduler.Short("a.b/x", pod.Quantity{}, pod.NewQuantity(int64(1+i), pod.DecimalSI)))
				total++
			}
		}
	}
	require.Len(t, d.Refused, 64)
	require.Equal(t, total, d.Nodes)
	last := len(d.Refused) - 1
	sum := d.Refused[last].Nodes
	for i, r := range d.Refused[:last] {
		sum += r.Nodes
		require.True(t, i == 0 || r.Nodes <= d.Refused[i-1].Nodes)
	}
	require.Equal(t, total, sum)
	require.Equal(t, fmt.Sprint(d.Refused[last].Nodes, " for other reasons"), d.Refused[last].String())
	require.Greater(t, d.Refused[last].Nodes, d.Refused[0].Nodes, "it is last, though it is the largest")

	var tainted []*node.Node
	for i := range 12 {
		tainted = append(tainted, newNode(fmt.Sprintf("n%02d", i), taints(node.Taint{Key: fmt.Sprintf("k%d", min(i, 9)), Effect: pod.NoSchedule})))
	}
	require.Equal(t, "0 of 12 nodes fit: 3 tainted k9:NoSchedule, 1 tainted k0:NoSchedule, 1 tainted k1:NoSchedule, "+
		"1 tainted k2:NoSchedule, 1 tainted k3:NoSchedule, 1 tainted k4:NoSchedule, 1 tainted k5:NoSchedule, "+
		"1 tainted k6:NoSchedule, 2 for other reasons", pick(newPod("p"), clusterOf(tainted...)).Message())
}
