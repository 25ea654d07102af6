package pod

import (
	"net/netip"
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
		if set := v.sources(); len(set) > 1 {
			errs.Add(where, v.Name, "must have one source, not both "+string(set[0])+" and "+string(set[1]))
		}
		validateVolume(errs, v, where)
	}
	return names
}

// validateVolume checks what one volume is.
func validateVolume(errs *labels.FieldErrors, v *Volume, where string) {
	if e := v.EmptyDir; e != nil {
		if e.Medium != "" && e.Medium != MediumMemory {
			errs.Add(where+".emptyDir.medium", e.Medium, "must be Memory or empty")
		}
		if e.SizeLimit != nil && e.SizeLimit.Sign() < 0 {
			errs.Add(where+".emptyDir.sizeLimit", *e.SizeLimit, "must not be negative")
		}
	}
	if h := v.HostPath; h != nil {
		validateHostPath(errs, h, where+".hostPath")
	}
	if g := v.GitRepo; g != nil {
		validateGitRepo(errs, g, where+".gitRepo")
	}
	if d := v.Download; d != nil {
		validateDownload(errs, d, where+".download")
	}
	if s := v.Secret; s != nil {
		required(errs, where+".secret.secretName", s.SecretName)
		validateFiles(errs, s.Items, s.DefaultMode, where+".secret")
	}
	if m := v.ConfigMap; m != nil {
		required(errs, where+".configMap.name", m.Name)
		validateFiles(errs, m.Items, m.DefaultMode, where+".configMap")
	}
	if d := v.GCEPersistentDisk; d != nil {
		required(errs, where+".gcePersistentDisk.pdName", d.PDName)
		number(errs, where+".gcePersistentDisk.partition", int64(d.Partition), 0, 255)
	}
	if d := v.AWSElasticBlockStore; d != nil {
		required(errs, where+".awsElasticBlockStore.volumeID", d.VolumeID)
		number(errs, where+".awsElasticBlockStore.partition", int64(d.Partition), 0, 255)
	}
	if f := v.FlexVolume; f != nil {
		required(errs, where+".flexVolume.driver", f.Driver)
	}
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

// validateGitRepo checks where the files of a repository come from and go to.
func validateGitRepo(errs *labels.FieldErrors, g *GitRepo, where string) {
	validateURL(errs, where+".repository", g.Repository, "http", "https", "ssh", "git")
	if strings.HasPrefix(g.Revision, "-") || strings.ContainsFunc(g.Revision, func(ch rune) bool { return ch <= ' ' || ch == ':' || ch == 0x7f }) {
		errs.Add(where+".revision", g.Revision, "must be a commit, a branch or a tag")
	}
	if g.Directory != "" && g.Directory != "." {
		validateInside(errs, where+".directory", g.Directory)
	}
}

// validateDownload checks what is fetched and where it goes to.
func validateDownload(errs *labels.FieldErrors, d *Download, where string) {
	validateURL(errs, where+".url", d.URL, "http", "https")
	if d.SHA256 != "" && (len(d.SHA256) != 64 || strings.Trim(d.SHA256, "0123456789abcdefABCDEF") != "") {
		errs.Add(where+".sha256", d.SHA256, "must have 64 hexadecimal digits")
	}
	oneOf(errs, where+".unpack", d.Unpack, TarGz, Tar, Zip)
	if d.Path != "" {
		validateInside(errs, where+".path", d.Path)
	} else if d.Unpack == "" && d.URL != "" && d.FileName() == "" {
		errs.Add(where+".path", nil, "must be given where the URL names no file")
	}
}

// FileName returns the name that a file has which is not unpacked and has no
// Path: the last element of the URL's path. It is empty where that is no name.
func (d *Download) FileName() string {
	_, rest, _ := strings.Cut(d.URL, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	_, rest, _ = strings.Cut(rest, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	if name == "." || name == ".." || strings.ContainsAny(name, "%\\\x00") {
		return ""
	}
	return name
}

// validateURL checks that a text is a URL with a host and one of the schemes.
func validateURL(errs *labels.FieldErrors, where, u string, schemes ...string) {
	problem := "must be a URL with " + strings.Join(schemes[:len(schemes)-1], ", ") + " or " + schemes[len(schemes)-1]
	scheme, rest, ok := strings.Cut(u, "://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	known := false
	for _, s := range schemes {
		known = known || s == scheme
	}
	if !ok || !known || !isHost(host) || strings.ContainsFunc(u, func(ch rune) bool { return ch <= ' ' || ch == 0x7f }) {
		errs.Add(where, text(u), problem)
	}
}

// isHost reports whether a text can be the host of a URL, with or without a
// port: it does not begin like an option of a program.
func isHost(host string) bool {
	if strings.HasPrefix(host, "[") {
		_, port := netip.ParseAddrPort(host)
		_, bare := netip.ParseAddr(strings.Trim(host, "[]"))
		return port == nil || bare == nil
	}
	name, _, _ := strings.Cut(host, ":")
	return name != "" && name[0] != '-'
}

// validateFiles checks which keys become which files.
func validateFiles(errs *labels.FieldErrors, items []KeyToPath, mode *int, where string) {
	validateMode(errs, where+".defaultMode", mode)
	paths := make(map[string]string, len(items))
	for i, item := range items {
		where := at(where+".items", i)
		required(errs, where+".key", item.Key)
		validateInside(errs, where+".path", item.Path)
		unique(errs, where+".path", path.Clean(item.Path), paths)
		validateMode(errs, where+".mode", item.Mode)
	}
}

// validateMode checks the permissions of a file.
func validateMode(errs *labels.FieldErrors, where string, mode *int) {
	if mode != nil {
		number(errs, where, int64(*mode), 0, 0o777)
	}
}

// required checks that there is a text.
func required(errs *labels.FieldErrors, where, v string) {
	switch {
	case v == "":
		errs.Add(where, nil, "must be given")
	case strings.Contains(v, "\x00"):
		errs.Add(where, v, "must not have a zero byte")
	}
}

// validateInside checks that a path is one of a file or directory in the volume.
func validateInside(errs *labels.FieldErrors, where, p string) {
	switch {
	case p == "":
		errs.Add(where, nil, "must be given")
	case path.IsAbs(p):
		errs.Add(where, p, "must be a relative path")
	case climbs(p):
		errs.Add(where, p, "must not have '..' in it")
	case path.Clean(p) == "." || strings.ContainsAny(p, "\\\x00"):
		errs.Add(where, p, "must be a path in the volume")
	}
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
