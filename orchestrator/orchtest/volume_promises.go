package orchtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/volume"
)

func setUpMakesIt(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	info, err := os.Stat(rec.Path)
	require.NoError(x, err)
	require.Equal(x, !x.h.IsFile, info.IsDir(), "%q is a directory", rec.Path)
}

func setUpTwice(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	x.mark(rec, "kept")
	require.Equal(x, rec, x.mustSetUp(r), "the record is the same")
	require.Equal(x, "kept", x.marked(rec), "what was in the volume")
}

func setUpAfterCrash(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	x.mark(rec, "kept")
	x.reopen()
	require.Equal(x, rec, x.mustSetUp(r), "the record is the same")
	require.Equal(x, "kept", x.marked(rec), "what was in the volume")
	require.Empty(x, x.fault(rec))
}

// interruptions is at how many places a set-up is interrupted.
const interruptions = 12

func setUpAfterInterruption(x *hold) {
	for n := range interruptions {
		r := x.request(x.h.Volume(x.T, fmt.Sprint("v", n)))
		ctx := newCountdown(x.Context(), n)
		first, err := x.setUp(ctx, r)
		ctx.end()
		x.reopen()
		rec := x.mustSetUp(r)
		if err == nil {
			require.Equal(x, first, rec, "interrupted at %d and complete", n)
		}
		require.Empty(x, x.fault(rec))
	}
}

func setUpRefuses(x *hold) {
	r := x.request(x.h.Bad(x.T, "v"))
	for range 2 {
		_, err := x.setUp(x.Context(), r)
		require.Error(x, err, "SetUp of what can't be made")
		require.NotEmpty(x, err.Error(), "what the user is told")
	}
	x.tearDown(r)
}

func contextEndsSetUp(x *hold) {
	r := x.request(x.h.Hangs(x.T, "v"))
	ctx, cancel := context.WithCancel(x.Context())
	go cancel()
	x.soon("SetUp, whose context ended,", func() {
		_, err := x.setUp(ctx, r)
		require.Error(x, err)
	})
	x.tearDown(r)
}

func volumesAreApart(x *hold) {
	one, two := x.request(x.h.Volume(x.T, "one")), x.request(x.h.Volume(x.T, "two"))
	a, b := x.mustSetUp(one), x.mustSetUp(two)
	require.NotEqual(x, a.Path, b.Path)
	x.mark(a, "a")
	require.NotEqual(x, "a", x.marked(b), "what is in the one is not in the other")
	x.tearDown(two)
	require.Equal(x, "a", x.marked(a), "the one stays when the other goes")
	require.Empty(x, x.fault(a))
	entries, err := os.ReadDir(x.above)
	require.NoError(x, err)
	require.Len(x, entries, 2, "nothing is made beside the directories of the volumes")
}

func manyAtOnce(x *hold) {
	const many = 8
	records := make([]volume.Record, many)
	errs := make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		r := x.request(x.h.Volume(x.T, fmt.Sprint("v", i)))
		all.Go(func() { records[i], errs[i] = x.setUp(x.Context(), r) })
	}
	all.Wait()
	paths := make(map[string]bool)
	for i := range many {
		require.NoError(x, errs[i])
		require.Empty(x, x.fault(records[i]))
		paths[records[i].Path] = true
		all.Go(func() { errs[i] = x.plugin.TearDown(x.Context(), filepath.Join(x.above, fmt.Sprint("v", i))) })
	}
	all.Wait()
	require.Len(x, paths, many)
	for i := range many {
		require.NoError(x, errs[i])
	}
}

func checkFindsItWell(x *hold) {
	rec := x.mustSetUp(x.request(x.h.Volume(x.T, "v")))
	for range 3 {
		require.Empty(x, x.fault(rec))
		x.mark(rec, "its pod works with it")
	}
	x.reopen()
	require.Empty(x, x.fault(rec))
}

func checkFindsItBroken(x *hold) {
	rec := x.mustSetUp(x.request(x.h.Volume(x.T, "v")))
	x.breakIt(rec)
	require.NotEmpty(x, x.fault(rec))
	x.reopen()
	require.NotEmpty(x, x.fault(rec), "after a crash")
}

func checkCounts(x *hold) {
	rec := x.mustSetUp(x.request(x.h.Limited(x.T, "v")))
	require.EqualValues(x, 1<<20, rec.Limit, "the limit of the volume")
	at := filepath.Join(rec.Path, "big")
	require.NoError(x, os.WriteFile(at, make([]byte, 512<<10), 0o644))
	require.Empty(x, x.fault(rec), "half of the limit")
	require.NoError(x, os.WriteFile(at, make([]byte, 2<<20), 0o644))
	require.NotEmpty(x, x.fault(rec), "twice the limit")
}

func tearDownLeavesNothing(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	x.mark(rec, "gone")
	x.tearDown(r)
	require.Empty(x, x.marked(rec))
	require.NoError(x, os.RemoveAll(r.Dir))
}

func tearDownLeavesWhatStays(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	x.mark(rec, "kept")
	x.tearDown(r)
	require.NoError(x, os.RemoveAll(r.Dir)) // as the runtime does then
	require.NoError(x, os.MkdirAll(r.Dir, 0o755))
	require.Equal(x, "kept", x.marked(x.mustSetUp(r)), "what is not the volume's own")
}

func tearDownTwice(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	x.mustSetUp(r)
	x.tearDown(r)
	x.tearDown(r)
	x.reopen()
	x.tearDown(r)
	require.NoError(x, os.RemoveAll(r.Dir))
	x.tearDown(r)
}

func tearDownAfterInterruption(x *hold) {
	for n := range interruptions {
		r := x.request(x.h.Volume(x.T, fmt.Sprint("v", n)))
		ctx := newCountdown(x.Context(), n)
		x.setUp(ctx, r)
		ctx.end()
		x.reopen()
		x.tearDown(r)
		require.NoError(x, os.RemoveAll(r.Dir))
	}
}

func tearDownUnknown(x *hold) {
	x.tearDown(x.request(x.h.Volume(x.T, "v")))
}

func tearDownBroken(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	x.breakIt(x.mustSetUp(r))
	x.tearDown(r)
	require.NoError(x, os.RemoveAll(r.Dir))
}

func setUpAfterTearDown(x *hold) {
	r := x.request(x.h.Volume(x.T, "v"))
	rec := x.mustSetUp(r)
	x.mark(rec, "before")
	x.tearDown(r)
	rec = x.mustSetUp(r)
	require.Empty(x, x.fault(rec))
	if !x.h.Stays {
		require.NotEqual(x, "before", x.marked(rec), "a volume that is made anew has nothing of the old one")
	}
}
