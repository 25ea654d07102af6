package fake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// bubble runs a test on virtual time, on a runtime with one script for all.
func bubble(t *testing.T, s fake.Script, test func(t *testing.T, b *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &lab{T: t, r: &fake.Runtime{Scripts: fake.Scripts{{Attempts: []fake.Script{s}}}}, p: newPod("web", "app"), zero: time.Now()}
		test(t, b)
	})
}

// lab is a runtime, a pod and a clock that began at zero.
type lab struct {
	*testing.T
	r    *fake.Runtime
	p    *pod.Pod
	zero time.Time
}

func (b *lab) at() time.Duration { return time.Since(b.zero) }

func (b *lab) start(ctx context.Context) error { return b.r.Start(ctx, b.p, b.p.Spec.Containers[0]) }

func (b *lab) stop(ctx context.Context, grace time.Duration) error {
	return b.r.Stop(ctx, ref(b.p), grace)
}

func (b *lab) list() []orchestrator.ContainerState {
	list, err := b.r.List(context.Background())
	require.NoError(b, err)
	return list
}

// after does something later, at the same time as what the test does.
func (b *lab) after(d time.Duration, do func()) { time.AfterFunc(d, do) }

// hinted reports whether a hint is there, and takes it.
func (b *lab) hinted() bool {
	synctest.Wait()
	select {
	case <-b.r.Changed():
		return true
	default:
		return false
	}
}

func TestZeroRuntimeWorks(t *testing.T) {
	var r fake.Runtime
	ctx := context.Background()
	p := newPod("web", "app")
	list, err := r.List(ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, r.Start(ctx, p, p.Spec.Containers[0]))
	require.NoError(t, r.Stop(ctx, ref(p), time.Hour))
	require.NoError(t, r.Remove(ctx, p.UID))
	size, err := r.Capacity(ctx)
	require.NoError(t, err)
	require.Empty(t, size)
	require.Empty(t, r.Warnings())
	require.Equal(t, fake.Calls{Start: 1, Stop: 1, Remove: 1, List: 1}, r.Calls())
}

func TestCallsTakeAsLongAsTheScriptSays(t *testing.T) {
	bubble(t, fake.Script{StartDelay: time.Minute, IgnoresTerm: true}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		require.Equal(t, time.Minute, b.at())
		require.NoError(t, b.start(t.Context()))
		require.Equal(t, time.Minute, b.at(), "it runs")
		require.NoError(t, b.stop(t.Context(), 30*time.Second))
		require.Equal(t, 90*time.Second, b.at())
		require.Equal(t, 137, b.list()[0].State.Terminated.ExitCode)
	})
}

func TestStartFailsWhenItsDelayIsOver(t *testing.T) {
	cause := errors.New("no such image")
	bubble(t, fake.Script{StartDelay: time.Minute, StartErr: cause}, func(t *testing.T, b *lab) {
		require.ErrorIs(t, b.start(t.Context()), cause)
		require.Equal(t, time.Minute, b.at())
		require.Empty(t, b.list())
	})
}

func TestAbandonedStartGoesOn(t *testing.T) {
	bubble(t, fake.Script{StartDelay: time.Minute}, func(t *testing.T, b *lab) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := b.start(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, `start container "default/web/app" attempt 0: context deadline exceeded`)
		require.Equal(t, 10*time.Second, b.at())
		require.Empty(t, b.list())

		time.Sleep(20 * time.Second)
		require.NoError(t, b.start(t.Context()), "joins the start under way")
		require.Equal(t, time.Minute, b.at())
		require.Equal(t, 1, b.r.Starts(ref(b.p)))
		require.True(t, b.hinted())
	})
}

func TestStopOvertakesStart(t *testing.T) {
	bubble(t, fake.Script{StartDelay: time.Minute}, func(t *testing.T, b *lab) {
		b.after(time.Second, func() { require.NoError(t, b.stop(context.Background(), time.Hour)) })
		require.EqualError(t, b.start(t.Context()), `start container "default/web/app" attempt 0: stopped before it ran`)
		require.Equal(t, time.Second, b.at())
		time.Sleep(time.Hour)
		require.Empty(t, b.list())
		require.Zero(t, b.r.Starts(ref(b.p)))
	})
}

