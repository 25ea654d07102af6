package process

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// mounted returns where the container finds the volume of a mount.
func mounted(volumes []volume.Record, m pod.VolumeMount) (string, error) {
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
func subPath(at string, m pod.VolumeMount) (string, error) {
	root, err := os.OpenRoot(at)
	if err != nil {
		return "", refuse(volume.FailedMount, "mount volume %q: %w", m.Name, err)
	}
	defer root.Close()
	if _, err := root.Stat(m.SubPath); isMissing(err) {
		err = root.MkdirAll(m.SubPath, 0o777)
		if err != nil {
			return "", refuse(volume.FailedMount, "mount volume %q: %w", m.Name, err)
		}
	} else if err != nil {
		return "", refuse(volume.FailedMount, "mount volume %q: %w", m.Name, err)
	}
	return filepath.Join(at, m.SubPath), nil
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
