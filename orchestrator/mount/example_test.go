package mount_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// scratch returns a directory that is deleted with the returned function.
func scratch() (string, func()) {
	dir, err := os.MkdirTemp("", "mount")
	if err != nil {
		panic(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// The volumes of a pod are set up, looked at, and torn down.
func ExampleVolumes() {
	dir, done := scratch()
	defer done()
	volumes := &mount.Volumes{Dir: dir, Sources: mount.Sources{
		ConfigMaps: mount.Data{"default/greeting": {"hello.txt": []byte("Hello!")}}.Lookup,
	}}
	p := &pod.Pod{Meta: labels.Meta{Name: "web", UID: "u-1"}, Spec: pod.Spec{Volumes: []pod.Volume{
		{Name: "scratch", EmptyDir: &pod.EmptyDir{}},
		{Name: "content", ConfigMap: &pod.ConfigMapVolume{Name: "greeting"}},
	}}}
	ctx := context.Background()
	var records []volume.Record
	err := volumes.SetUp(ctx, p, func(all []volume.Record) error { records = all; return nil })
	fmt.Println(err)
	text, _ := os.ReadFile(filepath.Join(records[1].Path, "hello.txt"))
	fmt.Println(records[1].Name, string(text))
	fmt.Printf("%q\n", volumes.Fault(ctx, records))
	fmt.Println(volumes.TearDown(ctx, "u-1"))
	left, _ := os.ReadDir(dir)
	fmt.Println(len(left), "left")
	// Output:
	// <nil>
	// content Hello!
	// ""
	// <nil>
	// 0 left
}

// A pod that asks for what is not there is told so.
func ExampleSources() {
	dir, done := scratch()
	defer done()
	v := pod.Volume{Name: "keys", Secret: &pod.SecretVolume{SecretName: "keys"}}
	plugin, err := mount.Sources{}.Plugin(&v, nil)
	if err != nil {
		panic(err)
	}
	_, err = plugin.SetUp(context.Background(), mount.Request{Pod: &pod.Pod{}, Volume: v, Dir: dir})
	fmt.Println(err)

	_, err = mount.Sources{}.Plugin(&pod.Volume{FlexVolume: &pod.FlexVolume{Driver: "example.com/nfs"}}, nil)
	fmt.Println(err)
	// Output:
	// secret "default/keys" is not known to the host program
	// the host program has no plug-in for driver "example.com/nfs"
}

// Data answers for itself.
func ExampleData() {
	var secrets mount.Lookup = mount.Data{"default/keys": {"api": []byte("s3cret")}}.Lookup
	found, err := secrets(context.Background(), "default", "keys")
	fmt.Println(string(found["api"]), err)
	_, err = secrets(context.Background(), "default", "other")
	fmt.Println(err == fs.ErrNotExist)
	// Output:
	// s3cret <nil>
	// true
}

// shared makes volumes that are all the same directory, which stays when they go.
type shared struct{ path string }

func (s shared) SetUp(_ context.Context, r mount.Request) (volume.Record, error) {
	return volume.Record{Path: filepath.Join(s.path, r.Volume.FlexVolume.Options["below"]), There: true}, nil
}

func (s shared) Check(_ context.Context, rec volume.Record) (volume.Reading, error) {
	_, err := os.Stat(rec.Path)
	return volume.Reading{Missing: err != nil}, nil
}

func (s shared) TearDown(context.Context, string) error { return nil }

// A plug-in of the host program makes flexVolumes.
func ExamplePlugin() {
	dir, done := scratch()
	defer done()
	volumes := &mount.Volumes{Dir: filepath.Join(dir, "volumes"), Sources: mount.Sources{
		Plugins: map[string]mount.Plugin{"example.com/shared": shared{dir}},
	}}
	p := &pod.Pod{Meta: labels.Meta{UID: "u-1"}, Spec: pod.Spec{Volumes: []pod.Volume{{
		Name: "music", FlexVolume: &pod.FlexVolume{Driver: "example.com/shared", Options: map[string]string{"below": "music"}},
	}}}}
	volumes.SetUp(context.Background(), p, func(records []volume.Record) error {
		fmt.Println(filepath.Base(records[0].Path))
		fmt.Println(volumes.Fault(context.Background(), records) != "")
		return nil
	})
	// Output:
	// music
	// true
}

// FitsHostPath is for runtimes on another machine, who ask there for the mode.
func ExampleFitsHostPath() {
	fmt.Println(mount.FitsHostPath("Socket", fs.ModeSocket|0o600))
	fmt.Println(mount.FitsHostPath("Directory", 0o644))
	fmt.Println(mount.FitsHostPath("Cupboard", 0o644))
	// Output:
	// true true
	// false true
	// false false
}

// What is no device is a directory, and is mounted as such.
func ExampleIsDevice() {
	fmt.Println(mount.IsDevice("/dev/sdb"), mount.IsDevice("/mnt/share"))
	// Output:
	// true false
}
