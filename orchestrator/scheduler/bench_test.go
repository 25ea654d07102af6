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

// BenchmarkPick asks the default policy once: for a pod that fits everywhere,
// for one whose node selector names a third of the nodes, for one with a custom
// filter and scorer added, and for one that is too large for every node.
func BenchmarkPick(b *testing.B) {
	custom := &scheduler.Policy{
		Filters: append(scheduler.DefaultFilters(), scheduler.Filter{Name: "Few", Fits: func(_ *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
			if n.Pods > 100 {
				return scheduler.Reason{What: "crowded"}
			}
			return scheduler.Reason{}
		}}),
		Scorers: append(scheduler.DefaultScorers(), scheduler.Scorer{Name: "Few", Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
			return 100 / float64(1+n.Pods)
		}}),
	}
	small := newPod("p", requests("cpu=250m,memory=256Mi"))
	zonal := newPod("p", requests("cpu=250m,memory=256Mi"), selector(labels.Set{"zone": "b"}))
	large := newPod("p", requests("cpu=250m,memory=2Ti"))
	for _, size := range []int{1000, 5000} {
		c := benchmarkCluster(size)
		for _, bench := range []struct {
			name   string
			policy *scheduler.Policy
			pod    *pod.Pod
			fits   bool
		}{
			{"fits", &scheduler.Policy{}, small, true},
			{"selector", &scheduler.Policy{}, zonal, true},
			{"custom", custom, small, true},
			{"unfit", &scheduler.Policy{}, large, false},
		} {
			b.Run(fmt.Sprintf("nodes=%d/%s", size, bench.name), func(b *testing.B) {
				require.Equal(b, bench.fits, bench.policy.Pick(bench.pod, c).Node != "")
				b.ReportAllocs()
				for b.Loop() {
					bench.policy.Pick(bench.pod, c)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "picks/s")
			})
		}
	}
}

// BenchmarkPlace counts a pod on a node and takes it away again.
func BenchmarkPlace(b *testing.B) {
	c := benchmarkCluster(1000)
	p := newPod("p", requests("cpu=250m,memory=256Mi"))
	b.ReportAllocs()
	for b.Loop() {
		c.Place(p, "node-00500")
		c.Displace(p.UID)
	}
}

// BenchmarkSetNode reports a node again, as each of its changes does.
func BenchmarkSetNode(b *testing.B) {
	c := benchmarkCluster(5000)
	n := c.Node("node-02500").Node
	b.ReportAllocs()
	for b.Loop() {
		c.SetNode(n)
	}
}

// benchmarkCluster has nodes of three sizes in three zones, five pods on each.
func benchmarkCluster(size int) *scheduler.Cluster {
	var c scheduler.Cluster
	for i := range size {
		name := fmt.Sprintf("node-%05d", i)
		c.SetNode(newNode(name, capacity(fmt.Sprintf("cpu=%d,memory=%dGi,pods=110", 8<<(i%3), 32<<(i%3))), func(n *node.Node) {
			n.Labels = labels.Set{"name": name, "zone": []string{"a", "b", "c"}[i%3]}
		}))
		for j := range 5 {
			c.Place(newPod(fmt.Sprint(name, "-", j), requests(fmt.Sprintf("cpu=%dm,memory=512Mi", 100+(i*7+j)%400))), name)
		}
	}
	return &c
}
