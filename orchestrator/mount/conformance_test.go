//go:build linux

package mount_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

func TestEmptyDirConforms(t *testing.T) { orchtest.Volume(t, emptyDirs("")) }
func TestMemoryConforms(t *testing.T)   { orchtest.Volume(t, emptyDirs(pod.MediumMemory)) }
func TestHostPathConforms(t *testing.T) { orchtest.Volume(t, hostPaths("DirectoryOrCreate")) }
func TestHostFileConforms(t *testing.T) { orchtest.Volume(t, hostPaths("FileOrCreate")) }
func TestGitRepoConforms(t *testing.T)  { orchtest.Volume(t, gitRepos(t)) }
func TestDownloadConforms(t *testing.T) { orchtest.Volume(t, downloads(t)) }
func TestSecretConforms(t *testing.T)   { orchtest.Volume(t, secrets()) }

// A disk is mounted, which needs root.
func TestDiskConforms(t *testing.T) {
	if os.Getuid() == 0 {
		orchtest.Volume(t, cloudDisks())
	}
}

// cloudDisks are disks of a scripted cloud, each in a directory of its own.
func cloudDisks() orchtest.VolumeHarness {
	cloud := &fake.Disks{}
	made := 0
	of := func(id string) pod.Volume {
		return pod.Volume{Name: id, GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: id}}
	}
	return orchtest.VolumeHarness{
		New: plugin(mount.Sources{Disks: cloud}, of("")), Stays: true, Break: breakMemory,
		Volume: func(t *testing.T, name string) pod.Volume {
			made++
			v := of(fmt.Sprint("disk-", made))
			v.Name = name
			cloud.Add(v.GCEPersistentDisk.PDName, t.TempDir())
			return v
		},
		Bad: func(_ *testing.T, name string) pod.Volume {
			v := of("none")
			v.Name = name
			return v
		},
	}
}

// plugin returns how a harness makes the plug-in for volumes like v.
func plugin(s mount.Sources, v pod.Volume) func(t *testing.T) mount.Plugin {
	return func(t *testing.T) mount.Plugin {
		p, err := s.Plugin(&v, func(text string) { t.Log(text) })
		require.NoError(t, err)
		return p
	}
}

// breakMemory takes the file system away from under a volume in memory.
func breakMemory(t *testing.T, rec volume.Record) {
	if syscall.Unmount(rec.Path, syscall.MNT_DETACH) != nil {
		require.NoError(t, os.RemoveAll(rec.Path)) // it is on disk here
	}
}

func emptyDirs(medium string) orchtest.VolumeHarness {
	v := func(_ *testing.T, name string) pod.Volume {
		return pod.Volume{Name: name, EmptyDir: &pod.EmptyDir{Medium: medium}}
	}
	limit := pod.MustParseQuantity("1Mi")
	h := orchtest.VolumeHarness{New: plugin(mount.Sources{}, v(nil, "")), Volume: v}
	if medium == pod.MediumMemory {
		h.Break = breakMemory
	} else { // in memory there is no room for more than the limit
		h.Limited = func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, EmptyDir: &pod.EmptyDir{SizeLimit: &limit}}
		}
	}
	return h
}

func hostPaths(kind string) orchtest.VolumeHarness {
	v := func(t *testing.T, name string) pod.Volume {
		return pod.Volume{Name: name, HostPath: &pod.HostPath{Path: filepath.Join(t.TempDir(), "host"), Type: kind}}
	}
	return orchtest.VolumeHarness{
		New:    func(t *testing.T) mount.Plugin { return plugin(mount.Sources{}, v(t, ""))(t) },
		Volume: v, Stays: true, IsFile: kind == "FileOrCreate",
		Bad: func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, HostPath: &pod.HostPath{Path: "/dev/null", Type: kind}}
		},
	}
}

// hanging returns the URL of a server that never answers.
func hanging(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(s.Close)
	return s.URL
}

func gitRepos(t *testing.T) orchtest.VolumeHarness {
	g, hangs := newGits(t), hanging(t)
	of := func(format string, args ...any) func(*testing.T, string) pod.Volume {
		return func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, GitRepo: &pod.GitRepo{Repository: fmt.Sprintf(format, args...)}}
		}
	}
	return orchtest.VolumeHarness{
		New: plugin(mount.Sources{}, of("")(nil, "")), Volume: of("%s/site.git", g.URL), Bad: of("%s/other.git", g.URL), Hangs: of("%s/x.git", hangs),
	}
}

func downloads(t *testing.T) orchtest.VolumeHarness {
	base, hangs := serve(t, map[string][]byte{"/a.tar": tape(t, map[string]string{"a": "a", "b/c": "c"})}), hanging(t)
	of := func(url string) func(*testing.T, string) pod.Volume {
		return func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, Download: &pod.Download{URL: url, Unpack: pod.Tar}}
		}
	}
	return orchtest.VolumeHarness{
		New: plugin(mount.Sources{}, of("")(nil, "")), Volume: of(base + "/a.tar"), Bad: of(base + "/none"), Hangs: of(hangs + "/x"),
	}
}

func secrets() orchtest.VolumeHarness {
	of := func(secret string) func(*testing.T, string) pod.Volume {
		return func(_ *testing.T, name string) pod.Volume {
			return pod.Volume{Name: name, Secret: &pod.SecretVolume{SecretName: secret}}
		}
	}
	s := mount.Sources{Secrets: mount.Data{"default/keys": {"api": []byte("s3cret")}}.Lookup}
	return orchtest.VolumeHarness{
		New: plugin(s, of("")(nil, "")), Volume: of("keys"), Bad: of("others"), Break: breakMemory,
	}
}
