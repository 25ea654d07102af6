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
)

// calls are those of a runtime's methods that faults stand in the way of.
func (b *lab) calls() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Start":    b.start,
		"Stop":     func(ctx context.Context) error { return b.stop(ctx, time.Second) },
		"Remove":   func(ctx context.Context) error { return b.r.Remove(ctx, b.p.UID) },
		"List":     func(ctx context.Context) error { _, err := b.r.List(ctx); return err },
		"Probe":    func(ctx context.Context) error { return b.r.Probe(ctx, ref(b.p), nil) },
		"Capacity": func(ctx context.Context) error { _, err := b.r.Capacity(ctx); return err },
	}
}

// eachCall runs a test for each method, on a container that runs.
func eachCall(t *testing.T, test func(t *testing.T, b *lab, call func(ctx context.Context) error)) {
	for _, name := range []string{"Start", "Stop", "Remove", "List", "Probe", "Capacity"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, fake.Script{IgnoresTerm: true}, func(t *testing.T, b *lab) {
				require.NoError(t, b.start(t.Context()))
				test(t, b, b.calls()[name])
			})
		})
	}
}

func TestCut(t *testing.T) {
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{Cut: true})
		require.ErrorIs(t, call(t.Context()), fake.ErrUnreachable)
		require.Len(t, b.r.Live(), 1, "containers live on")
		b.r.Kill("", "", 9)
		require.False(t, b.hinted(), "hints do not get through")
		b.r.SetFaults(fake.Faults{})
		require.True(t, b.hinted(), "but when the cut is mended")
		require.NotNil(t, b.list()[0].State.Terminated)
	})
}

func TestDown(t *testing.T) {
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{Down: true})
		require.ErrorIs(t, call(t.Context()), fake.ErrUnreachable)
		require.Empty(t, b.r.Live())
		b.r.SetFaults(fake.Faults{Down: true, Mute: true})
		b.r.SetFaults(fake.Faults{})
		require.True(t, b.hinted())
		require.Empty(t, b.list(), "it came up empty")
		require.NoError(t, b.start(t.Context()))
		require.Equal(t, 2, b.r.Starts(ref(b.p)))
		require.NoError(t, b.r.Check())
	})
}

func TestHang(t *testing.T) {
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Minute, b.at())
		require.Len(t, b.r.Live(), 1, "the call did nothing")

		b.after(time.Hour, func() { b.r.SetFaults(fake.Faults{}) })
		require.NoError(t, call(t.Context()))
		require.GreaterOrEqual(t, b.at(), time.Hour+time.Minute, "it went on when the fault was lifted")
	})
}

func TestDeaf(t *testing.T) {
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{Hang: true, Deaf: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		b.after(30*time.Minute, func() { b.r.Break("", "disk gone") })
		b.after(time.Hour, func() { b.r.SetFaults(fake.Faults{}) })
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Hour, b.at())
	})
}

func TestLatency(t *testing.T) {
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{Latency: time.Minute})
		require.NoError(t, call(t.Context()))
		require.GreaterOrEqual(t, b.at(), time.Minute)
		require.LessOrEqual(t, b.at(), time.Minute+time.Second)
	})
}

func TestMethodsFail(t *testing.T) {
	no := errors.New("disk full")
	eachCall(t, func(t *testing.T, b *lab, call func(context.Context) error) {
		b.r.SetFaults(fake.Faults{StartErr: no, StopErr: no, RemoveErr: no, ListErr: no, ProbeErr: no})
		if err := call(t.Context()); err != nil { // Capacity can't
			require.ErrorIs(t, err, no)
			require.Regexp(t, `^(start|stop|remove|list|probe) (container|pod).*: disk full$`, err.Error())
		}
		require.Len(t, b.r.Live(), 1, "the call did nothing")
		b.r.SetFaults(fake.Faults{})
		require.NoError(t, call(t.Context()))
	})
}

