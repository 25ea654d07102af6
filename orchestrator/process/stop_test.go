//go:build linux

package process_test

import (
	"context"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
)

func TestStopIsPolite(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "polite")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	require.NoError(t, x.Stop(x.ctx, ref, patience))
	got := x.state(ref).State.Terminated
	require.NotNil(t, got, "it has ended when Stop returns")
	require.Equal(t, 3, got.ExitCode)
	require.Equal(t, "Error", got.Reason)
	x.says(ref, "bye")
	require.NoError(t, x.Stop(x.ctx, ref, patience), "again")
}

func TestStopKillsAfterGrace(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "stubborn")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	begun := time.Now()
	require.NoError(t, x.Stop(x.ctx, ref, 200*time.Millisecond))
	require.GreaterOrEqual(t, time.Since(begun), 200*time.Millisecond)
	got := x.state(ref).State.Terminated
	require.Equal(t, 137, got.ExitCode)
	require.Equal(t, 9, got.Signal)
}

func TestStopWithoutGraceKillsAtOnce(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "polite")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	require.NoError(t, x.Stop(x.ctx, ref, 0))
	require.Equal(t, 137, x.state(ref).State.Terminated.ExitCode)
}

func TestStopCanBeHurriedButNotPutOff(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "stubborn")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	ctx, cancel := context.WithTimeout(x.ctx, 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, x.Stop(ctx, ref, time.Hour), context.DeadlineExceeded)
	require.NotNil(t, x.state(ref).State.Running)
	begun := time.Now()
	require.NoError(t, x.Stop(x.ctx, ref, 100*time.Millisecond))
	require.Less(t, time.Since(begun), patience)
	require.Equal(t, 137, x.state(ref).State.Terminated.ExitCode)

	p = x.pod("q", "stubborn")
	ref = orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	require.ErrorIs(t, x.Stop(ended(), ref, time.Second), context.Canceled)
	require.NoError(t, x.Stop(x.ctx, ref, time.Hour), "the first deadline stands")
}

// ended returns a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A stop that was asked for goes on without the host program.
func TestStopGoesOnAlone(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "stubborn")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	pid := x.pid(ref)
	require.ErrorIs(t, x.Stop(ended(), ref, time.Second), context.Canceled)
	require.NoError(t, x.Close())
	x.until("it is gone", func() bool { return !living(pid) })
	x.Runtime = nil
	x.open()
	require.Equal(t, 137, x.ended(ref).ExitCode)
}

func TestStopOfWhatIsNot(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	require.NoError(t, x.Stop(x.ctx, orchestrator.ContainerRef{UID: "nobody", Container: "main"}, time.Second))
	for _, ref := range []orchestrator.ContainerRef{
		{UID: "../../etc", Container: "main"}, {UID: "u", Container: "a/b"}, {UID: "u", Container: "c", Attempt: -1}, {},
	} {
		require.Error(t, x.Stop(x.ctx, ref, 0))
	}
	require.Error(t, x.Remove(x.ctx, ".."))
	require.NoError(t, x.Remove(x.ctx, "nobody"))
	p := x.pod("p", "forever")
	x.start(p)
	require.NoError(t, x.Stop(x.ctx, orchestrator.ContainerRef{UID: "p", Container: "main", Attempt: 1}, 0))
	x.pid(orchestrator.RefTo(p, "main"))
}

// Nothing that a program started survives it: neither children, nor those that
// began a session of their own, nor daemons that forked twice.
func TestNoGrandchildSurvives(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for _, c := range []struct {
		uid  string
		exit bool
		stop time.Duration
	}{
		{"exits", true, 0}, {"killed", false, 0}, {"stopped", false, patience},
	} {
		at := filepath.Join(x.dir, c.uid)
		p := x.pod(c.uid, "family", at)
		if c.exit {
			p.Spec.Containers[0].Args = append(p.Spec.Containers[0].Args, "5")
		}
		ref := orchestrator.RefTo(p, "main")
		x.start(p)
		x.until("all four are there", func() bool { return len(pidsIn(at)) == 4 })
		if !c.exit {
			for _, pid := range pidsIn(at) {
				require.True(t, living(pid))
			}
			require.NoError(t, x.Stop(x.ctx, ref, c.stop))
		}
		got := x.ended(ref)
		for _, pid := range pidsIn(at) {
			require.False(t, living(pid), "%s: nothing is left once it is listed as ended", c.uid)
		}
		if c.exit {
			require.Equal(t, 5, got.ExitCode)
		}
	}
}

