package orchestrator_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

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

	require.Equal(t, []string{"lowest makes way on node b for pod default/high of priority 9"}, s.preempted())
}

// While the victims have their grace, what they leave is kept for the pod that
// they make way for; also after the host program was started again.
func TestPreemptionReserves(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2)...)
	s.apply(slowToEnd(ranked("slow", 1, 1), 20), ranked("quick", 1, 1))
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

// slowToEnd has a pod take so many seconds to end.
func slowToEnd(p *pod.Pod, seconds int64) *pod.Pod {
	p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PreStop: &pod.Handler{Sleep: &pod.Sleep{Seconds: seconds}}}
	return p
}

// preempted returns who was told to make way, and for whom.
func (s scheduling) preempted() (told []string) {
	for _, event := range s.Events() {
		if event.Reason == "Preempted" {
			told = append(told, event.InvolvedObject.Name+" "+event.Message)
		}
	}
	return told
}

// A pod that fits once one has gone that is leaving anyway waits for that one, whatever
// its priority, and nobody makes way.
func TestPreemptionWaits(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2, 1)...)
	s.apply(slowToEnd(ranked("leaves", 9, 2), 20), ranked("low", 0, 1))
	require.Equal(t, []string{"a", "b"}, []string{s.pod("leaves").Spec.NodeName, s.pod("low").Spec.NodeName})
	require.NoError(t, s.Delete(store.KindPod, "default", "leaves", orchestrator.DeleteOptions{}))
	s.advance(time.Second)
	s.apply(ranked("high", 9, 1))
	require.Equal(t, "a", s.pod("high").Status.NominatedNodeName)
	require.Contains(t, s.pod("high").Status.Condition(pod.PodScheduled).Message, "; room is made on a")
	s.apply(ranked("thief", 0, 2)) // it does not get the room that high is to have
	s.advance(time.Minute)
	require.Equal(t, []string{"a", "b", ""}, []string{s.pod("high").Spec.NodeName, s.pod("low").Spec.NodeName, s.pod("thief").Spec.NodeName})
	require.Empty(t, s.preempted())
}

// The room that one makes who was told to go for another pod is there for the next one
// that is asked about at once, so far as it is more than that one needs; and nobody is
// told twice.
func TestPreemptionCountsWhoWasTold(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(5, 2)...)
	s.apply(slowToEnd(ranked("large", 1, 5), 20), ranked("small", 0, 2))
	require.Equal(t, []string{"a", "b"}, []string{s.pod("large").Spec.NodeName, s.pod("small").Spec.NodeName})
	first, second := ranked("first", 9, 2), ranked("second", 8, 2)
	first.Spec.NodeSelector = map[string]string{"cores": "5"}
	second.Spec.NodeSelector = first.Spec.NodeSelector
	s.apply(first, second, ranked("third", 7, 2))
	require.Equal(t, []string{"a", "a", "b"}, []string{
		s.pod("first").Status.NominatedNodeName, s.pod("second").Status.NominatedNodeName, s.pod("third").Spec.NodeName,
	}, "a has room for two of them once large has gone; the third needs more")
	s.advance(time.Minute)
	require.Equal(t, []string{"a", "a"}, []string{s.pod("first").Spec.NodeName, s.pod("second").Spec.NodeName})
	require.Equal(t, []string{
		"large makes way on node a for pod default/first of priority 9",
		"small makes way on node b for pod default/third of priority 7",
	}, s.preempted())
}

// A pod that can no longer go where others made way for it leaves that to those that came
// before it and found it taken.
func TestPreemptionInVain(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(2)...)
	s.apply(slowToEnd(ranked("slow", 1, 1), 20))
	polite, choosy := ranked("polite", 9, 2), ranked("choosy", 9, 2)
	polite.Spec.PreemptionPolicy = pod.PreemptNever
	choosy.Spec.NodeSelector = map[string]string{"cores": "2"}
	s.apply(polite, choosy)
	require.Equal(t, "a", s.pod("choosy").Status.NominatedNodeName)

	other := cpuNodes(2)[0]
	other.Labels["cores"] = "unknown"
	s.apply(other)
	require.Empty(t, s.pod("choosy").Status.NominatedNodeName, "it does not fit there, whoever goes")
	require.Empty(t, s.pod("polite").Spec.NodeName, "slow is there still")
	s.advance(time.Minute)
	require.Equal(t, "a", s.pod("polite").Spec.NodeName)
}