func TestStopReturnsWhenTheContainerEndsSooner(t *testing.T) {
	bubble(t, fake.Script{IgnoresTerm: true}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		b.after(time.Second, func() { b.r.Kill("web", "", 9) })
		require.NoError(t, b.stop(t.Context(), time.Hour))
		require.Equal(t, time.Second, b.at())
	})
}

func TestAbandonedStopGoesOn(t *testing.T) {
	bubble(t, fake.Script{IgnoresTerm: true}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, b.stop(ctx, time.Minute), context.DeadlineExceeded)
		require.Len(t, b.r.Live(), 1)
		time.Sleep(59 * time.Second)
		require.Empty(t, b.r.Live())
		require.True(t, b.hinted())
	})
}

func TestHintsComeWhenSomethingHappensByItself(t *testing.T) {
	bubble(t, fake.Script{Runs: time.Minute, StopDelay: time.Second}, func(t *testing.T, b *lab) {
		changed := b.r.Changed()
		require.NoError(t, b.start(t.Context()))
		require.False(t, b.hinted(), "not of what a call did")
		<-changed
		require.Equal(t, time.Minute, b.at())
		require.NotNil(t, b.list()[0].State.Terminated)
		require.False(t, b.hinted())

		b.p = newPod("second", "app")
		require.NoError(t, b.start(t.Context()))
		require.Equal(t, 1, b.r.Kill("second", "app", 15))
		<-changed
		require.Equal(t, time.Minute, b.at(), "of a signal from outside, at once")
		<-changed
		require.Equal(t, time.Minute+time.Second, b.at(), "and of the end that it led to")
		require.Equal(t, 1, b.r.Break("second", "disk gone"))
		require.True(t, b.hinted())
		require.Zero(t, b.r.Break("nobody", "disk gone"))
		require.Equal(t, 0, b.r.End("", "", fake.Script{OOM: true}))
		require.False(t, b.hinted())

		b.p = newPod("third", "app")
		require.NoError(t, b.start(t.Context()))
		require.NoError(t, b.stop(t.Context(), 0))
		b.list()
		require.NoError(t, b.r.Remove(t.Context(), b.p.UID))
		require.False(t, b.hinted(), "not of what a call did")
	})
}

// A hint must not get lost where another call comes first at the same moment.
func TestHintComesThoughACallWasFirst(t *testing.T) {
	for _, call := range []func(*lab){
		func(b *lab) { b.list() },
		func(b *lab) { require.NoError(b, b.r.Remove(b.Context(), "nobody")) },
		func(b *lab) { require.NoError(b, b.start(b.Context())) },
	} {
		bubble(t, fake.Script{Runs: time.Minute}, func(t *testing.T, b *lab) {
			sleeper := make(chan struct{})
			b.after(time.Minute, func() { call(b); close(sleeper) }) // its timer is older than the runtime's
			require.NoError(t, b.start(t.Context()))
			<-sleeper
			require.True(t, b.hinted())
			require.False(t, b.hinted())
		})
	}
}

func TestUseChangesWhatComes(t *testing.T) {
	bubble(t, fake.Script{}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		b.r.Use(fake.Scripts{{Attempts: []fake.Script{{ExitCode: 7}}}})
		require.NotNil(t, b.list()[0].State.Running, "an attempt that runs keeps its script")
		b.p = newPod("second", "app")
		require.NoError(t, b.start(t.Context()))
		require.Equal(t, 7, b.list()[0].State.Terminated.ExitCode)
	})
}

func TestRuntimeAnswersProbes(t *testing.T) {
	bubble(t, fake.Script{WellAfter: time.Minute}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		require.ErrorContains(t, b.r.Probe(t.Context(), ref(b.p), []string{"true"}), "not well yet")
		time.Sleep(time.Minute)
		require.NoError(t, b.r.Probe(t.Context(), ref(b.p), []string{"true"}))
		b.r.SetFaults(fake.Faults{ProbeErr: errors.New("exec is off")})
		require.ErrorContains(t, b.r.Probe(t.Context(), ref(b.p), nil), "exec is off")
		require.Equal(t, 3, b.r.Calls().Probe)
	})
}

func TestListIsNotShared(t *testing.T) {
	bubble(t, fake.Script{}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		b.list()[0].State.Running.StartedAt = time.Time{}
		require.Equal(t, b.zero.Round(0), b.list()[0].State.Running.StartedAt)
	})
}
