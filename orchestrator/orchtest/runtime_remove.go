package orchtest

import (
	"time"

	"github.com/stretchr/testify/require"
)

func removeKillsAndForgets(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Exits("job", 0), b.h.Stubborn("side"))
	b.start(p)
	b.waitEnded(p, ref(p, 1))
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	require.Empty(b, b.list(p), "List after Remove")
	b.meanwhile()
	require.Empty(b, b.list(p), "List a while after Remove")
}

func removeIsIdempotent(b *bench) {
	require.NoError(b, b.tryRemove("nobody"), "Remove of an unknown pod")
	p := b.pod("web", b.h.Forever("app"))
	require.NoError(b, b.tryRemove(p.UID), "Remove of a pod that was never started")
	b.start(p)
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	require.NoError(b, b.tryRemove(p.UID), "Remove again")
	require.NoError(b, b.tryStop(ref(p, 0), time.Second), "Stop of a container of a removed pod")
	require.Empty(b, b.list(p))
}

func removeDoesNotWait(b *bench) {
	p := b.pod("web", b.h.Stubborn("app"))
	b.start(p)
	b.ready(p, 0)
	err := b.within("Remove", func() error { return b.tryRemove(p.UID) })
	require.NoError(b, err, "Remove")
	require.Empty(b, b.list(p))
}

func removeLeavesOthers(b *bench) {
	p := b.pod("web", b.h.Forever("app"))
	other := b.pod("other", b.h.Forever("app"), b.h.Exits("job", 6))
	b.start(p)
	b.start(other)
	b.waitEnded(other, ref(other, 1))
	before := b.list(other)
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	b.meanwhile()
	require.Equal(b, before, b.list(other), "the other pod")
}

func sameNameOtherUID(b *bench) {
	old := b.pod("web", b.h.Forever("app"))
	b.start(old)
	next := b.pod("web", b.h.Forever("app"))
	b.start(next)
	b.running(old, ref(old, 0))
	now := b.running(next, ref(next, 0))
	require.NoError(b, b.tryRemove(old.UID), "Remove of the old pod")
	require.Empty(b, b.list(old))
	require.Equal(b, now, b.running(next, ref(next, 0)), "the new pod of the same name")
}
