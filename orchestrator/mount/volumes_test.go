//go:build linux

package mount_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// keep returns the records of a pod's volumes.
func keep(t *testing.T, v *mount.Volumes, p *pod.Pod) []volume.Record {
	t.Helper()
	var records []volume.Record
	require.NoError(t, v.SetUp(t.Context(), p, func(all []volume.Record) error { records = all; return nil }))
	return records
}

func TestSetUpIsInThePodsOrder(t *testing.T) {
	t.Parallel()
	v := &mount.Volumes{Dir: t.TempDir()}
	p := aPod("u",
		pod.Volume{Name: "b", EmptyDir: &pod.EmptyDir{}},
		pod.Volume{Name: "a", HostPath: &pod.HostPath{Path: "/"}},
		pod.Volume{Name: "c"})
	records := keep(t, v, p)
	require.Len(t, records, 3)
	for i, rec := range records {
		require.Equal(t, p.Spec.Volumes[i].Name, rec.Name)
		require.Equal(t, p.Spec.Volumes[i].Source(), rec.Source)
	}
	require.Equal(t, records, keep(t, v, p), "again")
	require.Empty(t, v.Fault(t.Context(), records))
	require.Empty(t, keep(t, v, aPod("none")), "a pod without volumes")
	require.NoError(t, v.TearDown(t.Context(), "u"))
	require.NoError(t, v.TearDown(t.Context(), "u"))
	left, err := os.ReadDir(v.Dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// What is complete stays after an error, and is not made again.
func TestSetUpGoesOn(t *testing.T) {
	t.Parallel()
	data := mount.Data{}
	v := &mount.Volumes{Dir: t.TempDir(), Sources: mount.Sources{ConfigMaps: data.Lookup}}
	p := aPod("u", pod.Volume{Name: "a", HostPath: &pod.HostPath{Path: t.TempDir(), Type: "Directory"}},
		pod.Volume{Name: "b", ConfigMap: &pod.ConfigMapVolume{Name: "late"}})
	never := func([]volume.Record) error { panic("not all is there") }
	require.EqualError(t, v.SetUp(t.Context(), p, never), `set up volume "b": configMap "default/late" is not known to the host program`)
	data["default/late"] = map[string][]byte{"k": nil}
	require.Len(t, keep(t, v, p), 2)

	full := errors.New("the disk is full")
	require.ErrorIs(t, v.SetUp(t.Context(), p, func([]volume.Record) error { return full }), full)
	require.NoError(t, v.TearDown(t.Context(), "u"))
}

func TestNamesStayInside(t *testing.T) {
	t.Parallel()
	v := &mount.Volumes{Dir: t.TempDir()}
	never := func([]volume.Record) error { panic("not to be made") }
	require.ErrorContains(t, v.SetUp(t.Context(), aPod("../up", pod.Volume{Name: "a"}), never), "can not be the name of a directory")
	require.ErrorContains(t, v.SetUp(t.Context(), aPod("u", pod.Volume{Name: "../a"}), never), "can not be that of a directory")
	require.ErrorContains(t, v.TearDown(t.Context(), ".."), "can not be the name of a directory")
	require.ErrorContains(t, v.SetUp(t.Context(), aPod("u", pod.Volume{Name: "a", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "d"}}), never),
		"the host program has no cloud whose disks could be attached")
	require.NoError(t, v.TearDown(t.Context(), "u"))
}

// While the volumes of a pod are set up and until they are written down, nobody
// takes them down, whoever thinks that they belong to no pod.
func TestTidyLeavesWhatIsBeingSetUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v, other := &mount.Volumes{Dir: dir}, &mount.Volumes{Dir: dir}
	nobody := func(string) bool { return false }
	keep(t, v, aPod("old", pod.Volume{Name: "a"}))
	require.NoError(t, v.SetUp(t.Context(), aPod("u", pod.Volume{Name: "a"}), func(records []volume.Record) error {
		require.NoError(t, other.Tidy(t.Context(), nobody))
		require.DirExists(t, records[0].Path)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, other.TearDown(ctx, "u"), context.Canceled)
		return nil
	}))
	require.NoDirExists(t, filepath.Join(dir, "old"))
	require.NoError(t, other.Tidy(t.Context(), func(uid string) bool { return uid == "u" }))
	require.DirExists(t, filepath.Join(dir, "u"))
	require.NoError(t, other.Tidy(t.Context(), nobody))
	require.NoDirExists(t, filepath.Join(dir, "u"))
}

