package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// A clock that is set while the orchestrator works changes nothing: what runs
// runs on, what fails again and again is restarted as often as before, and no
// node is given up. So it is with machines whose clocks are behind or ahead.
func TestClockIsSet(t *testing.T) {
	restarts := make(map[time.Duration]int)
	for _, by := range []time.Duration{0, -365 * 24 * time.Hour, -time.Hour, -time.Minute, time.Minute, time.Hour, 365 * 24 * time.Hour} {
		c := newCluster(t, simulate.Config{
			Scripts: fake.Scripts{{Pod: "crashing", Attempts: []fake.Script{{Runs: time.Second, ExitCode: 1}}}},
		}, 2)
		c.Apply(webController("web", 4), webPod("crashing"))
		require.NoError(t, c.Advance(10*time.Minute))
		before := uids(livePods(c))
		c.Strike(simulate.ClockJump{By: by})
		require.NoError(t, c.Advance(time.Hour))
		require.Equal(t, before, uids(livePods(c)), by)
		for _, p := range c.View().Pods().List(store.Filter{}) {
			require.Equal(t, pod.Running, p.Status.Phase)
			if p.Name == "crashing" {
				restarts[by] = p.Status.ContainerStatuses[0].RestartCount
			} else {
				require.Zero(t, p.Status.ContainerStatuses[0].RestartCount, by)
			}
		}
	}
	for by, n := range restarts {
		require.InDelta(t, restarts[0], n, 1, "restarts after the clock was set by %s", by)
	}
}

// When the orchestrator comes back with a clock that is behind its records, what
// had six minutes left has six minutes left.
func TestRestartWithAClockBehindTheRecords(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 30 * 365 * 24 * time.Hour} {
		c := newCluster(t, simulate.Config{
			Scripts: fake.Scripts{{Pod: "done", Attempts: []fake.Script{{Runs: 4 * time.Minute}}}},
		}, 1)
		late, done := webPod("late"), webPod("done")
		seconds := int64(600)
		late.Spec.ActiveDeadlineSeconds = &seconds
		done.Spec.RestartPolicy = pod.RestartNever
		c.Apply(late, done)
		require.NoError(t, c.Advance(4*time.Minute+time.Second))
		c.Strike(simulate.Crash{At: simulate.InWork, Clock: -back})
		require.NoError(t, c.Advance(5*time.Minute))
		phase := func(name string) pod.Phase {
			p, err := c.View().Pods().Get("default", name)
			if err != nil {
				return ""
			}
			return p.Status.Phase
		}
		require.Len(t, reasonsOf(c, "ClockSetBack"), 1)
		require.Equal(t, pod.Succeeded, phase("done"))
		require.Equal(t, pod.Running, phase("late"))
		require.NoError(t, c.Advance(90*time.Second))
		require.Equal(t, pod.Failed, phase("late"), "ten minutes after it began")
		require.NoError(t, c.Advance(50*time.Minute))
		require.Equal(t, pod.Succeeded, phase("done"))
		require.NoError(t, c.Advance(10*time.Minute))
		require.Empty(t, phase("done"), "an hour after its end")
	}
}
