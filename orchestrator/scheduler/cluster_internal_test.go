package scheduler

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Names that neither are nodes nor have pods are not remembered, in whichever
// order both went.
func TestClusterForgets(t *testing.T) {
	var c Cluster
	for i := range 10 {
		n, p := &node.Node{}, &pod.Pod{}
		n.Name, p.UID = fmt.Sprint("n", i), fmt.Sprint("p", i)
		if i%3 != 0 {
			c.SetNode(n)
		}
		c.Place(p, "elsewhere")
		c.Place(p, n.Name)
		require.Equal(t, 1, c.byName.top.len)
		if i%2 == 0 {
			c.DeleteNode(n.Name)
			c.Displace(p.UID)
		} else {
			c.Displace(p.UID)
			c.DeleteNode(n.Name)
		}
		require.Zero(t, c.byName.top.len)
		require.Zero(t, c.placed.top.len)
		require.Empty(t, c.nodes)
	}
}

// Pods are counted by priority: only one of a lower priority is outranked.
func TestClusterKnowsThePrioritiesOfItsPods(t *testing.T) {
	var c Cluster
	for _, rank := range []int32{5, -3, 5, 0} {
		c.ranked(rank, 1)
	}
	require.Equal(t, []rankCount{{-3, 1}, {0, 1}, {5, 2}}, c.ranks)
	require.False(t, c.outranked(-3))
	require.True(t, c.outranked(-2))
	require.True(t, c.outranked(5))
	c.ranked(-3, -1)
	c.ranked(5, -1)
	require.Equal(t, []rankCount{{0, 1}, {5, 1}}, c.ranks)
	require.False(t, c.outranked(0))
	require.True(t, c.outranked(1))
}
