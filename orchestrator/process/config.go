package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/mount"
)

// Config says where a runtime keeps its state and what it runs.
type Config struct {
	// Dir is the root of the state on disk; it is made where it is missing. A
	// node has Dir/nodes/<name>, addresses are shared by all nodes below one
	// Dir. Nothing else in Dir is read or touched. Required.
	Dir string

	// Images maps the name of an image to the absolute path of a program, or of a
	// directory of programs, on this machine. A name that is not in it must be
	// an absolute path itself. Zero value: only absolute paths.
	Images map[string]string

	// LogMaxBytes is the size in bytes at which a container's log is put aside
	// and a new file begun. Zero value: 10 MiB.
	LogMaxBytes int64

	// LogMaxFiles is how many files the log of one attempt has at most, the one
	// being written included. Zero value: 5.
	LogMaxFiles int

	// CIDR is the range of IPv4 addresses that pods get, one each. They must be
	// addresses of this machine already: on Linux all of 127.0.0.0/8 is.
	// 127.0.0.0/24 is never given out. Two Dirs on one machine do not know of
	// each other: give each its own range. It must not have addresses of
	// services (orchestrator.Config.ServiceCIDR). Zero value: 127.0.0.0/9.
	CIDR string

	// Cgroup is the control group below which limited containers get their own,
	// as a path from the top of each hierarchy. Zero value: coracle.
	Cgroup string

	// Volumes says where the content of volumes comes from: secrets, config
	// maps, plug-ins, and what may be fetched. Zero value: only what needs no
	// configuration.
	Volumes mount.Sources

	// Supervisor is the path of a program whose main begins with Supervise; it
	// is started once for each attempt. Zero value: the running program.
	Supervisor string
}

// Dial returns the runtime of the node. It can be given to the orchestrator as
// it is: orchestrator.Config{Dial: c.Dial}. Errors are those of New.
func (c Config) Dial(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
	r, err := New(c, n.Name)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// resolved returns c with its defaults filled in, or what is wrong with it.
func (c Config) resolved(nodeName string) (Config, netip.Prefix, error) {
	var cidr netip.Prefix
	if c.Dir == "" {
		return c, cidr, errors.New("field Dir is required")
	}
	if !safeSegment(nodeName) {
		return c, cidr, fmt.Errorf("the name can not be that of a directory: %q", nodeName)
	}
	if c.LogMaxBytes < 0 {
		return c, cidr, fmt.Errorf("field LogMaxBytes is %d; it can not be negative", c.LogMaxBytes)
	}
	if c.LogMaxFiles < 0 {
		return c, cidr, fmt.Errorf("field LogMaxFiles is %d; it can not be negative", c.LogMaxFiles)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Images)) {
		if path := c.Images[name]; !filepath.IsAbs(path) {
			return c, cidr, fmt.Errorf("field Images[%q] is %q; it must be an absolute path", name, path)
		}
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, cidr, fmt.Errorf("field Dir is %q: %w", c.Dir, err)
	}
	c.Dir = dir
	c.LogMaxBytes = or(c.LogMaxBytes, 10<<20)
	c.LogMaxFiles = or(c.LogMaxFiles, 5)
	c.CIDR = or(c.CIDR, "127.0.0.0/9")
	c.Cgroup = or(c.Cgroup, "coracle")
	if !filepath.IsLocal(c.Cgroup) || c.Cgroup == "." {
		return c, cidr, fmt.Errorf("field Cgroup is %q; it must be a path below the top of the hierarchy", c.Cgroup)
	}
	cidr, err = netip.ParsePrefix(c.CIDR)
	if err != nil || !cidr.Addr().Is4() {
		return c, cidr, fmt.Errorf("field CIDR is %q; it must be a range of IPv4 addresses like 127.0.0.0/8", c.CIDR)
	}
	return c, cidr.Masked(), nil
}

// or returns v, or the default where v is the zero value.
func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// safeSegment reports whether s can be the name of one directory: it goes
// neither up nor down, is not hidden, and is not longer than a name may be.
func safeSegment(s string) bool {
	if s == "" || len(s) > 253 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		ch := s[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9':
		case ch == '-', ch == '_', ch == '.', ch == ':':
		default:
			return false
		}
	}
	return true
}
