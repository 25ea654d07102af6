package mount

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Sources says where the content of volumes comes from. The zero value works:
// it knows no secrets, no config maps and no plug-ins of others.
type Sources struct {
	// Secrets returns the data of a secret. Zero value: there are none.
	Secrets Lookup
	// ConfigMaps returns the data of a config map. Zero value: there are none.
	ConfigMaps Lookup
	// Disks is the cloud whose disks pods may have. Zero value: there are none.
	Disks orchestrator.Disks
	// Plugins make flexVolumes, by the name of the driver. Zero value: none.
	Plugins map[string]Plugin

	// Client fetches downloads. Whoever may create pods decides what it is asked
	// for: give it a transport that reaches only what they may see. Zero value:
	// http.DefaultClient.
	Client *http.Client
	// Git is the program that fetches repositories. Zero value: git, in PATH.
	Git string
	// MaxBytes is how much one volume may fetch, and how much may come out of an
	// archive. Zero value: 1 GiB.
	MaxBytes int64
	// MaxFiles is how many files and directories may come out of an archive or
	// repository. Zero value: 100,000.
	MaxFiles int
}

// Lookup returns the data of a secret or config map, by key. It returns an error
// that is fs.ErrNotExist where there is none of that name.
type Lookup func(ctx context.Context, namespace, name string) (map[string][]byte, error)

// Data are secrets or config maps that never change, by namespace/name.
type Data map[string]map[string][]byte

// Lookup is the Lookup of d.
func (d Data) Lookup(_ context.Context, namespace, name string) (map[string][]byte, error) {
	found, ok := d[namespace+"/"+name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return found, nil
}

// Plugin returns what makes a volume on this machine. warn is told of what the
// volume asks for and does not get; it may be nil.
func (s Sources) Plugin(v *pod.Volume, warn func(text string)) (Plugin, error) {
	if warn == nil {
		warn = func(string) {}
	}
	limits := limits{bytes: or(s.MaxBytes, 1<<30), files: or(s.MaxFiles, 100_000)}
	switch v.Source() {
	case pod.SourceEmptyDir:
		return directory{memory: v.EmptyDir != nil && v.EmptyDir.Medium == pod.MediumMemory, open: true, warn: warn}, nil
	case pod.SourceHostPath:
		return hostPath{}, nil
	case pod.SourceGitRepo:
		return directory{open: true, fill: repository{or(s.Git, "git"), limits}.fill}, nil
	case pod.SourceDownload:
		return directory{open: true, fill: download{or(s.Client, http.DefaultClient), limits}.fill}, nil
	case pod.SourceSecret:
		return directory{memory: true, fill: files{s.Secrets, limits}.fillSecret}, nil
	case pod.SourceConfigMap:
		return directory{fill: files{s.ConfigMaps, limits}.fillConfigMap}, nil
	case pod.SourceFlex:
		if p := s.Plugins[v.FlexVolume.Driver]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("the host program has no plug-in for driver %q", v.FlexVolume.Driver)
	default: // the disk of a cloud
		if s.Disks == nil {
			return nil, errNoDisks
		}
		return disk{s.Disks}, nil
	}
}

// Fill puts the content of a volume into a directory below r.Dir and returns
// that, for runtimes whose volumes are elsewhere. It is empty, and there is none, for
// a source without content of its own: an emptyDir, what others name, a plug-in.
// Nothing is mounted. The caller deletes r.Dir.
func (s Sources) Fill(ctx context.Context, r Request) (dir string, err error) {
	switch r.Volume.Source() {
	case pod.SourceGitRepo, pod.SourceDownload, pod.SourceSecret, pod.SourceConfigMap:
	default:
		return "", nil
	}
	plugin, err := s.Plugin(&r.Volume, nil)
	if err != nil {
		return "", err
	}
	content := plugin.(directory)
	content.memory = false
	rec, err := content.SetUp(ctx, r)
	return rec.Path, err
}

// or returns v, or the default where v is the zero value.
func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
