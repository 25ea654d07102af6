package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkPick asks the default policy once: for a pod that fits everywhere,
// for one whose node selector names a third of the nodes, for one with a custom
// filter and scorer added, for one of which nothing is kept, with all nodes and with a
// sample of 100, and for one that is too large for every node.
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
			{"individual", &scheduler.Policy{Individual: true}, small, true},
			{"sample", &scheduler.Policy{Individual: true, Sample: 100}, small, true},
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
// policy, and with one that has a filter and a scorer of its own. Pods are picked and
// placed one by one, and "all" at once with PlaceAll. Nothing is committed anywhere.
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
			all    bool
		}{{"default", &scheduler.Policy{}, false}, {"default-all", &scheduler.Policy{}, true}, {"custom", custom, false}, {"custom-all", custom, true}} {
			b.Run(fmt.Sprintf("nodes=%d/%s", size, bench.name), func(b *testing.B) {
				pods := shuffledPods(10 * size)
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					c := emptyCluster(size)
					b.StartTimer()
					if bench.all {
						for range c.PlaceAll(bench.policy, pods) {
						}
						continue
					}
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

// BenchmarkFillLimit does what BenchmarkFill does with bare numbers: a winner tree for
// each of the four shapes finds the node with most left, and the changed node is ranked
// again in each. No scheduler that places pods one by one on the best of all nodes can be
// much faster. "numbers" is handed the shapes themselves. "pods" is handed the same pods
// as BenchmarkFill: it finds the shape of each by where its containers lie, and notes by
// its UID where it went, which is the least that there is to do about a pod.
func BenchmarkFillLimit(b *testing.B) {
	for _, size := range []int{1000, 5000, 10000} {
		pods := shuffledPods(10 * size)
		numbers := make([]int, len(pods))
		shapeOf := make(map[*pod.Container]int)
		for i, p := range pods {
			numbers[i] = bareShape(p)
			shapeOf[&p.Spec.Containers[0]] = numbers[i]
		}
		fill := func(b *testing.B, each func(l *limit)) {
			for b.Loop() {
				b.StopTimer()
				l := newLimit(size)
				b.StartTimer()
				each(l)
			}
			b.ReportMetric(float64(b.N*len(pods))/b.Elapsed().Seconds(), "placements/s")
			b.ReportMetric(0, "ns/op")
		}
		b.Run(fmt.Sprintf("nodes=%d/numbers", size), func(b *testing.B) {
			fill(b, func(l *limit) {
				for _, s := range numbers {
					l.place(s)
				}
			})
		})
		b.Run(fmt.Sprintf("nodes=%d/pods", size), func(b *testing.B) {
			fill(b, func(l *limit) {
				on := make(map[string]int)
				for _, p := range pods {
					on[p.UID] = l.place(shapeOf[&p.Spec.Containers[0]])
				}
			})
		})
	}
}

// The limit does no less than the policy: it decides the same.
func TestLimitPlacesAsThePolicyDoes(t *testing.T) {
	const size = 100
	c, l := emptyCluster(size), newLimit(size)
	for _, p := range shuffledPods(10 * size) {
		at := new(scheduler.Policy).Pick(p, c).Node
		require.Equal(t, fmt.Sprintf("node-%05d", l.place(bareShape(p))), at)
		c.Place(p, at)
	}
}

// limit is a cluster in bare numbers, and a tree of it for each shape.
type limit struct {
	room, used []bare
	trees      []winners // by shape
}

func newLimit(size int) *limit {
	l := &limit{room: make([]bare, size), used: make([]bare, size), trees: make([]winners, len(bareShapes))}
	for i := range l.room {
		times := float64(int(1) << (i % 3))
		l.room[i] = bare{8000 * times, 32768 * times}
	}
	for s := range l.trees {
		l.trees[s] = newWinners(size)
		for i := range l.room {
			l.trees[s].set(i, left(l.room[i], l.used[i], bareShapes[s]))
		}
	}
	return l
}

// place puts a pod of a shape on the best node, and returns which that is.
func (l *limit) place(s int) int {
	i := l.trees[s].best()
	l.used[i] = bare{l.used[i].cpu + bareShapes[s].cpu, l.used[i].memory + bareShapes[s].memory}
	for s := range l.trees {
		l.trees[s].set(i, left(l.room[i], l.used[i], bareShapes[s]))
	}
	return i
}

// bare is an amount of thousandths of a core and of MiB.
type bare struct{ cpu, memory float64 }

// bareShapes are those of shuffledPods.
var bareShapes = []bare{{100, 128}, {250, 512}, {500, 1024}, {2000, 4096}}

// bareShape returns which of bareShapes a pod has.
func bareShape(p *pod.Pod) int {
	cpu := p.Requests()[pod.CPU]
	return slices.IndexFunc(bareShapes, func(s bare) bool { return s.cpu == float64(cpu.MilliValue()) })
}

// left is the mean share that is left of a node; negative where the pod does not fit.
func left(room, used, wants bare) float64 {
	cpu, memory := room.cpu-used.cpu-wants.cpu, room.memory-used.memory-wants.memory
	if cpu < 0 || memory < 0 {
		return -1
	}
	return cpu/room.cpu + memory/room.memory
}

// winners is a complete binary tree of scores, each that of the better child.
type winners []float64

func newWinners(n int) winners {
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	w := make(winners, 2*leaves)
	for i := range w {
		w[i] = -1
	}
	return w
}

func (w winners) set(i int, score float64) {
	at := len(w)/2 + i
	w[at] = score
	for at > 1 {
		score = max(score, w[at^1])
		at /= 2
		if w[at] == score {
			return
		}
		w[at] = score
	}
}

func (w winners) best() int {
	at := 1
	for at < len(w)/2 {
		if at *= 2; w[at] != w[at/2] {
			at++
		}
	}
	return at - len(w)/2
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
