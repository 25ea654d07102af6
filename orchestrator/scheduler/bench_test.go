package scheduler_test

import (
	"fmt"
	"math/rand/v2"
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

// BenchmarkFill places ten pods for each node, made by controllers of 50
// replicas from four shapes, on nodes of 8, 16 and 32 cores: with the default
// policy, and with one that has a filter and a scorer of its own. Nothing is
// committed anywhere.
func BenchmarkFill(b *testing.B) {
	custom := &scheduler.Policy{
		Filters: append(scheduler.DefaultFilters(), scheduler.Filter{Name: "Few", Fits: func(_ *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
			if n.Pods > 100 {
				return scheduler.Reason{What: "crowded"}
			}
			return scheduler.Reason{}
		}, Key: anyPod}),
		Scorers: []scheduler.Scorer{{Name: "Few", Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
			return 100 / float64(1+n.Pods)
		}, Key: anyPod}},
	}
	for _, size := range []int{1000, 5000, 10000} {
		for _, bench := range []struct {
			name   string
			policy *scheduler.Policy
		}{{"default", &scheduler.Policy{}}, {"custom", custom}} {
			b.Run(fmt.Sprintf("nodes=%d/%s", size, bench.name), func(b *testing.B) {
				pods := shuffledPods(10 * size)
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					c := emptyCluster(size)
					b.StartTimer()
					for _, p := range pods {
						c.Place(p, bench.policy.Pick(p, c).Node)
					}
				}
				placed := float64(b.N * len(pods))
				b.ReportMetric(placed/b.Elapsed().Seconds(), "placements/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// anyPod is the key of what goes by nothing of the pod.
func anyPod(*scheduler.Request) string { return "" }

// shuffledPods returns pods of controllers with 50 replicas each, in four
// shapes, in the order of a fixed shuffle. Pods of a controller share its template.
func shuffledPods(n int) []*pod.Pod {
	shapes := []string{"cpu=100m,memory=128Mi", "cpu=250m,memory=512Mi", "cpu=500m,memory=1Gi", "cpu=2,memory=4Gi"}
	pods := make([]*pod.Pod, 0, n)
	var template *pod.Pod
	for i := range n {
		if i%50 == 0 {
			template = newPod("t", requests(shapes[i/50%len(shapes)]))
			template.Labels = labels.Set{"app": fmt.Sprint("app-", i/50)}
		}
		p := *template
		p.Name = fmt.Sprint("pod-", i)
		p.UID = p.Name
		pods = append(pods, &p)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { pods[i], pods[j] = pods[j], pods[i] })
	return pods
}

func emptyCluster(size int) *scheduler.Cluster {
	var c scheduler.Cluster
	for i := range size {
		c.SetNode(newNode(fmt.Sprintf("node-%05d", i), capacity(fmt.Sprintf("cpu=%d,memory=%dGi,pods=110", 8<<(i%3), 32<<(i%3)))))
	}
	return &c
}