// A supervisor that is killed takes the program with it; List says so, once and
// for all, and nothing of the program is left.
func TestSupervisorKilled(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for i, reopen := range []bool{false, true} {
		at := filepath.Join(x.dir, strconv.Itoa(i))
		p := x.pod("p"+strconv.Itoa(i), "family", at)
		ref := orchestrator.RefTo(p, "main")
		x.start(p)
		x.until("all four are there", func() bool { return len(pidsIn(at)) == 4 })
		main := x.pid(ref)
		kill(t, x.supervisor(ref), syscall.SIGKILL)
		x.until("the program dies with its supervisor, also where nobody looks", func() bool { return !living(main) })
		if reopen {
			x.open()
		}
		got := x.ended(ref)
		require.Equal(t, 137, got.ExitCode)
		require.Equal(t, "ContainerStatusUnknown", got.Reason)
		for _, pid := range pidsIn(at) {
			require.False(t, living(pid), "nothing is left once it is listed as ended")
		}
		x.start(p)
		require.Equal(t, got, x.ended(ref), "it is not started again")
	}
}

// A supervisor that is suspended is woken, or killed when its time is over.
func TestSupervisorFrozen(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("woken", "polite")
	ref := orchestrator.RefTo(p, "main")
	x.start(p)
	x.says(ref, "ready")
	kill(t, x.supervisor(ref), syscall.SIGSTOP)
	require.NoError(t, x.Stop(x.ctx, ref, patience))
	require.Equal(t, 3, x.state(ref).State.Terminated.ExitCode)

	for grace := 2 * time.Second; ; grace *= 2 { // again where it was awake until the grace was over
		require.Less(t, grace, patience, "it is never frozen")
		p = x.pod("frozen-"+grace.String(), "stubborn")
		ref = orchestrator.RefTo(p, "main")
		x.start(p)
		x.says(ref, "ready")
		supervisor, pid := x.supervisor(ref), x.pid(ref)
		x.stopFrozen(ref, supervisor, grace)
		require.False(t, living(supervisor))
		require.False(t, living(pid))
		end := x.ended(ref)
		require.Equal(t, 137, end.ExitCode)
		if end.Reason == "ContainerStatusUnknown" {
			return
		}
		require.Equal(t, "Error", end.Reason)
	}
}

// stopFrozen stops an attempt whose supervisor is suspended again and again: Stop wakes it, once.
func (x *rig) stopFrozen(ref orchestrator.ContainerRef, supervisor int, grace time.Duration) {
	x.Helper()
	stopped := make(chan error, 1)
	go func() { stopped <- x.Stop(x.ctx, ref, grace) }()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		select {
		case err := <-stopped:
			require.NoError(x, err)
			return
		case <-again.C:
			syscall.Kill(supervisor, syscall.SIGSTOP)
		}
	}
}

// A host program that died between preparing an attempt and starting it leaves
// something that is not listed, and that a Stop ends for good.
func TestStopOfWhatWasOnlyPrepared(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "0")
	x.run(p)
	prepared := filepath.Join(x.config.Dir, "nodes/n1/pods/p/containers/main/1")
	copyFiles(t, filepath.Join(x.config.Dir, "nodes/n1/pods/p/containers/main/0"), prepared, "spec.json", "lock")
	require.Len(t, x.list(), 1)
	ref := orchestrator.ContainerRef{UID: "p", Container: "main", Attempt: 1}
	require.NoError(t, x.Stop(x.ctx, ref, time.Second))
	got := x.ended(ref)
	require.Equal(t, "ContainerStatusUnknown", got.Reason)
	require.Contains(t, got.Message, "before it was started")
	x.start(attempt(p, 1))
	require.Equal(t, got, x.ended(ref))
	require.NoFileExists(t, filepath.Join(prepared, "run.json"))

	copyFiles(t, prepared, filepath.Join(filepath.Dir(prepared), "2"), "spec.json", "lock")
	x.open()
	require.NoDirExists(t, filepath.Join(filepath.Dir(prepared), "2"), "New deletes what never began")
}