// The crash that a set-up has at each of the places where the disk changes.
func TestTearDownAfterCrashAnywhere(t *testing.T) {
	t.Parallel()
	for i, half := range [][]string{
		{}, {"a"}, {"a/volume.new"}, {"a/volume"}, {"a/volume", "a/data/x"}, {"a/volume", "a/data/x", "a/fetch/y"},
		{"a/volume", "a/data/x", "a/ready"},
	} {
		v := &mount.Volumes{Dir: t.TempDir()}
		for _, name := range half {
			at := filepath.Join(v.Dir, "u", name)
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
			require.NoError(t, os.WriteFile(at, []byte(`{"name":"a"}`), 0o644))
		}
		p := aPod("u", pod.Volume{Name: "a"})
		if i != 1 { // a file where a directory has to be is not what a crash leaves
			rec := keep(t, v, p)[0]
			require.NoFileExists(t, filepath.Join(rec.Path, "x"), "%d: what is incomplete is made anew", i)
		}
		require.NoError(t, v.TearDown(t.Context(), "u"))
		require.NoDirExists(t, filepath.Join(v.Dir, "u"))
	}
}

// What is mounted on a volume is unmounted or left alone, never emptied.
func TestTearDownLeavesWhatIsMounted(t *testing.T) {
	t.Parallel()
	v := &mount.Volumes{Dir: t.TempDir()}
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	require.NoError(t, os.WriteFile(precious, nil, 0o644))
	rec := keep(t, v, aPod("u", pod.Volume{Name: "a"}))[0]
	inner := filepath.Join(rec.Path, "with a blank")
	require.NoError(t, os.Mkdir(inner, 0o755))
	if err := syscall.Mount(outside, inner, "", syscall.MS_BIND, ""); err != nil {
		require.NotZero(t, os.Getuid(), "root can mount")
		t.Skip("mounting needs root")
	}
	require.NoError(t, v.TearDown(t.Context(), "u"))
	require.FileExists(t, precious)

	rec = keep(t, v, aPod("w", pod.Volume{Name: "a"}))[0]
	beside := filepath.Join(filepath.Dir(rec.Path), "beside") // not where our plug-in looks
	require.NoError(t, os.Mkdir(beside, 0o755))
	require.NoError(t, syscall.Mount(outside, beside, "", syscall.MS_BIND, ""))
	t.Cleanup(func() { syscall.Unmount(beside, syscall.MNT_DETACH) })
	require.ErrorContains(t, v.TearDown(t.Context(), "w"), "is still mounted")
	require.FileExists(t, precious)
	require.NoError(t, syscall.Unmount(beside, 0))
	require.NoError(t, v.TearDown(t.Context(), "w"))
}

// What is in a volume is counted as du counts it.
func TestUsage(t *testing.T) {
	t.Parallel()
	v := &mount.Volumes{Dir: t.TempDir()}
	limit := pod.MustParseQuantity("100Ki")
	rec := keep(t, v, aPod("u", pod.Volume{Name: "a", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}}))[0]
	plugin, err := mount.Sources{}.Plugin(&pod.Volume{}, nil)
	require.NoError(t, err)
	used := func() int64 {
		now, err := plugin.Check(t.Context(), rec)
		require.NoError(t, err)
		return now.Used
	}
	require.Zero(t, used())
	f, err := os.Create(filepath.Join(rec.Path, "sparse"))
	require.NoError(t, err)
	require.NoError(t, f.Truncate(1<<30))
	require.NoError(t, f.Close())
	require.Less(t, used(), int64(100<<10), "a hole takes no room")
	require.NoError(t, os.WriteFile(filepath.Join(rec.Path, "a"), make([]byte, 64<<10), 0o644))
	one := used()
	require.GreaterOrEqual(t, one, int64(64<<10))
	for i := range 10 {
		require.NoError(t, os.Link(filepath.Join(rec.Path, "a"), filepath.Join(rec.Path, fmt.Sprint("link", i))))
	}
	require.Less(t, used(), one+32<<10, "a file counts once")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = plugin.Check(ctx, rec)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, v.Fault(ctx, []volume.Record{rec}), "what is not known is no fault")
}
