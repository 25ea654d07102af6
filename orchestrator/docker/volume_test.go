package docker_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// mounted returns a pod of one container that has volumes at /<name>.
func (x *rig) mounted(name string, words []string, volumes ...pod.Volume) *pod.Pod {
	c := x.toy("main", words...)
	for _, v := range volumes {
		c.VolumeMounts = append(c.VolumeMounts, pod.VolumeMount{Name: v.Name, MountPath: "/" + v.Name})
	}
	p := x.pod(name, c)
	p.Spec.Volumes = volumes
	return p
}

// dirOf returns where the engine, which has to be on this machine, keeps a volume of a pod.
func (x *rig) dirOf(p *pod.Pod, name string) string {
	x.Helper()
	v, err := x.engine.InspectVolume(x.config.Instance + "_" + p.UID + "_volume_" + name)
	require.NoError(x, err)
	return v.Mountpoint
}

func TestEmptyDirIsSharedAndSurvivesRestart(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.mounted("web", []string{"write", "/data/greeting", "hello"}, pod.Volume{Name: "data"})
	user := int64(1000)
	p.Spec.SecurityContext = &pod.PodSecurityContext{RunAsUser: &user}
	other := x.toy("other", "read", "/in/greeting")
	other.VolumeMounts = []pod.VolumeMount{{Name: "data", MountPath: "/in", ReadOnly: true}}
	p.Spec.Containers = append(p.Spec.Containers, other)
	_, code := x.output(p)
	require.Equal(t, 0, code, "whoever runs in the pod may write")
	require.NoError(t, x.Start(x.ctx, p, other))
	require.Equal(t, 0, x.ended(p, "other").ExitCode)

	x.open() // a crash
	again := attempt(p, 1)
	again.Spec.Containers = []pod.Container{p.Spec.Containers[0]}
	again.Spec.Containers[0].Args = []string{"read", "/data/greeting"}
	said, code := x.output(again)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello")

	again = attempt(p, 2)
	other.Args = []string{"write", "/in/greeting", "no"}
	again.Spec.Containers = []pod.Container{other}
	said, code = x.output(again)
	require.NotEqual(t, 0, code, "readOnly")
	require.Contains(t, said, "read-only file system")
	dir := x.dirOf(p, "data")
	require.NoError(t, x.Remove(x.ctx, p.UID))
	require.NoDirExists(t, dir)
}

func TestEmptyDirInMemory(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	limit := pod.MustParseQuantity("1Mi")
	v := pod.Volume{Name: "data", EmptyDir: &pod.EmptyDir{Medium: pod.MediumMemory, SizeLimit: &limit}}
	p := x.mounted("web", []string{"write", "/data/a", "hello", ";", "read", "/proc/mounts"}, v)
	said, code := x.output(p)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "tmpfs /data tmpfs rw,nosuid,nodev")
	require.Contains(t, said, "size=1024k")
	again := attempt(p, 1)
	again.Spec.Containers[0].Args = []string{"read", "/data/a"}
	said, code = x.output(again)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello", "it survives while no container runs")
	require.Empty(t, x.state(ref(again, "main")).VolumeFault)

	require.NoError(t, x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: x.infra(p), Force: true, Context: x.ctx}))
	x.open()
	x.start(attempt(p, 2))
	x.until("it is noticed that the memory is gone", func() bool { return x.state(ref(again, "main")).VolumeFault != "" })
	require.Contains(t, x.state(ref(again, "main")).VolumeFault, `volume "data": it was in memory`)
}

