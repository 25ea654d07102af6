package orchtest

import (
	"github.com/stretchr/testify/require"
)

// reopen goes on with a new instance on the same state.
func (b *bench) reopen() {
	b.Helper()
	b.r = b.h.Reopen(b.T, b.r)
	require.NotNil(b, b.r, "Reopen of the harness")
}

func recoverRunning(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Forever("side"))
	b.start(p)
	before := b.list(p)
	b.reopen()
	require.Equal(b, before, b.list(p), "what a new instance lists")
	b.start(p)
	b.meanwhile()
	require.Equal(b, before, b.list(p), "a new instance starts nothing that was started")

	b.stop(p, 0, b.h.Soon)
	b.ended(p, ref(p, 0))
	b.running(p, ref(p, 1))
	next := restarted(p, 0, 1)
	require.NoError(b, b.tryStart(next, p.Spec.Containers[0]), "Start attempt 1")
	b.running(p, ref(next, 0))
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	require.Empty(b, b.list(p))
	b.reopen()
	require.Empty(b, b.list(p), "what was removed does not come back")
}

func recoverEnded(b *bench) {
	p := b.pod("job", b.h.Exits("app", 9), b.h.Forever("side"))
	b.start(p)
	b.waitEnded(p, ref(p, 0))
	b.stop(p, 1, b.h.Soon)
	before := b.list(p)
	b.reopen()
	require.Equal(b, before, b.list(p), "what a new instance lists")
	b.start(p)
	b.meanwhile()
	require.Equal(b, before, b.list(p), "a new instance runs nothing again that ended")
}

func recoverEndUnseen(b *bench) {
	p := b.pod("job", b.h.Exits("app", 11))
	b.start(p)
	b.reopen()
	end := b.waitEnded(p, ref(p, 0)).State.Terminated
	require.Equal(b, 11, end.ExitCode, "ExitCode of an attempt that ended around a crash of the host program")
	require.False(b, end.FinishedAt.IsZero(), "FinishedAt")
}

func recoverAddress(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Exits("job", 0))
	b.start(p)
	before := b.running(p, ref(p, 0)).PodIP
	b.reopen()
	other := b.pod("other", b.h.Forever("app"))
	b.start(other)
	require.Equal(b, before, b.running(p, ref(p, 0)).PodIP)
	require.NotEqual(b, before, b.running(other, ref(other, 0)).PodIP, "a new instance gives no address away that is taken")
	b.waitEnded(p, ref(p, 1))
	next := restarted(p, 1, 1)
	require.NoError(b, b.tryStart(next, p.Spec.Containers[1]), "Start attempt 1")
	require.Equal(b, before, b.state(p, ref(next, 1)).PodIP)
}
