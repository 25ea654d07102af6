package pod

import (
	"path"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validateVolumes checks the volumes of a pod at where, and returns their names.
func validateVolumes(errs *labels.FieldErrors, volumes []Volume, where string) map[string]string {
	if len(volumes) == 0 {
		return nil
	}
	names := make(map[string]string, len(volumes))
	for i := range volumes {
		v, where := &volumes[i], at(where, i)
		check(errs, where+".name", v.Name, labels.ValidateLabel(v.Name))
		unique(errs, where+".name", v.Name, names)
		if v.EmptyDir != nil && v.HostPath != nil {
			errs.Add(where, v.Name, "must have one source, not both emptyDir and hostPath")
		}
		if e := v.EmptyDir; e != nil {
			if e.Medium != "" && e.Medium != "Memory" {
				errs.Add(where+".emptyDir.medium", e.Medium, "must be Memory or empty")
			}
			if e.SizeLimit != nil && e.SizeLimit.Sign() < 0 {
				errs.Add(where+".emptyDir.sizeLimit", *e.SizeLimit, "must not be negative")
			}
		}
		if h := v.HostPath; h != nil {
			validateHostPath(errs, h, where+".hostPath")
		}
	}
	return names
}

// validateHostPath checks a path of the node.
func validateHostPath(errs *labels.FieldErrors, h *HostPath, where string) {
	switch {
	case !path.IsAbs(h.Path):
		errs.Add(where+".path", text(h.Path), "must be an absolute path")
	case climbs(h.Path):
		errs.Add(where+".path", h.Path, "must not have '..' in it")
	}
	oneOf(errs, where+".type", h.Type, "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
}

// validateMounts checks where one container has the volumes of its pod.
func validateMounts(errs *labels.FieldErrors, mounts []VolumeMount, where string, volumes map[string]string) {
	if len(mounts) == 0 {
		return
	}
	paths := make(map[string]string, len(mounts))
	for i, m := range mounts {
		where := at(where, i)
		if m.Name == "" {
			errs.Add(where+".name", nil, "must be given")
		} else if _, known := volumes[m.Name]; !known {
			errs.Add(where+".name", m.Name, "must be the name of a volume of the pod")
		}
		switch {
		case !path.IsAbs(m.MountPath):
			errs.Add(where+".mountPath", text(m.MountPath), "must be an absolute path")
		case strings.Contains(m.MountPath, ":"):
			errs.Add(where+".mountPath", m.MountPath, "must not have ':' in it")
		default:
			unique(errs, where+".mountPath", path.Clean(m.MountPath), paths)
		}
		switch {
		case path.IsAbs(m.SubPath):
			errs.Add(where+".subPath", m.SubPath, "must be a relative path")
		case climbs(m.SubPath):
			errs.Add(where+".subPath", m.SubPath, "must not have '..' in it")
		}
	}
}

// climbs reports whether one of the path's elements is '..'.
func climbs(p string) bool {
	for element := range strings.SplitSeq(p, "/") {
		if element == ".." {
			return true
		}
	}
	return false
}