func TestHostPath(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	dir := t.TempDir()
	file, socket := filepath.Join(dir, "file"), filepath.Join(dir, "socket")
	require.NoError(t, os.WriteFile(file, []byte("hello\n"), 0o644))
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer l.Close()
	of := func(path, kind string) pod.Volume {
		return pod.Volume{Name: "v", HostPath: &pod.HostPath{Path: path, Type: kind}}
	}
	p := x.mounted("web", []string{"read", "/v/file", ";", "write", "/v/back", "thanks"}, of(dir, "Directory"))
	said, code := x.output(p)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello")
	for _, c := range []struct {
		path, kind, want string
	}{
		{"/no/such", "", "bind source path does not exist: /no/such"},
		{"/no/such", "Directory", "bind source path does not exist: /no/such"},
		{file, "Directory", "is not of type Directory"},
		{dir, "File", "is not of type File"},
		{file, "Socket", "is not of type Socket"},
	} {
		why := x.refused(x.mounted("bad", []string{"exit", "0"}, of(c.path, c.kind)))
		require.Equal(t, "FailedMount", why.Reason, "%+v", c)
		require.ErrorContains(t, why, c.want)
	}
	for _, v := range []pod.Volume{of(file, "File"), of(socket, "Socket"), of("/dev/null", "CharDevice"), of(filepath.Join(dir, "made/here"), "DirectoryOrCreate")} {
		_, code := x.output(x.mounted("good", []string{"exit", "0"}, v))
		require.Equal(t, 0, code, "%+v", v.HostPath)
	}
	require.DirExists(t, filepath.Join(dir, "made/here"))
	require.NoError(t, x.Remove(x.ctx, p.UID))
	require.FileExists(t, filepath.Join(dir, "back"), "what a hostPath names stays")
}

func TestContentIsUploaded(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.Volumes.Secrets = mount.Data{"default/keys": {"api": []byte("s3cret\n")}}.Lookup
	x.config.Volumes.ConfigMaps = mount.Data{"default/conf": {"a.conf": []byte("a=b\n")}}.Lookup
	x.open()
	p := x.mounted("web", []string{"read", "/keys/api", "/conf/in/a", ";", "read", "/proc/mounts"},
		pod.Volume{Name: "keys", Secret: &pod.SecretVolume{SecretName: "keys"}},
		pod.Volume{Name: "conf", ConfigMap: &pod.ConfigMapVolume{Name: "conf", Items: []pod.KeyToPath{{Key: "a.conf", Path: "in/a"}}}})
	said, code := x.output(p)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "s3cret\na=b\n")
	require.Contains(t, said, "tmpfs /keys tmpfs", "a secret is on no disk")

	bad := x.mounted("bad", []string{"exit", "0"}, pod.Volume{Name: "keys", Secret: &pod.SecretVolume{SecretName: "others"}})
	why := x.refused(bad)
	require.Equal(t, "FailedMount", why.Reason)
	require.ErrorContains(t, why, `set up volume "keys": secret "default/others" is not known to the host program`)
	require.NoError(t, x.Remove(x.ctx, bad.UID))
}

func TestLostVolumes(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	host := filepath.Join(t.TempDir(), "host")
	require.NoError(t, os.Mkdir(host, 0o755))
	limit := pod.MustParseQuantity("1Mi")
	gone := x.mounted("gone", []string{"wait"}, pod.Volume{Name: "data"})
	hostly := x.mounted("host", []string{"wait"}, pod.Volume{Name: "v", HostPath: &pod.HostPath{Path: host}})
	full := x.mounted("full", []string{"wait"}, pod.Volume{Name: "data", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}})
	well := x.mounted("well", []string{"wait"}, pod.Volume{Name: "data", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}})
	for _, p := range []*pod.Pod{gone, hostly, full, well} {
		x.start(p)
	}
	// It is there before the first list: an engine that takes long to count does so seldom.
	require.NoError(t, os.WriteFile(filepath.Join(x.dirOf(full, "data"), "big"), make([]byte, 2<<20), 0o644))
	for _, p := range []*pod.Pod{gone, hostly, well} {
		require.Empty(t, x.running(p, "main").VolumeFault)
	}
	lost := x.dirOf(gone, "data")
	require.NoError(t, os.RemoveAll(lost))
	require.NoError(t, os.Remove(host))
	for p, want := range map[*pod.Pod]string{
		gone: `volume "data": "` + lost + `" has vanished`, hostly: `volume "v": "` + host + `" has vanished`, full: `volume "data": 2Mi are in it, which exceeds its sizeLimit of 1Mi`,
	} {
		x.until("the fault of "+p.Name, func() bool { return x.state(ref(p, "main")).VolumeFault != "" })
		require.Contains(t, x.state(ref(p, "main")).VolumeFault, want, p.Name)
	}
	require.Empty(t, x.state(ref(well, "main")).VolumeFault)
	for _, p := range []*pod.Pod{gone, hostly, full, well} {
		require.NoError(t, x.Remove(x.ctx, p.UID), p.Name)
	}
}

