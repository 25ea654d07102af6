package scheduler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// branch is a cluster, and everything that was ever done to it.
type branch struct {
	cluster *scheduler.Cluster
	done    []func(*scheduler.Cluster)
}

func (b *branch) do(change func(*scheduler.Cluster)) {
	change(b.cluster)
	b.done = append(b.done, change)
}

// A fork and its origin go their own ways: each is what it would be if the
// other had never been, through forks of forks that change at the same time.
func TestForkIsOnItsOwn(t *testing.T) {
	for seed := range uint64(40) {
		w := newOracleWorld(seed)
		branches := []*branch{{cluster: new(scheduler.Cluster)}}
		for range 12 {
			origin := branches[w.rnd.IntN(len(branches))]
			if w.rnd.IntN(2) == 0 {
				branches = append(branches, &branch{cluster: origin.cluster.Fork(), done: append([]func(*scheduler.Cluster){}, origin.done...)})
			}
			work := make(map[*branch][]func(*scheduler.Cluster))
			for _, b := range branches {
				for range 20 {
					work[b] = append(work[b], w.anyChange())
				}
			}
			ended := make(chan struct{})
			for b, changes := range work {
				go func() {
					defer func() { ended <- struct{}{} }()
					for _, change := range changes {
						b.do(change)
					}
				}()
			}
			for range work {
				<-ended
			}
		}
		for i, b := range branches {
			var anew scheduler.Cluster
			for _, change := range b.done {
				change(&anew)
			}
			requireSame(t, w, &anew, b.cluster, fmt.Sprintf("seed %d, branch %d", seed, i))
		}
	}
}

// anyChange returns something that may happen to a cluster.
func (w *oracleWorld) anyChange() func(*scheduler.Cluster) {
	name := w.nodeName()
	switch w.rnd.IntN(8) {
	case 0, 1:
		n := w.node()
		return func(c *scheduler.Cluster) { c.SetNode(n) }
	case 2:
		return func(c *scheduler.Cluster) { c.DeleteNode(name) }
	case 3:
		uid := fmt.Sprint("p", w.rnd.IntN(w.pods+1))
		return func(c *scheduler.Cluster) { c.Displace(uid) }
	case 4:
		p := w.pod()
		return func(c *scheduler.Cluster) { c.Place(p, name) }
	}
	p := w.pod()
	policy := scheduler.Spread()
	return func(c *scheduler.Cluster) {
		if d := policy.Pick(p, c); d.Node != "" {
			c.Place(p, d.Node)
		}
	}
}

// requireSame compares all that can be seen of two clusters.
func requireSame(t *testing.T, w *oracleWorld, want, have *scheduler.Cluster, about string) {
	t.Helper()
	nodes := func(c *scheduler.Cluster) (list []*node.Node) {
		for n := range c.Nodes() {
			require.Same(t, n, c.Node(n.Node.Name), about)
			list = append(list, n.Node)
		}
		return list
	}
	require.Equal(t, nodes(want), nodes(have), about)
	for i := range 12 {
		name := fmt.Sprintf("n%02d", i)
		require.True(t, want.Count(name).Equal(have.Count(name)), about)
	}
	for i := range w.pods + 1 {
		uid := fmt.Sprint("p", i)
		require.Equal(t, want.Placed(uid), have.Placed(uid), about)
	}
	for range 20 {
		p := w.pod()
		require.Equal(t, scheduler.Spread().Pick(p, want), scheduler.Spread().Pick(p, have), about)
	}
}

// BenchmarkFork forks a cluster of 10,000 nodes and 50,000 pods, and places a
// pod in the fork, which is then thrown away.
func BenchmarkFork(b *testing.B) {
	c := benchmarkCluster(10000)
	policy := new(scheduler.Policy)
	p := newPod("new", requests("cpu=250m,memory=256Mi"))
	b.Run("fork", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Fork()
		}
	})
	b.Run("fork and place", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f := c.Fork()
			f.Place(p, policy.Pick(p, f).Node)
		}
	})
}
