package orchtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// hold is what one test of a plug-in works at, and shorthand for its methods.
type hold struct {
	*testing.T
	h      *VolumeHarness
	plugin mount.Plugin
	above  string // has the directories of the volumes
}

func newHold(t *testing.T, h *VolumeHarness) *hold {
	above := t.TempDir()
	x := &hold{T: t, h: h, plugin: h.New(t), above: above}
	t.Cleanup(func() { // whatever the test left
		entries, _ := os.ReadDir(above)
		for _, e := range entries {
			h.New(t).TearDown(context.Background(), filepath.Join(above, e.Name()))
		}
	})
	return x
}

// reopen replaces the plug-in by another one, as after a crash.
func (x *hold) reopen() { x.plugin = x.h.New(x.T) }

// request asks for a volume, whose directory it makes.
func (x *hold) request(v pod.Volume) mount.Request {
	x.Helper()
	dir := filepath.Join(x.above, v.Name)
	require.NoError(x, os.MkdirAll(dir, 0o755))
	p := &pod.Pod{
		Meta: labels.Meta{Name: "p", Namespace: "default", UID: "0815"},
		Spec: pod.Spec{Volumes: []pod.Volume{v}, Containers: []pod.Container{{Name: "main", Image: "i"}}},
	}
	return mount.Request{Pod: p, Volume: v, Dir: dir}
}

// setUp sets up a volume, and fills in the rest of its record.
func (x *hold) setUp(ctx context.Context, r mount.Request) (volume.Record, error) {
	rec, err := x.plugin.SetUp(ctx, r)
	rec.Name, rec.Source, rec.Limit = r.Volume.Name, r.Volume.Source(), volume.Limit(&r.Volume)
	return rec, err
}

// mustSetUp sets up a volume, which has to work.
func (x *hold) mustSetUp(r mount.Request) volume.Record {
	x.Helper()
	rec, err := x.setUp(x.Context(), r)
	require.NoError(x, err, "SetUp")
	require.True(x, filepath.IsAbs(rec.Path), "Path of the record, %q, is absolute", rec.Path)
	_, err = os.Stat(rec.Path)
	require.NoError(x, err, "what was set up is there")
	require.True(x, rec.There, "There of the record")
	return rec
}

// tearDown tears down a volume, and requires that its directory can be deleted.
func (x *hold) tearDown(r mount.Request) {
	x.Helper()
	require.NoError(x, x.plugin.TearDown(x.Context(), r.Dir), "TearDown")
	require.Empty(x, mountedAt(x, r.Dir), "mounted after TearDown")
}

// fault checks a volume and returns what is wrong with it.
func (x *hold) fault(rec volume.Record) string {
	x.Helper()
	now, err := x.plugin.Check(x.Context(), rec)
	require.NoError(x, err, "Check")
	return volume.Fault(rec, now)
}

// mark leaves something in a volume that is found again.
func (x *hold) mark(rec volume.Record, text string) {
	x.Helper()
	require.NoError(x, os.WriteFile(x.marker(rec), []byte(text), 0o644))
}

// marked returns what mark left, or nothing.
func (x *hold) marked(rec volume.Record) string {
	x.Helper()
	text, err := os.ReadFile(x.marker(rec))
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(x, err)
	}
	return string(text)
}

func (x *hold) marker(rec volume.Record) string {
	if x.h.IsFile {
		return rec.Path
	}
	return filepath.Join(rec.Path, "orchtest-marker")
}

// breakIt breaks a volume.
func (x *hold) breakIt(rec volume.Record) {
	x.Helper()
	if x.h.Break != nil {
		x.h.Break(x.T, rec)
		return
	}
	for _, at := range mountedAt(x, rec.Path) {
		x.Fatalf("%q is mounted: the harness needs a Break", at)
	}
	require.NoError(x, os.RemoveAll(rec.Path))
}

// soon calls do, and fails where it takes longer than Soon.
func (x *hold) soon(what string, do func()) {
	x.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	limit := time.NewTimer(x.h.Soon)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		x.Fatalf("%s took longer than %v", what, x.h.Soon)
	}
}

// mountedAt lists what is mounted at or below a directory, where the machine tells.
func mountedAt(t require.TestingT, dir string) (out []string) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	table, err := os.ReadFile("/proc/self/mountinfo")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) > 4 && (f[4] == dir || strings.HasPrefix(f[4], dir+"/")) {
			out = append(out, f[4])
		}
	}
	return out
}

// countdown is a context that ends when it was asked about so many times: it
// interrupts a call in the middle, at the same place each time.
type countdown struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int64
}

func newCountdown(parent context.Context, n int) *countdown {
	ctx, end := context.WithCancel(parent)
	c := &countdown{Context: ctx, end: end}
	c.left.Store(int64(n))
	if n == 0 {
		end()
	}
	return c
}

// Err says whether the context has ended, and counts.
func (c *countdown) Err() error {
	if c.left.Add(-1) <= 0 {
		c.end()
	}
	return c.Context.Err()
}

// Done counts as well.
func (c *countdown) Done() <-chan struct{} {
	c.Err()
	return c.Context.Done()
}
