//go:build linux

package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
)

// What a crash left half made or half deleted is gone after New; everything else stays.
func TestHalfMade(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "6")
	x.run(p)
	at := filepath.Join(x.config.Dir, "nodes/n1")
	half := []string{
		"pods/.new-q/volumes", "pods/.gone-r~X/work", "pods/p/containers/main/.new-1", "pods/p/containers/main/.gone-0-X",
		"pods/empty/containers", // a pod of which nothing was started
	}
	for _, dir := range half {
		require.NoError(t, os.MkdirAll(filepath.Join(at, dir, "deep"), 0o755))
	}
	foreign := filepath.Join(x.config.Dir, "journal.db")
	require.NoError(t, os.WriteFile(foreign, nil, 0o644))
	require.Len(t, x.list(), 1, "nothing half made is listed")
	x.open()
	for _, dir := range half {
		require.NoDirExists(t, filepath.Join(at, dir))
	}
	require.FileExists(t, foreign, "what is not ours is left alone")
	require.Equal(t, 6, x.ended(orchestrator.RefTo(p, "main")).ExitCode)
}

// Files that a power failure tore are as good as not written.
func TestTornFiles(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "6")
	x.run(p)
	dir := filepath.Join(x.config.Dir, "nodes/n1/pods/p/containers/main/0")
	for _, torn := range []string{"exit.json", "run.json", "spec.json", "starting", "stop.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, torn), []byte(`{"ExitC`), 0o644))
	}
	x.open()
	got := x.ended(orchestrator.RefTo(p, "main"))
	require.Equal(t, "ContainerStatusUnknown", got.Reason)
	x.start(p)
	require.Equal(t, got, x.ended(orchestrator.RefTo(p, "main")), "it is not run again")
}

// BenchmarkStart measures a whole life: start, kill, remove.
func BenchmarkStart(b *testing.B) {
	x := newRig(b)
	for i := 0; b.Loop(); i++ {
		p := x.pod(fmt.Sprint("p", i), "forever")
		x.start(p)
		require.NoError(b, x.Remove(x.ctx, p.UID))
	}
}

// BenchmarkList measures List with 20 containers that run and 20 that have ended.
func BenchmarkList(b *testing.B) {
	x := newRig(b)
	for i := range 20 {
		x.run(x.pod(fmt.Sprint("p", i), "exit", "0"))
		x.start(attempt(x.pod(fmt.Sprint("p", i), "forever"), 1))
	}
	for b.Loop() {
		x.list()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/40, "ns/attempt")
}
