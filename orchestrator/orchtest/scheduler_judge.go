package orchtest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// judge requires that a decision about a pod is a possible one.
func (y *yard) judge(p *pod.Pod, c *scheduler.Cluster, d scheduler.Decision) {
	y.Helper()
	require.Equalf(y, c.Len(), d.Nodes, "pod %q: Nodes has to be how many there are to choose from", p.Name)
	if d.Node == "" {
		y.judgeRefusal(p, d)
		return
	}
	require.Emptyf(y, d.Refused, "pod %q: Refused is for where no node fits, and this goes to %q", p.Name, d.Node)
	n := c.Node(d.Node)
	require.NotNilf(y, n, "pod %q: there is no node %q", p.Name, d.Node)
	r := scheduler.NewRequest(p)
	if why := y.h.Fits(r, n); !why.IsZero() {
		require.Failf(y, "it does not fit", "pod %q does not fit on node %q: %s", p.Name, d.Node, scheduler.Refusal{Reason: why, Nodes: 1})
	}
	require.NoError(y, c.Fork().Accept(p, d))
	for _, want := range r.Demands() {
		y.judgeDevices(p, n, want, d.Devices)
	}
}

// judgeDevices requires that the devices that a pod gets have room for it, if some have.
func (y *yard) judgeDevices(p *pod.Pod, n *scheduler.Candidate, want scheduler.Demand, devices []pod.Devices) {
	y.Helper()
	left := n.Devices(want.Name)
	i := slices.IndexFunc(devices, func(d pod.Devices) bool { return d.Name == want.Name })
	if i < 0 || left == nil || !want.Fits(left) {
		return // Cluster.Accept chooses, or there is nothing to choose
	}
	for k, index := range devices[i].Indexes {
		need := int64(1000)
		if k >= want.Whole {
			need = want.Share
		}
		require.GreaterOrEqualf(y, left[index], need,
			"pod %q on node %q: device %d of %s has %d thousandths left, of %d", p.Name, n.Node.Name, index, want.Name, left[index], need)
	}
}

// judgeRefusal requires that a decision says why there is no node for a pod.
func (y *yard) judgeRefusal(p *pod.Pod, d scheduler.Decision) {
	y.Helper()
	require.Emptyf(y, d.Devices, "pod %q has no node, and devices", p.Name)
	counted := 0
	for i, r := range d.Refused {
		require.NotEmptyf(y, r.What, "pod %q: a reason has to say what is wrong: %+v", p.Name, r)
		require.Positivef(y, r.Nodes, "pod %q: %s", p.Name, r)
		counted += r.Nodes
		for j, s := range d.Refused[:i] {
			require.Falsef(y, s.What == r.What && s.Wants.Cmp(r.Wants) == 0, "pod %q: reasons %d and %d are one: %s", p.Name, j, i, r)
			require.GreaterOrEqualf(y, s.Nodes, r.Nodes, "pod %q: the most frequent reason comes first, not %q before %q", p.Name, s, r)
		}
	}
	require.Equalf(y, d.Nodes, counted, "pod %q: every node has to be refused for one reason: %s", p.Name, d.Message())
}
