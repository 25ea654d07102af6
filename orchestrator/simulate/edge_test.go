package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// A schedule that has nothing to do with a failure shrinks to none, however short it is.
func TestShrinkToNothing(t *testing.T) {
	for n := range 5 {
		s := make(simulate.Schedule, n)
		for i := range s {
			s[i] = simulate.Incident{At: time.Minute, Fault: simulate.ClockJump{}}
		}
		asked := 0
		require.Empty(t, simulate.Shrink(s, func(simulate.Schedule) bool { asked++; return true }), "of %d", n)
		require.LessOrEqual(t, asked, n+1)
		require.Len(t, simulate.Shrink(s, func(s simulate.Schedule) bool { return len(s) >= 2 }), min(n, 2), "of %d", n)
	}
}

// stubborn returns a cluster of two nodes with one pod, which is not gone for
// hours after it is asked to go.
func stubborn(t *testing.T) *simulate.Cluster {
	c := recorded(t, simulate.Config{
		Record: time.Minute, Check: true, Orchestrator: orchestrator.Config{Machines: machines(2, "4")},
		Scripts: fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}},
	})
	require.NoError(t, c.Advance(time.Minute))
	rc := replicas(1)
	grace := int64(4 * 60 * 60)
	rc.Spec.Template.Spec.TerminationGracePeriodSeconds = &grace
	_, err := c.Apply(rc)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	return c
}

func podsOf(c *simulate.Cluster) []*pod.Pod { return c.View().Pods().List(store.Filter{}) }

// A pod that had to go for a drain is counted once, also if its node is lost
// meanwhile; and not at all if a client deleted it before.
func TestEvictedOnce(t *testing.T) {
	for _, drained := range []bool{true, false} {
		c := stubborn(t)
		p := podsOf(c)[0]
		want := 0
		if drained {
			want = 1
			n, err := c.View().Nodes().Get("", p.Spec.NodeName)
			require.NoError(t, err)
			n = n.Copy()
			n.RequestDrain(node.DrainRequest{Limit: 1})
			_, err = c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: n})
			require.NoError(t, err)
		} else {
			require.NoError(t, c.Delete(store.KindPod, "default", p.Name, orchestrator.DeleteOptions{}))
		}
		require.NoError(t, c.Advance(time.Minute))
		require.Equal(t, want, c.Report().Evictions)
		c.Strike(simulate.Partition{Nodes: []string{p.Spec.NodeName}, For: time.Hour})
		require.NoError(t, c.Advance(30*time.Minute))
		r := c.Report()
		require.Equal(t, 1, r.Failed, "it is lost: %v", r)
		require.Equal(t, want, r.Evictions)
	}
}

// While others make way for a pod it has nothing of the node: nobody has more than all of it.
func TestSharesWhileRoomIsMade(t *testing.T) {
	c := stubborn(t)
	_, err := c.Apply(ranked("low-1", 0, "4"), ranked("low-2", 0, "4"))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	_, err = c.Apply(ranked("high", 10, "4"))
	require.NoError(t, err)
	require.NoError(t, c.Advance(10*time.Second))
	high, err := c.View().Pods().Get("default", "high")
	require.NoError(t, err)
	require.NotEmpty(t, high.Status.NominatedNodeName)
	require.NoError(t, c.Advance(time.Minute))
	r := c.Report()
	require.Equal(t, 1, r.Waiting)
	require.Equal(t, 1.0, r.Samples[len(r.Samples)-1].Share(pod.CPU).Allocated, "%v", r)
}

func ranked(name string, rank int32, cores string) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name}, Spec: job(cores).Spec}
	p.Spec.Priority = &rank
	grace := int64(600)
	p.Spec.TerminationGracePeriodSeconds = &grace
	return p
}

// What a program had decided when it died, and nobody knows of, is not in the samples.
func TestSamplesWhileNobodyIsThere(t *testing.T) {
	c := recorded(t, simulate.Config{Record: time.Minute, Check: true, Orchestrator: orchestrator.Config{Machines: machines(1, "4")}})
	require.NoError(t, c.Advance(90*time.Second))
	_, err := c.Apply(ranked("there", 0, "1"))
	require.NoError(t, err)
	c.Strike(simulate.Crash{At: simulate.BeforeChanges, Down: time.Hour})
	_, err = c.Apply(ranked("lost", 0, "2"))
	require.ErrorIs(t, err, simulate.ErrDown)
	require.NoError(t, c.Advance(30*time.Minute))
	for _, s := range c.Report().Samples[2:] {
		require.Equal(t, 0.25, s.Share(pod.CPU).Allocated, "%s", s.At)
	}
	require.NoError(t, c.Advance(2*time.Hour))
	r := c.Report()
	require.Equal(t, 0.25, r.Samples[len(r.Samples)-1].Share(pod.CPU).Allocated)
	require.Equal(t, 1, r.Came)
}
