package fake

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/volume"
)

// Disks are the disks of a cloud, scripted by a test. The zero Disks has none. Its
// methods may be called by several goroutines at a time.
type Disks struct {
	mu    sync.Mutex
	disks map[string]*fakeDisk
	err   error
	calls []string
}

// fakeDisk is one disk.
type fakeDisk struct {
	path    string
	zone    string
	holders []holder
}

type holder struct {
	node     string
	readOnly bool
}

var _ orchestrator.Disks = (*Disks)(nil)

// Add adds a disk. Where it is attached it is found at path: a directory, or a
// device.
func (k *Disks) Add(id, path string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.disks == nil {
		k.disks = make(map[string]*fakeDisk)
	}
	k.disks[id] = &fakeDisk{path: path}
}

// SetZone says which zone a disk is in, if it was added. Empty: in all of them.
func (k *Disks) SetZone(id, zone string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if d := k.disks[id]; d != nil {
		d.zone = zone
	}
}

// Zone returns the zone of a disk, for scheduler.VolumeZones.
func (k *Disks) Zone(d volume.Disk) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if have := k.disks[d.ID]; have != nil {
		return have.zone
	}
	return ""
}

// Fail makes every call fail with err, until Fail(nil).
func (k *Disks) Fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

// Holders returns the nodes that have a disk.
func (k *Disks) Holders(id string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var nodes []string
	if d := k.disks[id]; d != nil {
		for _, h := range d.holders {
			nodes = append(nodes, h.node)
		}
	}
	return nodes
}

// Calls returns what was asked for and done, such as "attach data to a".
func (k *Disks) Calls() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.calls)
}

// Attach gives a disk to a node.
func (k *Disks) Attach(ctx context.Context, d volume.Disk, node string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refuses(ctx); err != nil {
		return "", err
	}
	have := k.disks[d.ID]
	if have == nil {
		return "", fmt.Errorf("there is no such disk")
	}
	for _, h := range have.holders {
		if h.node != node && !(h.readOnly && d.ReadOnly) {
			return "", fmt.Errorf("node %q has it", h.node)
		}
	}
	for _, h := range have.holders {
		if h.node == node {
			return have.path, nil
		}
	}
	have.holders = append(have.holders, holder{node, d.ReadOnly})
	k.calls = append(k.calls, "attach "+d.ID+" to "+node)
	return have.path, nil
}

// Detach takes a disk away from a node.
func (k *Disks) Detach(ctx context.Context, d volume.Disk, node string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refuses(ctx); err != nil {
		return err
	}
	have := k.disks[d.ID]
	if have == nil {
		return nil
	}
	was := len(have.holders)
	have.holders = slices.DeleteFunc(have.holders, func(h holder) bool { return h.node == node })
	if len(have.holders) < was {
		k.calls = append(k.calls, "detach "+d.ID+" from "+node)
	}
	return nil
}

// refuses returns the error of a call that is not carried out.
func (k *Disks) refuses(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return k.err
}
