package fake

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Machines is a Runtime for every node, made when its name is first asked for.
// The zero value works. Set the fields before the first call. All methods are
// safe for concurrent use.
type Machines struct {
	// Scripts of every new Runtime. Default: run until stopped.
	Scripts Scripts
	// Choose of every new Runtime. Calls of different machines come at the
	// same time. Default: none.
	Choose func(p *pod.Pod, c *pod.Container, try int) (Script, bool)
	// Size of every new Runtime. Default: nothing is stated.
	Size pod.Resources

	mu       sync.Mutex
	runtimes map[string]*Runtime
	networks map[int]bool // that are taken
}

// Node returns the Runtime of the node with that name.
//
// Its pods live in Network(n), where n is the number that the name ends with,
// or made from the name where it ends with none; if another node has that
// network, in the next that is free.
func (m *Machines) Node(name string) *Runtime {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.runtimes[name]; r != nil {
		return r
	}
	if m.runtimes == nil {
		m.runtimes, m.networks = map[string]*Runtime{}, map[int]bool{}
	}
	n := number(name)
	for m.networks[n] && len(m.networks) < networks {
		n = (n + 1) % networks
	}
	m.networks[n] = true
	r := &Runtime{Scripts: m.Scripts, Choose: m.Choose, Size: m.Size, Network: Network(n)}
	m.runtimes[name] = r
	return r
}

// Dial returns the Runtime of a node, always the same. It is subject to that
// Runtime's faults: it fails or hangs where a call would.
func (m *Machines) Dial(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
	r := m.Node(n.Name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, nil, nil); err != nil {
		return nil, fmt.Errorf("dial node %q: %w", n.Name, err)
	}
	return r, nil
}

// Names returns the names of the nodes that were asked for, sorted.
func (m *Machines) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.runtimes))
}

// Use makes these the scripts of every Runtime, of those there are and of those to come.
func (m *Machines) Use(s Scripts) {
	for _, name := range m.Names() {
		m.Node(name).Use(s)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Scripts = s
}

// Live returns the attempts that run in truth on all machines, node by node in
// the order of their names.
func (m *Machines) Live() []orchestrator.ContainerRef {
	var live []orchestrator.ContainerRef
	for _, name := range m.Names() {
		live = append(live, m.Node(name).Live()...)
	}
	return live
}

// Hooks returns how often a hook of an attempt was run, on all machines: see Runtime.Hooks.
func (m *Machines) Hooks(ref orchestrator.ContainerRef, kind lifecycle.HookKind) int {
	n := 0
	for _, name := range m.Names() {
		n += m.Node(name).Hooks(ref, kind)
	}
	return n
}

// Check returns an error for each machine and each invariant that does not hold on it.
func (m *Machines) Check() error {
	var errs []error
	for _, name := range m.Names() {
		if err := m.Node(name).Check(); err != nil {
			errs = append(errs, fmt.Errorf("check node %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// networks is how many different ones Network returns.
const networks = 1 << 16

// number returns the number that the name ends with, or one made from all of it.
func number(name string) int {
	digits := name[len(strings.TrimRight(name, "0123456789")):]
	if n, err := strconv.Atoi(digits); err == nil && n < networks {
		return n
	}
	h := fnv.New32a()
	h.Write([]byte(name)) //nolint:errcheck // never fails
	return int(h.Sum32() % networks)
}
