package orchestrator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// cpuNodes returns nodes a, b, … of so many cores.
func cpuNodes(cores ...int64) (nodes []*node.Node) {
	for i, n := range cores {
		nodes = append(nodes, &node.Node{
			Meta:   labels.Meta{Name: string(rune('a' + i)), Labels: labels.Set{"cores": fmt.Sprint(n)}},
			Status: node.Status{Capacity: pod.Resources{pod.CPU: pod.NewQuantity(n, pod.DecimalSI)}},
		})
	}
	return nodes
}

// ranked returns a pod of a priority that wants so many cores.
func ranked(name string, priority int32, cores int64) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name}}
	p.Spec.Priority = &priority
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "img"}}
	p.Spec.Containers[0].Resources.Requests = pod.Resources{pod.CPU: pod.NewQuantity(cores, pod.DecimalSI)}
	return p
}

// counting is the default policy, and counts what it is asked.
type counting struct {
	scheduler.Policy
	picks int
}

func (s *counting) Pick(p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	s.picks++
	return s.Policy.Pick(p, c)
}

// scheduling is a cluster and its test.
type scheduling struct {
	*simulate.Cluster
	*testing.T
}

func newScheduling(t *testing.T, nodes ...*node.Node) (scheduling, *counting) {
	count := new(counting)
	c, err := simulate.New(simulate.Config{
		Check:        true,
		Orchestrator: orchestrator.Config{Machines: nodes, Scheduler: count},
	})
	require.NoError(t, err)
	require.NoError(t, c.Advance(10*time.Second))
	return scheduling{Cluster: c, T: t}, count
}

func (s scheduling) apply(objects ...labels.Object) {
	s.Helper()
	_, err := s.Apply(objects...)
	require.NoError(s, err)
	s.advance(time.Second)
}

func (s scheduling) advance(d time.Duration) {
	s.Helper()
	require.NoError(s, s.Advance(d))
}

func (s scheduling) pod(name string) *pod.Pod {
	s.Helper()
	p, err := s.View().Pods().Get("default", name)
	require.NoError(s, err)
	return p
}

// Of pods that wait, the one with the highest priority comes first, whenever it came.
func TestPriorityComesFirst(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(1)...)
	s.apply(ranked("first", 5, 1))
	s.apply(ranked("low", 1, 1), ranked("mid", 2, 1), ranked("high", 3, 1))
	for _, name := range []string{"first", "high", "mid", "low"} {
		require.Equal(t, "a", s.pod(name).Spec.NodeName)
		require.NoError(t, s.Delete(store.KindPod, "default", name, orchestrator.DeleteOptions{Grace: new(time.Duration)}))
		s.advance(time.Second)
	}
}

// A pod that fits nowhere pushes out as few others as it takes, of the lowest
// priority; they get their grace; nobody else takes the room meanwhile; and the
// record says what happened.
func TestPreemption(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 4)...)
	s.apply(ranked("mid-1", 5, 2), ranked("mid-2", 5, 2), ranked("low", 2, 2), ranked("lowest", 1, 2))
	require.Equal(t, []string{"a", "b", "a", "b"}, []string{
		s.pod("mid-1").Spec.NodeName, s.pod("mid-2").Spec.NodeName, s.pod("low").Spec.NodeName, s.pod("lowest").Spec.NodeName,
	})

	s.apply(ranked("never", 1, 2), ranked("high", 9, 2))
	high := s.pod("high")
	require.Equal(t, "b", high.Spec.NodeName, "the pod with priority 1 makes way")
	require.Empty(t, high.Status.NominatedNodeName)
	_, err := s.View().Pods().Get("default", "lowest")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Empty(t, s.pod("never").Spec.NodeName)

	var told []string
	for _, event := range s.Events() {
		if event.Reason == "Preempted" {
			told = append(told, event.InvolvedObject.Name+" "+event.Message)
		}
	}
	require.Equal(t, []string{"lowest makes way on node b for pod default/high of priority 9"}, told)
}

// While the victims have their grace, what they leave is kept for the pod that
// they make way for; also after the host program was started again.
func TestPreemptionReserves(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2)...)
	slow := ranked("slow", 1, 1)
	slow.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PreStop: &pod.Handler{Sleep: &pod.Sleep{Seconds: 20}}}
	s.apply(slow, ranked("quick", 1, 1))
	s.apply(ranked("high", 9, 2))
	high := s.pod("high")
	require.Equal(t, "a", high.Status.NominatedNodeName)
	require.Contains(t, high.Status.Condition(pod.PodScheduled).Message, "; room is made on a")

	s.apply(ranked("thief", 1, 1)) // quick has gone, and slow goes
	s.advance(10 * time.Second)
	require.Empty(t, s.pod("thief").Spec.NodeName)
	s.advance(20 * time.Second)
	require.Equal(t, "a", s.pod("high").Spec.NodeName)
	require.Empty(t, s.pod("thief").Spec.NodeName)
}

// A pod that would rather wait pushes nobody out, and neither does one for which
// that would not be enough.
func TestNoPreemption(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2)...)
	s.apply(ranked("low", 1, 1), ranked("peer", 9, 1))
	polite := ranked("polite", 9, 1)
	polite.Spec.PreemptionPolicy = pod.PreemptNever
	s.apply(polite, ranked("huge", 9, 2))
	s.advance(time.Minute)
	require.Equal(t, "a", s.pod("low").Spec.NodeName)
	require.Empty(t, s.pod("polite").Spec.NodeName)
	require.Empty(t, s.pod("huge").Spec.NodeName)
}

// Of pods that wait for the same, one is tried again when something has changed
// that may help, and none when nothing has.
func TestWaitingIsCheap(t *testing.T) {
	s, count := newScheduling(t, cpuNodes(2, 2)...)
	var all []labels.Object
	for i := range 500 {
		all = append(all, ranked(fmt.Sprintf("small-%d", i), 0, 1), ranked(fmt.Sprintf("large-%d", i), 0, 3))
	}
	s.apply(all...)
	require.Less(t, count.picks, 10, "four fit; then one of each kind is asked about")

	count.picks = 0
	s.advance(time.Hour)
	require.Zero(t, count.picks, "nothing has changed")
	require.NoError(t, s.Delete(store.KindPod, "default", "small-0", orchestrator.DeleteOptions{Grace: new(time.Duration)}))
	s.advance(time.Minute)
	require.LessOrEqual(t, count.picks, 6, "one fits in its place; the next of its kind, and one of the other, do not")
	require.Equal(t, "a", s.pod("small-4").Spec.NodeName)
	s.apply(cpuNodes(2, 2, 9)[2])
	s.advance(time.Minute)
	require.Equal(t, "c", s.pod("large-0").Spec.NodeName)
}

// A pod that has to be near another is tried again when that one is placed.
func TestCompanyIsAwaited(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2, 2)...)
	cache := ranked("cache", 0, 1)
	cache.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Required: []pod.PodTerm{{
		Selector: &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, TopologyKey: pod.HostnameLabel,
	}}}}
	s.apply(cache)
	require.Contains(t, s.pod("cache").Status.Condition(pod.PodScheduled).Message, "0 of 2 nodes fit: 2 away from pods that it must be near")
	web := ranked("web", 0, 1)
	web.Labels = labels.Set{"app": "web"}
	s.apply(web)
	require.Equal(t, s.pod("web").Spec.NodeName, s.pod("cache").Spec.NodeName)
}
