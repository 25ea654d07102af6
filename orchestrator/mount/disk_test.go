//go:build linux

package mount_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// diskPod is a pod on a node that has a disk.
func diskPod(uid, node string, d pod.GCEPersistentDisk) *pod.Pod {
	p := aPod(uid, pod.Volume{Name: "data", GCEPersistentDisk: &d})
	p.Spec.NodeName = node
	return p
}

// nodes are the volumes of two nodes, a and b, with the disk data.
func nodes(t *testing.T) (a, b *mount.Volumes, cloud *fake.Disks) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	cloud = &fake.Disks{}
	cloud.Add("data", t.TempDir())
	a = &mount.Volumes{Dir: t.TempDir(), Sources: mount.Sources{Disks: cloud}}
	b = &mount.Volumes{Dir: t.TempDir(), Sources: mount.Sources{Disks: cloud}}
	t.Cleanup(func() { // whatever a test that failed left mounted
		cloud.Fail(nil)
		for _, v := range []*mount.Volumes{a, b} {
			require.NoError(t, v.Tidy(context.Background(), func(string) bool { return false }))
		}
	})
	return a, b, cloud
}

func refused(t *testing.T, v *mount.Volumes, p *pod.Pod) string {
	t.Helper()
	err := v.SetUp(t.Context(), p, func([]volume.Record) error { panic("it is not there") })
	require.Error(t, err)
	return err.Error()
}

func TestDiskIsOnOneNode(t *testing.T) {
	t.Parallel()
	a, b, cloud := nodes(t)
	d := pod.GCEPersistentDisk{PDName: "data"}
	rec := keep(t, a, diskPod("one", "a", d))[0]
	require.NoError(t, os.WriteFile(filepath.Join(rec.Path, "kept"), nil, 0o644))
	require.Equal(t, `set up volume "data": attach disk "data": node "a" has it`, refused(t, b, diskPod("two", "b", d)))
	require.NoError(t, b.TearDown(t.Context(), "two"), "that does not take it from a")
	require.Equal(t, []string{"a"}, cloud.Holders("data"))

	require.NoError(t, a.TearDown(t.Context(), "one"))
	rec = keep(t, b, diskPod("two", "b", d))[0]
	require.FileExists(t, filepath.Join(rec.Path, "kept"))
	require.NoError(t, b.TearDown(t.Context(), "two"))
	require.Equal(t, []string{"attach data to a", "detach data from a", "attach data to b", "detach data from b"}, cloud.Calls())
}

func TestDiskOfSeveralPodsOfANode(t *testing.T) {
	t.Parallel()
	a, _, cloud := nodes(t)
	d := pod.GCEPersistentDisk{PDName: "data"}
	keep(t, a, diskPod("one", "a", d))
	rec := keep(t, a, diskPod("two", "a", d))[0]
	require.NoError(t, a.TearDown(t.Context(), "one"))
	require.Equal(t, []string{"a"}, cloud.Holders("data"))
	require.Empty(t, a.Fault(t.Context(), []volume.Record{rec}))
	require.NoError(t, a.TearDown(t.Context(), "two"))
	require.Empty(t, cloud.Holders("data"))
}

func TestDiskThatIsRead(t *testing.T) {
	t.Parallel()
	a, b, _ := nodes(t)
	d := pod.GCEPersistentDisk{PDName: "data", ReadOnly: true}
	for _, rec := range []volume.Record{keep(t, a, diskPod("one", "a", d))[0], keep(t, b, diskPod("two", "b", d))[0]} {
		require.ErrorContains(t, os.WriteFile(filepath.Join(rec.Path, "x"), nil, 0o644), "read-only file system")
	}
	require.NoError(t, a.TearDown(t.Context(), "one"))
	require.NoError(t, b.TearDown(t.Context(), "two"))
}

// A cloud that is out of order keeps the volume where it is: nothing is forgotten.
func TestDiskOfACloudThatFails(t *testing.T) {
	t.Parallel()
	a, _, cloud := nodes(t)
	d := pod.GCEPersistentDisk{PDName: "data"}
	rec := keep(t, a, diskPod("one", "a", d))[0]
	cloud.Fail(errors.New("out of order"))
	require.ErrorContains(t, a.TearDown(t.Context(), "one"), `detach disk "data": out of order`)
	require.Contains(t, refused(t, a, diskPod("two", "a", d)), `attach disk "data": out of order`)
	cloud.Fail(nil)
	require.NoError(t, a.TearDown(t.Context(), "two"))
	require.Equal(t, []string{"a"}, cloud.Holders("data"), "one still has it")
	require.NoError(t, a.TearDown(t.Context(), "one"))
	require.Empty(t, cloud.Holders("data"))
	require.NoDirExists(t, rec.Path)
}

// A disk that is in use is not unmounted, and nothing is forgotten. A child that was
// forked while a file of it was open uses it for a moment only.
func TestDiskThatIsInUse(t *testing.T) {
	t.Parallel()
	a, _, cloud := nodes(t)
	d := pod.GCEPersistentDisk{PDName: "data"}
	rec := keep(t, a, diskPod("one", "a", d))[0]
	used, err := os.Open(rec.Path)
	require.NoError(t, err)
	require.ErrorIs(t, a.TearDown(t.Context(), "one"), syscall.EBUSY)
	require.Equal(t, []string{"a"}, cloud.Holders("data"))
	require.NoError(t, used.Close())
	require.NoError(t, a.TearDown(t.Context(), "one"))
	require.Empty(t, cloud.Holders("data"))

	for range 20 {
		rec := keep(t, a, diskPod("one", "a", d))[0]
		used, err := os.Open(rec.Path)
		require.NoError(t, err)
		given := make(chan error, 1)
		go func() { given <- used.Close() }()
		require.NoError(t, a.TearDown(t.Context(), "one"))
		require.NoError(t, <-given)
	}
}

// A device has a file system, which is mounted. (One in memory needs no device.)
func TestDiskIsADevice(t *testing.T) {
	t.Parallel()
	a, _, cloud := nodes(t)
	cloud.Add("block", "/dev/coracle-test")
	rec := keep(t, a, diskPod("one", "a", pod.GCEPersistentDisk{PDName: "block", FSType: "tmpfs", Partition: 2}))[0]
	table, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	require.Contains(t, string(table), "/dev/coracle-test2 "+rec.Path+" tmpfs rw,nosuid,nodev")
	require.NoError(t, a.TearDown(t.Context(), "one"))
	table, err = os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	require.False(t, strings.Contains(string(table), rec.Path))
	require.Contains(t, refused(t, a, diskPod("two", "a", pod.GCEPersistentDisk{PDName: "block"})), `mount disk "block" from "/dev/coracle-test"`)
	require.NoError(t, a.TearDown(t.Context(), "two"))
}
