//go:build linux

package process_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	volumes "github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
)

// mount adds a volume and a mount of it to a pod.
func mount(p *pod.Pod, v pod.Volume, m pod.VolumeMount) *pod.Pod {
	m.Name = v.Name
	p.Spec.Volumes = append(p.Spec.Volumes, v)
	p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts, m)
	return p
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	host := filepath.Join(x.dir, "host")
	p := x.pod("p", "environ", "$(VOLUME_MY_DATA)")
	mount(p, pod.Volume{Name: "my-data"}, pod.VolumeMount{MountPath: "/data"})
	mount(p, pod.Volume{Name: "sub", EmptyDir: &pod.EmptyDir{}}, pod.VolumeMount{MountPath: "/sub", SubPath: "a/b", ReadOnly: true})
	mount(p, pod.Volume{Name: "host", HostPath: &pod.HostPath{Path: host, Type: "DirectoryOrCreate"}}, pod.VolumeMount{MountPath: host})
	x.run(p)
	log := x.says(orchestrator.RefTo(p, "main"), "ARGS")
	volumes := filepath.Join(x.config.Dir, "nodes/n1/volumes/p")
	for _, want := range []string{
		"VOLUME_MY_DATA=" + volumes + "/my-data/data\n", "VOLUME_SUB=" + volumes + "/sub/data/a/b\n", "VOLUME_HOST=" + host + "\n",
		"ARGS " + volumes + "/my-data/data\n",
	} {
		require.Contains(t, log, want)
	}
	require.DirExists(t, host)
	require.DirExists(t, volumes+"/sub/data/a/b")
	require.Contains(t, x.Warnings(), "readOnly is not enforced for volume mounts: programs can write to them")
	require.Contains(t, x.Warnings(), "volumes are not mounted at their mountPath: programs find them through VOLUME_<NAME>")
	require.NoError(t, x.Remove(x.ctx, "p"))
	require.DirExists(t, host, "what a hostPath names stays")
}

func TestHostPathTypes(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	file, socket := filepath.Join(x.dir, "file"), filepath.Join(x.dir, "socket")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer l.Close()
	for _, c := range []struct {
		path, kind string
		ok         bool
	}{
		{x.dir, "", true}, {"/no/such", "", true}, {"relative", "", false},
		{x.dir, "Directory", true}, {file, "Directory", false}, {"/no/such", "Directory", false},
		{file, "File", true}, {x.dir, "File", false},
		{filepath.Join(x.dir, "made"), "FileOrCreate", true}, {filepath.Join(x.dir, "d/e"), "DirectoryOrCreate", true},
		{file, "DirectoryOrCreate", false},
		{socket, "Socket", true}, {file, "Socket", false},
		{"/dev/null", "CharDevice", true}, {file, "CharDevice", false}, {"/dev/null", "BlockDevice", false},
		{x.dir, "Nonsense", false},
	} {
		p := mount(x.pod("p", "exit", "0"),
			pod.Volume{Name: "v", HostPath: &pod.HostPath{Path: c.path, Type: c.kind}}, pod.VolumeMount{MountPath: "/v"})
		err := x.Start(x.ctx, p, p.Spec.Containers[0])
		if c.ok {
			require.NoError(t, err, "%+v", c)
		} else {
			var why *orchestrator.StartError
			require.ErrorAs(t, err, &why, "%+v", c)
			require.Equal(t, "FailedMount", why.Reason)
			require.Empty(t, x.list())
		}
		require.NoError(t, x.Remove(x.ctx, "p"))
	}
}

