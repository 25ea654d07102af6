package arch

import (
	"slices"
	"strings"
)

// House is the set of rules that a module is held to. The zero House has no
// room for any package.
type House struct {
	// Layers are the rooms of the house, left to right: a package imports what
	// lives in layers before its own. Two rooms of one layer never import each other.
	//
	// A room is the path of a package below the module; what lies in its internal
	// directory belongs to it. A path that ends in "/*" makes each directory
	// there, with all beneath it, a room of its own.
	Layers [][]string
	// Pure are the rooms that neither know of time, randomness and the outside
	// world, nor do two things at once.
	Pure []string
	// TestOnly are the rooms that exist for tests. Nobody else imports them.
	TestOnly []string
	// Programs are the rooms that are programs and no libraries. They may
	// exit, recover and go without examples.
	Programs []string
	// Dependencies are the modules that code may import besides the standard library.
	Dependencies []Dependency
	// Exceptions excuse single places from single rules.
	Exceptions []Exception
}

// Dependency is a module that may be used.
type Dependency struct {
	// Path of the module.
	Path string
	// Only lists the rooms that may import it outside tests. Empty: all that are not pure.
	Only []string
	// Why the module is worth having.
	Why string
}

// Coracle returns the rules of this module.
func Coracle() House {
	return House{
		Layers: [][]string{
			{"internal/arch", "internal/enginetest", "internal/prefetch", "internal/transcript"},
			{"labels"},
			{"pod"},
			{"node"},
			{"lifecycle", "replication", "service", "volume"},
			{"orchestrator/store", "orchestrator/scheduler"},
			{"orchestrator/manifest"},
			{"orchestrator"},
			{"orchestrator/mount"},
			{
				"orchestrator/dns", "orchestrator/docker", "orchestrator/fake", "orchestrator/haproxy", "orchestrator/inventory", "orchestrator/journal/*",
				"orchestrator/process", "orchestrator/proxy", "orchestrator/static",
			},
			{"orchestrator/simulate", "orchestrator/orchtest"},
			{"internal/actortest"},
			{"examples/*"},
		},
		Pure:     []string{"labels", "pod", "node", "lifecycle", "replication", "service", "volume"},
		TestOnly: []string{"internal/actortest", "internal/arch", "internal/enginetest", "internal/transcript", "orchestrator/orchtest"},
		Programs: []string{"examples/*", "internal/enginetest/internal/toy"},
		Dependencies: []Dependency{
			{
				Path: "github.com/fsouza/go-dockerclient", Only: []string{"orchestrator/docker", "internal/enginetest", "examples/docker"},
				Why: "the Docker Engine's interface",
			},
			{
				Path: "go.etcd.io/bbolt", Only: []string{"orchestrator/journal/bolt"},
				Why: "a file that changes as a whole or not at all, on whatever disk it lies",
			},
			{
				Path: "github.com/vishvananda/netlink", Only: []string{"orchestrator/proxy"},
				Why: "network interfaces and their addresses, without the ip program",
			},
			{
				Path: "github.com/miekg/dns", Only: []string{"orchestrator/dns"},
				Why: "the wire format of DNS with compression, EDNS and truncation, and its two transports",
			},
			{
				Path: "github.com/stretchr/testify", Only: []string{"internal/enginetest", "internal/transcript", "orchestrator/orchtest"},
				Why: "require, in tests",
			},
			{Path: "golang.org/x/sync", Why: "errgroup: goroutines that end with their owner"},
			{Path: "golang.org/x/sys", Why: "system calls that the standard library leaves out"},
			{Path: "go.yaml.in/yaml/v3", Why: "YAML with line numbers"},
		},
		Exceptions: exceptions(),
	}
}

// place returns the room that a package belongs to and the number of its layer.
func (h House) place(pkg string) (room string, layer int, ok bool) {
	for i, rooms := range h.Layers {
		for _, r := range rooms {
			if room, ok := roomOf(r, pkg); ok {
				return room, i, true
			}
		}
	}
	return "", 0, false
}

// roomOf says whether a package lies in a room as a House spells it, and what
// the room is called.
func roomOf(room, pkg string) (string, bool) {
	parent, each := strings.CutSuffix(room, "/*")
	if !each {
		return room, pkg == room || strings.HasPrefix(pkg, room+"/internal/")
	}
	rest, below := strings.CutPrefix(pkg, parent+"/")
	if !below {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return parent + "/" + name, true
}

// in says whether a package lies in one of the rooms.
func in(rooms []string, pkg string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool {
		_, ok := roomOf(room, pkg)
		return ok
	})
}

// dependency returns the module that an import path belongs to.
func (h House) dependency(path string) (Dependency, bool) {
	for _, d := range h.Dependencies {
		if path == d.Path || strings.HasPrefix(path, d.Path+"/") {
			return d, true
		}
	}
	return Dependency{}, false
}
