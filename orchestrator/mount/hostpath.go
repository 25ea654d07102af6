package mount

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// hostPath makes volumes that are a path of this machine. Nothing of it goes
// when the volume is torn down.
type hostPath struct{}

// SetUp checks, and where its type says so makes, what the volume names.
func (hostPath) SetUp(_ context.Context, r Request) (volume.Record, error) {
	h := r.Volume.HostPath
	if err := checkHostPath(*h); err != nil {
		return volume.Record{}, err
	}
	_, err := os.Stat(h.Path)
	return volume.Record{Path: h.Path, There: err == nil}, nil
}

// Check says whether the path is there.
func (hostPath) Check(_ context.Context, rec volume.Record) (volume.Reading, error) {
	return read(rec.Path), nil
}

// TearDown has nothing to do.
func (hostPath) TearDown(context.Context, string) error { return nil }

// checkHostPath checks, and where its type says so makes, what a hostPath names.
func checkHostPath(h pod.HostPath) error {
	if !filepath.IsAbs(h.Path) {
		return fmt.Errorf("hostPath %q is not an absolute path", h.Path)
	}
	switch h.Type {
	case "":
		return nil
	case "DirectoryOrCreate":
		if err := os.MkdirAll(h.Path, 0o755); err != nil {
			return err
		}
	case "FileOrCreate":
		f, err := os.OpenFile(h.Path, os.O_CREATE|os.O_RDONLY|nonBlock, 0o644)
		if err != nil {
			return err
		}
		f.Close()
	}
	info, err := os.Stat(h.Path)
	if err != nil {
		return err
	}
	fits, known := FitsHostPath(h.Type, info.Mode())
	switch {
	case !known:
		return fmt.Errorf("hostPath %q has the unknown type %q", h.Path, h.Type)
	case !fits:
		return fmt.Errorf("hostPath %q is not of type %s", h.Path, h.Type)
	}
	return nil
}

// FitsHostPath says whether something with a mode is what the type of a hostPath
// asks for, and whether there is such a type.
func FitsHostPath(kind string, mode fs.FileMode) (fits, known bool) {
	mode = mode.Type()
	fits, known = map[string]bool{
		"":          true,
		"Directory": mode.IsDir(), "DirectoryOrCreate": mode.IsDir(),
		"File": mode == 0, "FileOrCreate": mode == 0,
		"Socket":      mode == fs.ModeSocket,
		"CharDevice":  mode == fs.ModeDevice|fs.ModeCharDevice,
		"BlockDevice": mode == fs.ModeDevice,
	}[kind]
	return fits, known
}
