package orchestrator_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// places names the pods that moved, and where from and to.
func places(list []orchestrator.Difference) (texts []string) {
	for _, d := range list {
		texts = append(texts, fmt.Sprintf("%s: %s -> %s", d.Pod.Name, d.From, d.To))
	}
	return texts
}

// What is tried on a fork shows in it, and nowhere else; what happens to the
// cluster meanwhile does not show in the fork.
func TestFork(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 4, 1)...)
	s.apply(ranked("one", 0, 1), ranked("two", 0, 1), ranked("three", 0, 2))
	before := s.Engine().Fork()
	require.Equal(t, []string{"a", "b", "a"}, []string{before.On(s.pod("one").UID), before.On(s.pod("two").UID), before.On(s.pod("three").UID)})

	drained := before.Fork()
	drained.Drain("a", "nowhere")
	require.Equal(t, []string{"one: a -> b", "three: a -> b"}, places(orchestrator.Diff(before, drained)))
	require.True(t, drained.Node("a").Node.Spec.Unschedulable)

	removed := before.Fork()
	removed.Remove("a", "b")
	require.Equal(t, []string{"one: a -> c", "three: a -> ", "two: b -> "}, places(orchestrator.Diff(before, removed)))
	require.Nil(t, removed.Node("a"))

	more := before.Fork()
	decisions := more.Add(ranked("new", 0, 2), ranked("huge", 0, 9))
	require.Equal(t, "b", decisions[0].Node)
	require.Equal(t, "0 of 3 nodes fit: 3 have at most 1 cpu left, wants 9", decisions[1].Message())
	require.Equal(t, []string{"new:  -> b"}, places(orchestrator.Diff(before, more)))
	more.SetNode(cpuNodes(4, 4, 1, 16)[3])
	require.Equal(t, "d", more.Add(ranked("huge", 0, 9))[0].Node)

	packed := before.Fork()
	packed.Use(scheduler.Pack())
	packed.Reschedule()
	require.NotEmpty(t, orchestrator.Diff(before, packed))
	used := 0
	for n := range packed.Nodes() {
		if n.Pods > 0 {
			used++
		}
	}
	require.Equal(t, 2, used)

	require.NoError(t, s.Delete(store.KindPod, "default", "two", orchestrator.DeleteOptions{Grace: new(time.Duration)}))
	s.apply(ranked("four", 0, 4))
	require.Equal(t, "a", before.On(s.pod("three").UID))
	require.Equal(t, 1, before.Node("b").Pods)
	require.NoError(t, s.Engine().Check())
}

func TestExplain(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 2)...)
	s.apply(ranked("large", 0, 3))
	verdicts, err := s.Engine().Fork().Explain(s.pod("large"))
	require.NoError(t, err)
	require.Len(t, verdicts, 2)
	require.Equal(t, "a", verdicts[0].Node, "it counts as new")
	require.Equal(t, "b: Resources: has 2 cpu left, wants 3", verdicts[1].String())

	f := s.Engine().Fork()
	f.Use(mute{})
	_, err = f.Explain(s.pod("large"))
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// mute is a scheduler that explains nothing.
type mute struct{}

func (mute) Pick(*pod.Pod, *scheduler.Cluster) scheduler.Decision { return scheduler.Decision{} }

// What Explain puts first is what Pick takes, and it refuses what Pick refuses.
func TestDecidedTellsEveryDecision(t *testing.T) {
	var told []string
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{
		Machines: cpuNodes(1),
		Decided: func(p *pod.Pod, d scheduler.Decision) {
			told = append(told, p.Name+": "+d.Node+d.Message())
		},
	}})
	require.NoError(t, err)
	require.NoError(t, c.Advance(5*time.Second))
	_, err = c.Apply(ranked("a", 0, 1), ranked("b", 0, 1))
	require.NoError(t, err)
	require.Equal(t, []string{"a: a", "b: 0 of 1 nodes fit: 1 has 0 cpu left, wants 1"}, told)
}