// What is kept for a pod is not kept from one of a higher priority. That takes what is
// free elsewhere first, and then what is free where room is made, or becomes free there;
// the other one has others make way for it, and nobody starts only to be pushed out.
func TestPreemptionYields(t *testing.T) {
	for _, test := range []struct {
		name      string
		cores     []int64
		high      *pod.Pod
		nominated [2]string // high, mid
		placed    [2]string
		preempted []string
	}{
		{"free elsewhere", []int64{3, 1}, ranked("high", 9, 1), [2]string{"", "a"}, [2]string{"b", "a"},
			[]string{"slow makes way on node a for pod default/mid of priority 5"}},
		{"free beside", []int64{3}, ranked("high", 9, 1), [2]string{"", ""}, [2]string{"a", ""},
			[]string{"slow makes way on node a for pod default/mid of priority 5"}},
		{"becomes free", []int64{3}, ranked("high", 9, 3), [2]string{"a", ""}, [2]string{"a", ""},
			[]string{"slow makes way on node a for pod default/mid of priority 5"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _ := newScheduling(t, cpuNodes(test.cores...)...)
			mid, slow := ranked("mid", 5, 3), slowToEnd(ranked("slow", 1, 2), 20)
			slow.Spec.NodeSelector = map[string]string{"cores": "3"}
			s.apply(slow)
			s.apply(mid)
			require.Equal(t, "a", s.pod("mid").Status.NominatedNodeName)
			s.advance(time.Second)
			s.apply(test.high)
			high, mid := s.pod("high"), s.pod("mid")
			require.Equal(t, test.nominated, [2]string{high.Status.NominatedNodeName, mid.Status.NominatedNodeName})
			s.advance(time.Minute)
			require.Equal(t, test.placed, [2]string{s.pod("high").Spec.NodeName, s.pod("mid").Spec.NodeName})
			require.Equal(t, test.preempted, s.preempted())
		})
	}
}

// A pod of a higher priority that fits nowhere takes nothing from the one that room is kept for.
func TestPreemptionYieldsToNobodyInVain(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(3)...)
	s.apply(slowToEnd(ranked("slow", 1, 2), 20))
	s.apply(ranked("mid", 5, 2))
	require.Equal(t, "a", s.pod("mid").Status.NominatedNodeName)
	s.apply(ranked("huge", 9, 4), ranked("thief", 4, 2))
	s.advance(time.Minute)
	require.Equal(t, []string{"a", "", ""}, []string{s.pod("mid").Spec.NodeName, s.pod("huge").Spec.NodeName, s.pod("thief").Spec.NodeName})
	require.Contains(t, s.pod("thief").Status.Condition(pod.PodScheduled).Message, "1 has 1 cpu left, wants 2")
}

// In a fork room that is kept yields as well, and Explain says of the node what the
// scheduler thinks of it then.
func TestPreemptionYieldsInForks(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4)...)
	s.apply(slowToEnd(ranked("slow", 1, 2), 20))
	s.apply(ranked("mid", 5, 3))
	fork := s.Engine().Fork()
	require.Equal(t, []string{"", "a"}, []string{fork.Add(ranked("peer", 5, 1))[0].Node, fork.Add(ranked("high", 9, 1))[0].Node})
	for priority, filter := range map[int32]string{5: "Resources", 9: ""} {
		verdicts, err := s.Engine().Fork().Explain(ranked("p", priority, 1))
		require.NoError(t, err)
		require.Equal(t, filter, verdicts[0].Filter, priority)
	}
	require.Empty(t, fork.Add(ranked("peer-2", 5, 1))[0].Node, "the room is kept for mid still")
}

// Whatever comes, and however long others take to end: who waits fits nowhere beside those
// that are there, and those of its priority or a higher one that room is kept for.
func TestPreemptionAtRandom(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s, _ := newScheduling(t, cpuNodes(4, 4, 6)...)
		for i := range 60 {
			p := ranked(fmt.Sprint("p-", i), int32(rng.IntN(4)), 1+rng.Int64N(6))
			if rng.IntN(4) == 0 {
				p.Spec.PreemptionPolicy = pod.PreemptNever
			}
			s.apply(slowToEnd(p, 1+rng.Int64N(30)))
			if pods := s.View().Pods().List(store.Filter{}); rng.IntN(3) == 0 {
				require.NoError(t, s.Delete(store.KindPod, "default", pods[rng.IntN(len(pods))].Name, orchestrator.DeleteOptions{}))
			}
			s.advance(time.Duration(rng.IntN(20)) * time.Second)
			s.nobodyWaitsInVain(seed)
		}
	}
}

