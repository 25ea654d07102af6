package orchestrator_test

import (
	"errors"
	"fmt"
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
	require.Equal(t, "b: Resources: 1 has 2 cpu left, wants 3", verdicts[1].String())

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
