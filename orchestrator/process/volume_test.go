//go:build linux

package process_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
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
	volumes := filepath.Join(x.config.Dir, "nodes/n1/pods/p/volumes")
	for _, want := range []string{
		"VOLUME_MY_DATA=" + volumes + "/my-data\n", "VOLUME_SUB=" + volumes + "/sub/a/b\n", "VOLUME_HOST=" + host + "\n",
		"ARGS " + volumes + "/my-data\n",
	} {
		require.Contains(t, log, want)
	}
	require.DirExists(t, host)
	require.DirExists(t, volumes+"/sub/a/b")
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
	require.NoError(t, os.Symlink(outside, filepath.Join(x.config.Dir, "nodes/n1/pods/p/volumes/v/link")))
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
	empty := filepath.Join(x.config.Dir, "nodes/n1/pods/p/volumes/empty")
	require.NoError(t, os.Rename(empty, empty+"2"))
	require.Contains(t, x.state(ref).VolumeFault, `volume "empty"`)
	require.NoError(t, os.Mkdir(empty, 0o777))
	require.Contains(t, x.state(ref).VolumeFault, "was replaced")
}
