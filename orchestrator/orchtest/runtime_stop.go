package orchtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
)

func stopIsPolite(b *bench) {
	p := b.pod("web", b.h.Forever("app"))
	before := time.Now()
	b.start(p)
	b.ready(p, 0) // the first process of a pid namespace does not hear a signal before it says what to do with it
	err := b.within("Stop of a container that ends when asked to", func() error {
		return b.tryStop(ref(p, 0), time.Hour)
	})
	require.NoError(b, err, "Stop")
	end := b.ended(p, ref(p, 0)).State.Terminated
	require.NotEqual(b, 9, end.Signal, "grace was not over: it has to end by SIGTERM, or by itself")
	requireTimes(b, before, end)
}

func stopIsIdempotent(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Exits("job", 5))
	b.start(p)
	b.stop(p, 0, b.h.Soon)
	first := b.ended(p, ref(p, 0))
	b.stop(p, 0, b.h.Soon)
	b.stop(p, 0, 0)
	require.Equal(b, first, b.ended(p, ref(p, 0)), "Stop of an attempt that was stopped changes nothing")

	exited := b.waitEnded(p, ref(p, 1))
	b.stop(p, 1, b.h.Soon)
	require.Equal(b, exited, b.ended(p, ref(p, 1)), "Stop of an attempt that ended changes nothing")
}

func stopKillsAfterGrace(b *bench) {
	const grace = time.Second
	p := b.pod("web", b.h.Stubborn("app"))
	b.start(p)
	b.ready(p, 0)
	before := time.Now()
	err := b.within("Stop", func() error { return b.tryStop(ref(p, 0), grace) })
	require.NoError(b, err, "Stop")
	require.GreaterOrEqual(b, time.Since(before), grace*9/10, "Stop has to wait for grace before it kills")
	requireKilled(b, b.ended(p, ref(p, 0)))
}

func stopWithoutGraceKills(b *bench) {
	p := b.pod("web", b.h.Stubborn("app"))
	b.start(p)
	b.ready(p, 0)
	err := b.within("Stop without grace", func() error { return b.tryStop(ref(p, 0), 0) })
	require.NoError(b, err, "Stop")
	requireKilled(b, b.ended(p, ref(p, 0)))
}

func requireKilled(b *bench, c orchestrator.ContainerState) {
	b.Helper()
	require.Equal(b, 137, c.State.Terminated.ExitCode, "ExitCode after SIGKILL")
	require.Equal(b, 9, c.State.Terminated.Signal, "Signal after SIGKILL")
}

func stopEndsOneAttempt(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Forever("side"))
	other := b.pod("other", b.h.Forever("app"))
	b.start(p)
	b.start(other)
	side, app := b.running(p, ref(p, 1)), b.running(other, ref(other, 0))
	b.stop(p, 0, b.h.Soon)
	b.meanwhile()
	b.ended(p, ref(p, 0))
	require.Equal(b, side, b.running(p, ref(p, 1)), "the pod's other container")
	require.Equal(b, app, b.running(other, ref(other, 0)), "the other pod's container of the same name")
}

func stopUnknown(b *bench) {
	p := b.pod("web", b.h.Forever("app"))
	unknown := []orchestrator.ContainerRef{
		ref(p, 0), // not started yet
		{UID: "nobody", Container: "app"},
		{UID: p.UID, Container: "nothing"},
		{UID: p.UID, Container: "app", Attempt: 9},
	}
	stop := func() {
		b.Helper()
		for _, ref := range unknown {
			require.NoErrorf(b, b.tryStop(ref, time.Second), "Stop of the unknown %+v", ref)
		}
	}
	stop()
	require.Empty(b, b.list(p), "Stop starts nothing")
	b.start(p)
	first := b.running(p, ref(p, 0))
	unknown = unknown[1:]
	stop()
	b.meanwhile()
	require.Equal(b, first, b.running(p, ref(p, 0)), "Stop of something else")
}

func restartIsNewAttempt(b *bench) {
	p := b.pod("web", b.h.Exits("app", 4))
	forever := b.h.Forever("app")
	b.start(p)
	first := b.waitEnded(p, ref(p, 0))

	second := restarted(p, 0, 1)
	require.NoError(b, b.tryStart(second, forever), "Start attempt 1")
	now := b.running(p, ref(second, 0))
	require.NotEqual(b, first.ID, now.ID, "each attempt has its own ID")
	require.Equal(b, first, b.ended(p, ref(p, 0)), "attempt 0, the newest that ended")
	b.stop(second, 0, b.h.Soon)
	b.ended(p, ref(second, 0))

	third := restarted(p, 0, 2)
	require.NoError(b, b.tryStart(third, p.Spec.Containers[0]), "Start attempt 2")
	require.Equal(b, 4, b.waitEnded(p, ref(third, 0)).State.Terminated.ExitCode)
	for _, c := range b.list(p) {
		require.Nil(b, c.State.Running, "nothing of the container runs any more")
	}
}

func oldAttemptIsHarmless(b *bench) {
	p := b.pod("web", b.h.Exits("app", 4))
	b.start(p)
	b.waitEnded(p, ref(p, 0))
	second := restarted(p, 0, 1)
	require.NoError(b, b.tryStart(second, b.h.Forever("app")), "Start attempt 1")
	now := b.running(p, ref(second, 0))
	require.NoError(b, b.tryStop(ref(p, 0), 0), "Stop attempt 0, which ended long ago")
	b.start(p) // attempt 0, late
	b.meanwhile()
	require.Equal(b, now, b.running(p, ref(second, 0)), "what is done to attempt 0 does not touch attempt 1")
	for ref, c := range b.list(p) {
		require.Truef(b, ref.Attempt == 1 || c.State.Running == nil, "attempt %d was run again", ref.Attempt)
	}
}