func TestWrongMounts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for name, m := range map[string]pod.VolumeMount{
		"unknown": {Name: "other", MountPath: "/v"},
		"out":     {Name: "v", MountPath: "/v", SubPath: "../../.."},
	} {
		p := x.pod("p", "exit", "0")
		p.Spec.Volumes = []pod.Volume{{Name: "v"}}
		p.Spec.Containers[0].VolumeMounts = []pod.VolumeMount{m}
		var why *orchestrator.StartError
		require.ErrorAs(t, x.Start(x.ctx, p, p.Spec.Containers[0]), &why, name)
		require.Equal(t, "CreateContainerConfigError", why.Reason)
		require.NoError(t, x.Remove(x.ctx, "p"))
	}
}

// A subPath does not follow a symbolic link out of the volume.
func TestSubPathStaysInside(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "0")
	p.Spec.Volumes = []pod.Volume{{Name: "v"}}
	x.run(p)
	outside := filepath.Join(x.dir, "outside")
	require.NoError(t, os.Mkdir(outside, 0o755))
	require.NoError(t, os.Symlink(outside, filepath.Join(x.config.Dir, "nodes/n1/volumes/p/v/data/link")))
	p.Spec.Containers[0].VolumeMounts = []pod.VolumeMount{{Name: "v", MountPath: "/v", SubPath: "link/made"}}
	require.Error(t, x.Start(x.ctx, attempt(p, 1), p.Spec.Containers[0]))
	require.NoDirExists(t, filepath.Join(outside, "made"))
}

func TestVolumeFaults(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	host := filepath.Join(x.dir, "host")
	require.NoError(t, os.Mkdir(host, 0o755))
	p := x.pod("p", "forever")
	mount(p, pod.Volume{Name: "empty"}, pod.VolumeMount{MountPath: "/e"})
	mount(p, pod.Volume{Name: "host", HostPath: &pod.HostPath{Path: host}}, pod.VolumeMount{MountPath: "/h"})
	mount(p, pod.Volume{Name: "never", HostPath: &pod.HostPath{Path: "/no/such"}}, pod.VolumeMount{MountPath: "/n"})
	x.start(p)
	ref := orchestrator.RefTo(p, "main")
	require.Empty(t, x.state(ref).VolumeFault)
	require.NoError(t, os.Remove(host))
	require.Equal(t, `volume "host": "`+host+`" has vanished`, x.state(ref).VolumeFault)
	require.NoError(t, os.Mkdir(host, 0o755))
	require.Empty(t, x.state(ref).VolumeFault)
	empty := filepath.Join(x.config.Dir, "nodes/n1/volumes/p/empty/data")
	require.NoError(t, os.Rename(empty, empty+"2"))
	require.Contains(t, x.state(ref).VolumeFault, `volume "empty"`)
	require.NoError(t, os.Mkdir(empty, 0o777))
	require.Contains(t, x.state(ref).VolumeFault, "was replaced")
}

// What a volume holds outlives the containers, and goes with the pod.
func TestVolumeSurvivesRestart(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := mount(x.pod("p", "environ"), pod.Volume{Name: "v"}, pod.VolumeMount{MountPath: "/v"})
	x.run(p)
	kept := filepath.Join(x.config.Dir, "nodes/n1/volumes/p/v/data/kept")
	require.NoError(t, os.WriteFile(kept, []byte("kept"), 0o644))
	x.open()
	x.run(attempt(p, 1))
	require.FileExists(t, kept)
	require.Empty(t, x.state(orchestrator.ContainerRef{UID: "p", Container: "main", Attempt: 1}).VolumeFault)
	require.NoError(t, x.Remove(x.ctx, "p"))
	require.NoDirExists(t, filepath.Join(x.config.Dir, "nodes/n1/volumes/p"))
}

