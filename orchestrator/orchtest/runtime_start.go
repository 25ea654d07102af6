package orchtest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// slack is how far a runtime's clock may be from the test's.
const slack = 2 * time.Second

func startShowsRunning(b *bench) {
	p := b.pod("web", b.h.Forever("app"))
	before := time.Now()
	b.start(p)
	c := b.running(p, ref(p, 0))
	require.Equal(b, p.Name, c.Pod, "Pod is the pod's name")
	require.Equal(b, p.Namespace, c.Namespace, "Namespace is the pod's")
	require.NotEmpty(b, c.ID, "ID")
	require.Empty(b, c.VolumeFault, "VolumeFault of a pod without volumes")
	started := c.State.Running.StartedAt
	require.WithinRange(b, started, before.Add(-slack), time.Now().Add(slack), "StartedAt")
}

func startTwiceRunsOnce(b *bench) {
	p := b.pod("web", b.h.Forever("app"))
	b.start(p)
	first := b.running(p, ref(p, 0))
	b.start(p)
	b.meanwhile()
	require.Equal(b, first, b.running(p, ref(p, 0)), "the second Start changes nothing")
	require.Len(b, b.list(p), 1)
}

func startDoesNotRepeatEnded(b *bench) {
	p := b.pod("web", b.h.Exits("job", 3), b.h.Forever("app"))
	b.start(p)
	b.stop(p, 1, b.h.Soon)
	exited, stopped := b.waitEnded(p, ref(p, 0)), b.ended(p, ref(p, 1))
	b.start(p)
	b.meanwhile()
	require.Equal(b, exited, b.ended(p, ref(p, 0)), "Start of an attempt that ended changes nothing")
	require.Equal(b, stopped, b.ended(p, ref(p, 1)), "Start of an attempt that was stopped changes nothing")
}

func exitCodes(b *bench) {
	codes := []int{0, 1, 3, 42, 255}
	var jobs []pod.Container
	for _, code := range codes {
		jobs = append(jobs, b.h.Exits(fmt.Sprint("job-", code), code))
	}
	p := b.pod("jobs", jobs...)
	before := time.Now()
	b.start(p)
	for i, code := range codes {
		end := b.waitEnded(p, ref(p, i)).State.Terminated
		require.Equal(b, code, end.ExitCode, "ExitCode")
		require.Zero(b, end.Signal, "Signal of a container that exits")
		reason := "Error"
		if code == 0 {
			reason = "Completed"
		}
		require.Equal(b, reason, end.Reason, "Reason")
		requireTimes(b, before, end)
	}
}

// requireTimes checks the times of an attempt that was started after before and has ended by now.
func requireTimes(b *bench, before time.Time, end *pod.Terminated) {
	b.Helper()
	require.WithinRange(b, end.StartedAt, before.Add(-slack), time.Now().Add(slack), "StartedAt")
	require.WithinRange(b, end.FinishedAt, end.StartedAt, time.Now().Add(slack), "FinishedAt")
}

func endedStaysListed(b *bench) {
	p := b.pod("job", b.h.Exits("app", 7), b.h.Forever("side"))
	other := b.pod("other", b.h.Exits("app", 0))
	b.start(p)
	first := b.waitEnded(p, ref(p, 0))
	b.start(other)
	b.waitEnded(other, ref(other, 0))
	b.stop(p, 1, b.h.Soon)
	require.NoError(b, b.tryRemove(other.UID))
	require.Equal(b, first, b.ended(p, ref(p, 0)), "an end, once listed, stays as it is")
	b.ended(p, ref(p, 1))
}

func startMissing(b *bench) {
	p := b.pod("web", b.h.Missing("app"))
	for range 2 { // it may be tried again, and says the same
		err := b.within("Start", func() error { return b.tryStart(p, p.Spec.Containers[0]) })
		if err == nil {
			end := b.waitEnded(p, ref(p, 0)).State.Terminated
			require.Equal(b, "StartError", end.Reason, "Reason of a program that can not be executed")
			require.NotZero(b, end.ExitCode, "ExitCode")
			require.NotEmpty(b, end.Message, "Message")
			continue
		}
		var reason *orchestrator.StartError
		require.Truef(b, errors.As(err, &reason), "the error of Start has to wrap a *orchestrator.StartError: %v", err)
		require.NotEmpty(b, reason.Reason, "its Reason")
		require.Empty(b, b.list(p), "an attempt whose Start failed has not run")
	}
	require.NoError(b, b.tryRemove(p.UID))
}

// outOfMemory lets a runtime miss the reason now and then, but not say another then: containerd may hear
// of the kernel's kill after the end (https://github.com/containerd/containerd/issues/12260), on a machine
// that has much to do every ninth time.
func outOfMemory(b *bench) {
	var told []string
	for i := 0; i < 10 && !slices.Contains(told, "OOMKilled"); i++ {
		p := b.pod("web", b.h.OOM("app"))
		b.start(p)
		end := b.waitEnded(p, ref(p, 0)).State.Terminated
		require.Contains(b, []string{"OOMKilled", "Error"}, end.Reason, "Reason")
		require.Equal(b, 137, end.ExitCode, "ExitCode")
		told = append(told, end.Reason)
	}
	require.Contains(b, told, "OOMKilled", "the Reasons of pods that ran out of memory")
}

func killedFromOutside(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Forever("side"))
	b.start(p)
	before := b.running(p, ref(p, 0))
	b.h.Kill(b.T, b.r, before)
	end := b.waitEnded(p, ref(p, 0)).State.Terminated
	require.Equal(b, 137, end.ExitCode, "ExitCode")
	require.Equal(b, 9, end.Signal, "Signal")
	require.Equal(b, "Error", end.Reason, "Reason")
	requireTimes(b, before.State.Running.StartedAt, end)
	b.running(p, ref(p, 1))
}