// A fork of a live orchestrator, before it runs, while it does, and after.
func TestClientFork(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webController("web", 3))
		r.pass(time.Second)
		f, err := r.c.Fork(r.ctx())
		require.NoError(t, err)
		after := f.Fork()
		after.Drain("node-0")
		require.Len(t, orchestrator.Diff(f, after), 1)
		require.Len(t, r.machines.Live(), 3)

		name := r.c.Pods().List(store.Filter{})[0].Name
		verdicts, err := r.c.Explain(r.ctx(), "", name)
		require.NoError(t, err)
		require.Len(t, verdicts, 3)
		_, err = r.c.Explain(r.ctx(), "", "nobody")
		require.ErrorIs(t, err, store.ErrNotFound)

		require.NoError(t, r.stop())
		_, err = r.c.Fork(r.ctx())
		require.ErrorIs(t, err, orchestrator.ErrStopped)
	})
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		f, err := r.c.Fork(r.ctx())
		require.NoError(t, err)
		require.Contains(t, f.Add(webPod("web"))[0].Message(), "0 of 3 nodes fit")
	})
}

// A fork has what the engine has decided, also where the journal is still busy with it.
func TestClientForkWhileTheJournalIsBusy(t *testing.T) {
	journal := new(slowJournal)
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		journal.delay.Store(int64(time.Minute))
		applied := make(chan error, 1)
		go func() {
			_, err := r.c.Apply(r.ctx(), webController("web", 3))
			applied <- err
		}()
		r.pass(time.Second)
		require.Empty(t, r.c.Pods().List(store.Filter{}), "nobody may see them yet")
		f, err := r.c.Fork(r.ctx())
		require.NoError(t, err)
		require.NoError(t, <-applied, "what a fork has is durable")
		drained := f.Fork()
		drained.Drain("node-0")
		require.Len(t, orchestrator.Diff(f, drained), 1)
		require.NotEmpty(t, r.c.Pods().List(store.Filter{}))
	})
}

// Pods that were added to two forks are the same if their names are.
func TestDiffOfWhatWasAdded(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 4)...)
	origin := s.Engine().Fork()
	one, two := origin.Fork(), origin.Fork()
	one.Add(ranked("x", 0, 3), ranked("y", 0, 3))
	two.Add(ranked("y", 0, 3), ranked("z", 0, 3))
	require.Equal(t, []string{"x: a -> ", "y: b -> a", "z:  -> b"}, places(orchestrator.Diff(one, two)))

	three := one.Fork()
	require.Equal(t, "a", three.Add(&pod.Pod{Meta: ranked("x", 0, 1).Meta, Spec: ranked("x", 0, 1).Spec})[0].Node, "another one of the name")
	require.Equal(t, []string{"x:  -> a"}, places(orchestrator.Diff(one, three)))
	require.Equal(t, 2, three.Node("a").Pods)
	require.Equal(t, 1, one.Node("a").Pods)
}

// Who is named twice is drained once, and a pod that is added where it is already
// does not stand in its own way.
func TestForkTakesThingsOnce(t *testing.T) {
	s, _ := newScheduling(t, cpuNodes(4, 8, 9, 8)...)
	s.apply(ranked("one", 0, 5))
	require.Equal(t, "c", s.pod("one").Spec.NodeName)
	f := s.Engine().Fork()
	f.Drain("c", "c")
	require.Equal(t, []string{"one: c -> b"}, places(orchestrator.Diff(s.Engine().Fork(), f)))

	again := s.Engine().Fork()
	require.Equal(t, "c", again.Add(s.pod("one"))[0].Node)
	require.Empty(t, orchestrator.Diff(s.Engine().Fork(), again))
	require.Equal(t, 1, again.Node("c").Pods)
}

// Forks of a running orchestrator, each in a goroutine of its own, while pods come and go.
func TestForksWhileMuchChanges(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		stays := webPod("stays") // whatever else is there when a fork is made
		stays.Spec.NodeName = "node-0"
		r.apply(stays)
		var group sync.WaitGroup
		var moved, wrong atomic.Int64
		for i := range 4 {
			group.Go(func() {
				for range 50 {
					f, err := r.c.Fork(r.ctx())
					if err != nil {
						wrong.Add(1)
						return
					}
					before, more := f.Fork(), f.Fork()
					group.Go(more.Reschedule)
					f.Add(webPod("web"), webPod(fmt.Sprint("web-", i)))
					f.Drain("node-0")
					f.Remove("node-1")
					for _, d := range orchestrator.Diff(before, f) {
						if moved.Add(1); d.To != "node-2" {
							wrong.Add(1)
						}
					}
				}
			})
		}
		for n := range 100 {
			r.apply(webController("web", n%7))
		}
		group.Wait()
		require.Zero(t, wrong.Load())
		require.GreaterOrEqual(t, moved.Load(), int64(4*50*3), "two were added to each fork, and one has left node-0")
	})
}
