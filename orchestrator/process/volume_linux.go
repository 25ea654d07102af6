package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/coracle-dev/coracle/pod"
)

// volumeRecord is one volume of a pod as it was set up.
type volumeRecord struct {
	Name  string
	Path  string // on this machine
	Empty bool   // an emptyDir: it is this very directory or it is lost
	There bool   // it was there when the pod was set up: it is lost when it no longer is
	Inode uint64 `json:",omitzero"`
}

// setUp makes or checks one volume. now is the directory to be made for an
// emptyDir; it will be found at later.
func setUp(v pod.Volume, now, later string) (volumeRecord, error) {
	if v.HostPath != nil {
		if err := checkHostPath(*v.HostPath); err != nil {
			return volumeRecord{}, refuse(failedMount, "set up volume %q: %w", v.Name, err)
		}
		_, err := os.Stat(v.HostPath.Path)
		return volumeRecord{Name: v.Name, Path: v.HostPath.Path, There: err == nil}, nil
	}
	if source := v.Source(); source != pod.SourceEmptyDir {
		return volumeRecord{}, refuse(failedMount, "set up volume %q: this runtime has no volumes that are a %s", v.Name, source)
	}
	if !safeSegment(v.Name) {
		return volumeRecord{}, refuse(createContainerConfig, "set up volume %q: the name can not be that of a directory", v.Name)
	}
	at := filepath.Join(now, v.Name)
	if err := os.MkdirAll(at, 0o777); err != nil {
		return volumeRecord{}, refuse(failedMount, "set up volume %q: %w", v.Name, err)
	}
	// As elsewhere, whoever runs in the pod may write, whatever the umask is.
	if err := os.Chmod(at, 0o777); err != nil {
		return volumeRecord{}, refuse(failedMount, "set up volume %q: %w", v.Name, err)
	}
	return volumeRecord{Name: v.Name, Path: filepath.Join(later, v.Name), Empty: true, There: true, Inode: inode(at)}, nil
}

func inode(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

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
		f, err := os.OpenFile(h.Path, os.O_CREATE|os.O_RDONLY, 0o644)
		if err != nil {
			return err
		}
		f.Close()
	}
	info, err := os.Stat(h.Path)
	if err != nil {
		return err
	}
	kind := info.Mode().Type()
	fits, known := map[string]bool{
		"Directory": kind.IsDir(), "DirectoryOrCreate": kind.IsDir(),
		"File": kind == 0, "FileOrCreate": kind == 0,
		"Socket":      kind == fs.ModeSocket,
		"CharDevice":  kind == fs.ModeDevice|fs.ModeCharDevice,
		"BlockDevice": kind == fs.ModeDevice,
	}[h.Type]
	if !known {
		return fmt.Errorf("hostPath %q has the unknown type %q", h.Path, h.Type)
	}
	if !fits {
		return fmt.Errorf("hostPath %q is not of type %s", h.Path, h.Type)
	}
	return nil
}

// fault says how the volume was lost, or "".
func (v volumeRecord) fault() string {
	if !v.There {
		return ""
	}
	_, err := os.Stat(v.Path)
	switch {
	case isMissing(err):
		return fmt.Sprintf("volume %q: %q has vanished", v.Name, v.Path)
	case err != nil && !errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("volume %q: %v", v.Name, err)
	case err == nil && v.Empty && v.Inode != 0 && inode(v.Path) != v.Inode:
		return fmt.Sprintf("volume %q: %q was replaced", v.Name, v.Path)
	}
	return ""
}

// mounted returns where the container finds the volume of a mount.
func mounted(volumes []volumeRecord, m pod.VolumeMount) (string, error) {
	for _, v := range volumes {
		if v.Name != m.Name {
			continue
		}
		if m.SubPath == "" {
			return v.Path, nil
		}
		if !filepath.IsLocal(m.SubPath) {
			return "", refuse(createContainerConfig, "mount volume %q: subPath %q leads out of the volume", m.Name, m.SubPath)
		}
		return subPath(v.Path, m)
	}
	return "", refuse(createContainerConfig, "mount volume %q: the pod has no such volume", m.Name)
}

// subPath makes the directory below a volume that a mount asks for. It goes
// through an os.Root, so that symbolic links that a program left lead nowhere else.
func subPath(volume string, m pod.VolumeMount) (string, error) {
	root, err := os.OpenRoot(volume)
	if err != nil {
		return "", refuse(failedMount, "mount volume %q: %w", m.Name, err)
	}
	defer root.Close()
	if _, err := root.Stat(m.SubPath); isMissing(err) {
		err = root.MkdirAll(m.SubPath, 0o777)
		if err != nil {
			return "", refuse(failedMount, "mount volume %q: %w", m.Name, err)
		}
	} else if err != nil {
		return "", refuse(failedMount, "mount volume %q: %w", m.Name, err)
	}
	return filepath.Join(volume, m.SubPath), nil
}

// volumeVariable is the variable that holds the directory of a volume.
func volumeVariable(name string) string {
	return "VOLUME_" + strings.Map(func(ch rune) rune {
		switch {
		case 'a' <= ch && ch <= 'z':
			return ch - 'a' + 'A'
		case 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9':
			return ch
		}
		return '_'
	}, name)
}

// volumeWarnings says what a pod asks of its volumes and does not get.
func volumeWarnings(p *pod.Pod) []string {
	var out []string
	for _, v := range p.Spec.Volumes {
		if v.EmptyDir != nil && v.EmptyDir.Medium != "" {
			out = append(out, fmt.Sprintf("emptyDir medium %q is not available: such volumes are directories on disk", v.EmptyDir.Medium))
		}
		if v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil {
			out = append(out, "emptyDir sizeLimit is not enforced")
		}
	}
	return out
}