func TestAnswersLost(t *testing.T) {
	bubble(t, fake.Script{}, func(t *testing.T, b *lab) {
		b.r.SetFaults(fake.Faults{AnswersLost: true})
		require.ErrorIs(t, b.start(t.Context()), fake.ErrAnswerLost)
		require.Len(t, b.list(), 1)
		require.ErrorIs(t, b.stop(t.Context(), time.Minute), fake.ErrAnswerLost)
		require.NotNil(t, b.list()[0].State.Terminated)
		require.ErrorIs(t, b.r.Remove(t.Context(), b.p.UID), fake.ErrAnswerLost)
		require.Empty(t, b.list())
	})
}

func TestFaultsReachCallsUnderWay(t *testing.T) {
	bubble(t, fake.Script{StartDelay: time.Minute}, func(t *testing.T, b *lab) {
		b.after(time.Second, func() { b.r.SetFaults(fake.Faults{Cut: true}) })
		require.ErrorIs(t, b.start(t.Context()), fake.ErrUnreachable)
		require.Equal(t, time.Second, b.at())
		time.Sleep(time.Minute)
		require.Len(t, b.r.Live(), 1, "what was under way went on")

		b.r.SetFaults(fake.Faults{})
		b.p = newPod("second", "app")
		b.after(time.Second, func() { b.r.SetFaults(fake.Faults{Down: true}) })
		require.ErrorIs(t, b.start(t.Context()), fake.ErrUnreachable)
		b.r.SetFaults(fake.Faults{})
		time.Sleep(time.Hour)
		require.Empty(t, b.r.Live(), "nothing survives a loss of power")
	})
}

func TestMute(t *testing.T) {
	bubble(t, fake.Script{Runs: time.Minute}, func(t *testing.T, b *lab) {
		b.r.SetFaults(fake.Faults{Mute: true})
		require.NoError(t, b.start(t.Context()))
		time.Sleep(time.Hour)
		require.False(t, b.hinted())
		require.NotNil(t, b.list()[0].State.Terminated, "calls are answered")
		require.Equal(t, fake.Faults{Mute: true}, b.r.Faults())
		b.r.SetFaults(fake.Faults{})
		require.True(t, b.hinted())
		b.r.SetFaults(fake.Faults{})
		require.False(t, b.hinted(), "once")
	})
}

func TestListLies(t *testing.T) {
	bubble(t, fake.Script{}, func(t *testing.T, b *lab) {
		require.NoError(t, b.start(t.Context()))
		ghost := orchestrator.ContainerState{ContainerRef: orchestrator.ContainerRef{UID: "ghost", Container: "app"}}
		b.r.SetFaults(fake.Faults{Lie: fake.Lie{DropEvery: 1, Claim: []orchestrator.ContainerState{ghost}}})
		require.Equal(t, []orchestrator.ContainerState{ghost}, b.list())
		require.Equal(t, []orchestrator.ContainerRef{ref(b.p)}, b.r.Live(), "but not to the test")
		require.Equal(t, []string{b.p.UID}, b.r.Pods())
	})
}

// Faults may be switched while calls are under way, by any goroutine.
func TestFaultsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fake.Runtime{Scripts: fake.Scripts{{Attempts: []fake.Script{{Runs: 3 * time.Second, StartDelay: time.Second, StopDelay: time.Second}}}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, name := range []string{"a", "b", "c", "d"} {
			go func() {
				p := newPod(name, "app")
				for n := 0; ctx.Err() == nil; n++ {
					for r.Start(ctx, try(p, n), p.Spec.Containers[0]) != nil && ctx.Err() == nil {
						time.Sleep(time.Second / 7)
					}
					for r.Stop(ctx, orchestrator.RefTo(try(p, n), "app"), 2*time.Second) != nil && ctx.Err() == nil {
						time.Sleep(time.Second / 5)
					}
				}
			}()
		}
		faults := []fake.Faults{{Cut: true}, {}, {Hang: true}, {Latency: time.Second / 3}, {StartErr: errors.New("no")}, {AnswersLost: true}, {}}
		for n := 0; ctx.Err() == nil; n++ {
			time.Sleep(time.Second / 3)
			r.SetFaults(faults[n%len(faults)])
			require.NoError(t, r.Check())
		}
		synctest.Wait()
		r.SetFaults(fake.Faults{})
		time.Sleep(time.Minute)
		require.Empty(t, r.Live())
		require.Positive(t, r.Starts(orchestrator.ContainerRef{UID: "uid-a", Container: "app", Attempt: 3}))
	})
}