// nobodyWaitsInVain fails if a pod waits that could be on a node.
func (s scheduling) nobodyWaitsInVain(seed uint64) {
	cores := func(p *pod.Pod) int64 { return p.Spec.Containers[0].Resources.Requests[pod.CPU].Value() }
	pods := s.View().Pods().List(store.Filter{})
	for _, p := range pods {
		if p.Spec.NodeName != "" || p.Status.Phase.Terminal() {
			continue
		}
		free := map[string]int64{"a": 4, "b": 4, "c": 6}
		for _, o := range pods {
			if o.Spec.NodeName != "" && !o.Status.Phase.Terminal() {
				free[o.Spec.NodeName] -= cores(o)
			} else if at := o.Status.NominatedNodeName; at != "" && o != p && o.Spec.Rank() >= p.Spec.Rank() {
				free[at] -= cores(o)
			}
		}
		for node, left := range free {
			require.Less(s, left, cores(p), "seed %d: %s of priority %d waits, and %s has room", seed, p.Name, p.Spec.Rank(), node)
		}
	}
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

// meddler has others make way as its room says.
type meddler struct {
	scheduler.Policy
	room func(p *pod.Pod, podsOn func(string) []*pod.Pod) scheduler.Preemption
}

func (m *meddler) Preempt(p *pod.Pod, _ *scheduler.Cluster, podsOn func(node string) []*pod.Pod) scheduler.Preemption {
	return m.room(p, podsOn)
}

// A scheduler that makes room where there is none, or with pods that are not to go, is
// told so; nobody goes, and the pod waits.
func TestPreemptsWrongly(t *testing.T) {
	for _, test := range []struct {
		want string
		room func(p *pod.Pod, podsOn func(string) []*pod.Pod) scheduler.Preemption
	}{
		{`pod default/high is not on node "a"`, func(p *pod.Pod, _ func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "a", Victims: []*pod.Pod{p}}
		}},
		{`pod default/low is not on node "b"`, func(_ *pod.Pod, podsOn func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "b", Victims: podsOn("a")}
		}},
		{`pod default/higher has priority 9, and is to make way for 5`, func(_ *pod.Pod, podsOn func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "b", Victims: podsOn("b")}
		}},
		{`pod default/high, which is to make way, is not there as it was made out`, func(p *pod.Pod, _ func(string) []*pod.Pod) scheduler.Preemption {
			made := *p
			made.UID, made.Spec.NodeName, made.Spec.Priority = "made-up", "a", nil
			return scheduler.Preemption{Node: "a", Victims: []*pod.Pod{&made}}
		}},
		{`pod default/high is not on node "a"`, func(p *pod.Pod, _ func(string) []*pod.Pod) scheduler.Preemption {
			bound := *p
			bound.Spec.NodeName, bound.Spec.Priority = "a", nil
			return scheduler.Preemption{Node: "a", Victims: []*pod.Pod{&bound}}
		}},
		{`a pod that is to make way is none`, func(*pod.Pod, func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "a", Victims: []*pod.Pod{nil}}
		}},
		{`nobody is leaving node b`, func(*pod.Pod, func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "b"}
		}},
		{`node c does not exist`, func(*pod.Pod, func(string) []*pod.Pod) scheduler.Preemption {
			return scheduler.Preemption{Node: "c"}
		}},
	} {
		c, err := simulate.New(simulate.Config{
			Check:        true,
			Orchestrator: orchestrator.Config{Machines: cpuNodes(1, 1), Scheduler: &meddler{room: test.room}},
		})
		require.NoError(t, err)
		s := scheduling{Cluster: c, T: t}
		s.advance(10 * time.Second)
		s.apply(ranked("low", 1, 1))
		s.apply(ranked("higher", 9, 1))
		require.Equal(t, []string{"a", "b"}, []string{s.pod("low").Spec.NodeName, s.pod("higher").Spec.NodeName})
		s.apply(ranked("high", 5, 1))
		s.advance(time.Minute)
		high := s.pod("high")
		require.Empty(t, high.Spec.NodeName+high.Status.NominatedNodeName)
		require.Contains(t, high.Status.Condition(pod.PodScheduled).Message, "; the scheduler made room wrongly: "+test.want)
		require.False(t, s.pod("low").Deleting() || s.pod("higher").Deleting())
		require.NoError(t, s.Delete(store.KindPod, "default", "low", orchestrator.DeleteOptions{Grace: new(time.Duration)}))
		s.advance(10 * time.Second)
		require.Equal(t, "a", s.pod("high").Spec.NodeName, "nothing was lost")
	}
}