// An engine that takes long to count holds up neither a list nor other faults.
func TestCountThatTakesLong(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	limit := pod.MustParseQuantity("1Mi")
	full := x.mounted("full", []string{"wait"}, pod.Volume{Name: "data", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}})
	gone := x.mounted("gone", []string{"wait"}, pod.Volume{Name: "data"})
	x.start(full)
	x.start(gone)
	require.NoError(t, os.WriteFile(filepath.Join(x.dirOf(full, "data"), "big"), make([]byte, 2<<20), 0o644))
	require.NoError(t, os.RemoveAll(x.dirOf(gone, "data")))
	g.closeFor("/system/df")
	require.NoError(t, within(t, "List", func() error { _, err := x.List(x.ctx); return err }))
	x.until("the fault of gone", func() bool { return x.state(ref(gone, "main")).VolumeFault != "" })
	require.Empty(t, x.state(ref(full, "main")).VolumeFault)
	g.open()
	x.until("the fault of full", func() bool { return x.state(ref(full, "main")).VolumeFault != "" })
}

func TestWrongMounts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.mounted("web", []string{"exit", "0"}, pod.Volume{Name: "v"})
	p.Spec.Containers[0].VolumeMounts[0].Name = "other"
	why := x.refused(p)
	require.Equal(t, "CreateContainerConfigError", why.Reason)
	disk := x.mounted("disk", []string{"exit", "0"}, pod.Volume{Name: "v", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "d"}})
	why = x.refused(disk)
	require.Equal(t, "FailedMount", why.Reason)
	require.ErrorContains(t, why, "the host program has no cloud whose disks could be attached")
}

// A disk of a cloud is attached before its pod starts and detached when it was removed.
func TestDiskOfACloud(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	cloud, dir := &fake.Disks{}, t.TempDir()
	cloud.Add("disk", dir)
	x.config.Volumes.Disks = cloud
	x.open()
	disk := pod.Volume{Name: "data", AWSElasticBlockStore: &pod.AWSElasticBlockStore{VolumeID: "disk"}}
	one, two := x.mounted("one", []string{"write", "/data/kept", "hello"}, disk), x.mounted("two", []string{"read", "/data/kept"}, disk)
	said, code := x.output(one)
	require.Equal(t, 0, code, said)
	require.FileExists(t, filepath.Join(dir, "kept"))
	said, code = x.output(two)
	require.Equal(t, 0, code, said)
	require.Contains(t, said, "hello")
	require.NoError(t, x.Remove(x.ctx, one.UID))
	require.Equal(t, []string{"n1"}, cloud.Holders("disk"), "two has it still")
	x.open() // a crash
	require.NoError(t, x.Remove(x.ctx, two.UID))
	require.Equal(t, []string{"attach disk to n1", "detach disk from n1"}, cloud.Calls())
	require.FileExists(t, filepath.Join(dir, "kept"))

	_, err := cloud.Attach(x.ctx, volume.Disk{ID: "disk"}, "n2")
	require.NoError(t, err)
	why := x.refused(one)
	require.Equal(t, "FailedMount", why.Reason)
	require.ErrorContains(t, why, `set up volume "data": attach disk "disk": node "n2" has it`)
	require.NoError(t, x.Remove(x.ctx, one.UID))
	require.Equal(t, []string{"n2"}, cloud.Holders("disk"))
}
