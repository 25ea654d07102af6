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

// A pod that keeps others away comes while some wait that were alike until then: the
// one that may not go near it does not hold up the others.
func TestGroupsComeApart(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(3)...)
	s.apply(ranked("first", 0, 3))
	shunned := ranked("shunned", 0, 1)
	shunned.Labels = labels.Set{"app": "shunned"}
	s.apply(ranked("other-1", 0, 1), shunned, ranked("other-2", 0, 1))
	wary := ranked("wary", 0, 0)
	wary.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{
		Selector: &pod.LabelSelector{MatchLabels: shunned.Labels}, TopologyKey: pod.HostnameLabel,
	}}}}
	s.apply(wary)
	require.Equal(t, "a", s.pod("wary").Spec.NodeName)
	require.NoError(t, s.Delete(store.KindPod, "default", "first", orchestrator.DeleteOptions{Grace: new(time.Duration)}))
	s.advance(time.Second)
	require.Equal(t, []string{"a", "", "a"}, []string{
		s.pod("other-1").Spec.NodeName, s.pod("shunned").Spec.NodeName, s.pod("other-2").Spec.NodeName,
	})
}

// near returns a pod that has to be on a node with one of an app.
func near(name, app string) *pod.Pod {
	p := ranked(name, 0, 1)
	p.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Required: []pod.PodTerm{{
		Selector: &pod.LabelSelector{MatchLabels: map[string]string{"app": app}}, TopologyKey: pod.HostnameLabel,
	}}}}
	return p
}

// A pod that has to be near another is tried again also where nobody asked the
// scheduler about that one, and where it becomes what it is later.
func TestCompanyComesPastTheScheduler(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 4)...)
	s.apply(near("cache", "web"), near("queue", "job"))
	web := ranked("web", 0, 1)
	web.Labels, web.Spec.NodeName = labels.Set{"app": "web"}, "b"
	s.apply(web)
	require.Equal(t, "b", s.pod("cache").Spec.NodeName)
	require.Empty(t, s.pod("queue").Spec.NodeName)

	relabelled := s.pod("web").Copy()
	relabelled.Labels = labels.Set{"app": "job"}
	s.apply(relabelled)
	require.Equal(t, "b", s.pod("queue").Spec.NodeName)
	s.apply(near("late", "web"))
	require.Empty(t, s.pod("late").Spec.NodeName)
}

// The place where pods to be spread are too few goes, and with it what kept others waiting.
func TestSpreadOverWhatIsLeft(t *testing.T) {
	nodes := cpuNodes(4, 4)
	nodes[1].Spec.Unschedulable = true
	s, _ := newScheduling(t, nodes...)
	spread := func(name string) *pod.Pod {
		p := ranked(name, 0, 1)
		p.Labels = labels.Set{"app": "web"}
		p.Spec.TopologySpreadConstraints = []pod.TopologySpread{{
			MaxSkew: 1, TopologyKey: pod.HostnameLabel, WhenUnsatisfiable: pod.DoNotSchedule, Selector: &pod.LabelSelector{MatchLabels: p.Labels},
		}}
		return p
	}
	s.apply(spread("first"), spread("second"))
	require.Equal(t, []string{"a", ""}, []string{s.pod("first").Spec.NodeName, s.pod("second").Spec.NodeName})
	require.NoError(t, s.Delete(store.KindNode, "", "b", orchestrator.DeleteOptions{Force: true}))
	s.advance(time.Second)
	require.Equal(t, "a", s.pod("second").Spec.NodeName)
}

// follower has pods wait for a node that has some other pod already, but for those
// named "leader".
type follower struct{ scheduler.Policy }

func (f *follower) Pick(p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	if p.Name == "leader" {
		return f.Policy.Pick(p, c)
	}
	for n := range c.Nodes() {
		if n.Pods > 0 {
			return scheduler.Decision{Node: n.Node.Name, Nodes: c.Len()}
		}
	}
	var d scheduler.Decision
	for range c.Nodes() {
		d.Refuse(scheduler.Reason{What: "empty"})
	}
	return d
}

func (*follower) Awaits(p *pod.Pod) bool { return p.Name != "leader" }

// A scheduler of one's own says which pods wait for others: they are tried again when
// one is placed.
func TestAwaits(t *testing.T) {
	c, err := simulate.New(simulate.Config{
		Check:        true,
		Orchestrator: orchestrator.Config{Machines: cpuNodes(4, 4), Scheduler: new(follower)},
	})
	require.NoError(t, err)
	s := scheduling{Cluster: c, T: t}
	s.advance(10 * time.Second)
	s.apply(ranked("waits", 0, 1))
	require.Empty(t, s.pod("waits").Spec.NodeName)
	s.apply(ranked("leader", 0, 1))
	s.advance(5 * time.Second)
	require.Equal(t, s.pod("leader").Spec.NodeName, s.pod("waits").Spec.NodeName)
	require.NotEmpty(t, s.pod("waits").Spec.NodeName)
}
