package scheduler_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func TestYield(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=9")), newNode("b", capacity("cpu=9,a.b/gpu=1")))
	ranked := func(name, amounts string, priority int32) *pod.Pod {
		p := newPod(name, requests(amounts))
		p.Spec.Priority = &priority
		return p
	}
	yield := func(c *scheduler.Cluster, priority int32) (names []string) {
		for _, r := range c.Yield(priority) {
			names = append(names, r.Pod.Name+"@"+r.Node)
			c.Reserve(r.Pod, r.Node)
		}
		return names
	}
	for _, p := range []*pod.Pod{ranked("z", "cpu=1", 1), ranked("y", "cpu=1,a.b/gpu=1", 1), ranked("x", "cpu=1", 3)} {
		c.Reserve(p, "b")
	}
	c.Place(ranked("placed", "cpu=1", 0), "b")
	require.Empty(t, yield(c, 1), "not to its like")
	require.Equal(t, []string{"z@b", "y@b"}, yield(c, 3), "in the order in which they were reserved")
	require.Equal(t, []string{"x@b", "z@b", "y@b"}, yield(c, 4))
	require.Equal(t, 4, c.Count("b").Pods)

	fork := c.Fork()
	fork.Yield(9)
	require.Equal(t, 1, fork.Count("b").Pods)
	require.Equal(t, "b", pick(ranked("p", "a.b/gpu=1", 9), fork).Node)
	require.Equal(t, 4, c.Count("b").Pods, "the fork changed nothing")
	require.Empty(t, pick(ranked("p", "a.b/gpu=1", 0), c).Node)

	c.Displace("z")
	require.NoError(t, c.Accept(ranked("x", "cpu=1", 3), scheduler.Decision{Node: "b"}))
	require.NoError(t, c.Accept(ranked("y", "cpu=1,a.b/gpu=1", 1), scheduler.Decision{Node: "b"}))
	require.Empty(t, yield(c, 9), "they are gone or placed")
	c.Reserve(ranked("w", "cpu=1", 2), "a")
	c.Reserve(ranked("w", "cpu=1", 2), "b")
	require.Equal(t, []string{"w@b"}, yield(c, 9), "where it is reserved now")
}