// A crash between the set-up of volumes and the record of their pod leaves nothing.
func TestVolumesWithoutPodAreTidied(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := mount(x.pod("p", "forever"), pod.Volume{Name: "v"}, pod.VolumeMount{MountPath: "/v"})
	x.start(p)
	volumes := filepath.Join(x.config.Dir, "nodes/n1/volumes")
	require.NoError(t, os.MkdirAll(filepath.Join(volumes, "q/v/data"), 0o755))
	x.open()
	require.NoDirExists(t, filepath.Join(volumes, "q"))
	require.DirExists(t, filepath.Join(volumes, "p/v/data"))
	require.NoError(t, os.MkdirAll(filepath.Join(volumes, "q/v/data"), 0o755))
	require.NoError(t, x.Remove(x.ctx, "q"), "a pod of which there is nothing else")
	require.NoDirExists(t, filepath.Join(volumes, "q"))
}

func TestVolumeLimit(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	limit := pod.MustParseQuantity("1Mi")
	p := mount(x.pod("p", "forever"), pod.Volume{Name: "v", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}}, pod.VolumeMount{MountPath: "/v"})
	x.start(p)
	ref := orchestrator.RefTo(p, "main")
	require.Empty(t, x.state(ref).VolumeFault)
	require.NoError(t, os.WriteFile(filepath.Join(x.config.Dir, "nodes/n1/volumes/p/v/data/big"), make([]byte, 2<<20), 0o644))
	x.until("the volume is counted again", func() bool { return x.state(ref).VolumeFault != "" })
	require.Equal(t, `volume "v": 2Mi are in it, which exceeds its sizeLimit of 1Mi`, x.state(ref).VolumeFault)
}

// A volume in memory is one, or there is a warning.
func TestVolumeInMemory(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	limit := pod.MustParseQuantity("1Mi")
	p := mount(x.pod("p", "forever"), pod.Volume{Name: "v", EmptyDir: &pod.EmptyDir{Medium: pod.MediumMemory, SizeLimit: &limit}}, pod.VolumeMount{MountPath: "/v"})
	x.start(p)
	ref := orchestrator.RefTo(p, "main")
	at := filepath.Join(x.config.Dir, "nodes/n1/volumes/p/v/data")
	var on syscall.Statfs_t
	require.NoError(t, syscall.Statfs(at, &on))
	const tmpfs = 0x01021994
	if on.Type != tmpfs {
		require.NotZero(t, os.Getuid(), "root can mount")
		require.Contains(t, strings.Join(x.Warnings(), "\n"), "emptyDir medium Memory is not available")
		return
	}
	require.EqualValues(t, 1<<20, on.Blocks*uint64(on.Bsize))
	require.ErrorIs(t, os.WriteFile(filepath.Join(at, "big"), make([]byte, 2<<20), 0o644), syscall.ENOSPC)
	x.open() // a crash, and all is found again
	require.Empty(t, x.state(ref).VolumeFault)
	require.NoError(t, syscall.Unmount(at, syscall.MNT_DETACH))
	require.Contains(t, x.state(ref).VolumeFault, "was replaced")
}

func TestVolumeContent(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.Volumes.Secrets = volumes.Data{"default/keys": {"api": []byte("s3cret")}}.Lookup
	x.open()
	p := x.pod("p", "exit", "0")
	mount(p, pod.Volume{Name: "keys", Secret: &pod.SecretVolume{SecretName: "keys"}}, pod.VolumeMount{MountPath: "/keys"})
	x.run(p)
	text, err := os.ReadFile(filepath.Join(x.config.Dir, "nodes/n1/volumes/p/keys/data/api"))
	require.NoError(t, err)
	require.Equal(t, "s3cret", string(text))

	q := x.pod("q", "exit", "0")
	mount(q, pod.Volume{Name: "keys", Secret: &pod.SecretVolume{SecretName: "others"}}, pod.VolumeMount{MountPath: "/keys"})
	var why *orchestrator.StartError
	require.ErrorAs(t, x.Start(x.ctx, q, q.Spec.Containers[0]), &why)
	require.Equal(t, "FailedMount", why.Reason)
	require.EqualError(t, why.Err, `set up volume "keys": secret "default/others" is not known to the host program`)
	require.NoError(t, x.Remove(x.ctx, "q"))
}
