package mount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/volume"
)

// attachedFile, in a disk's directory, says what is attached, and to which node.
const attachedFile = "attached"

// disk makes volumes of the disks of a cloud: they are attached to the node and
// mounted, and unmounted and detached again. What is on them stays.
type disk struct{ cloud orchestrator.Disks }

// attachment is a disk on a node.
type attachment struct {
	Disk volume.Disk
	Node string
}

// SetUp attaches the disk, and mounts it unless it is.
func (k disk) SetUp(ctx context.Context, r Request) (volume.Record, error) {
	d, _ := volume.DiskOf(&r.Volume)
	a := attachment{d, r.Pod.Spec.NodeName}
	at, err := k.attach(ctx, a, r.Dir)
	if err != nil {
		return volume.Record{}, fmt.Errorf("attach disk %q: %w", d.ID, err)
	}
	data := filepath.Join(r.Dir, dataDir)
	if err := os.MkdirAll(data, 0o755); err != nil {
		return volume.Record{}, err
	}
	there, err := mounted(data)
	if err != nil {
		return volume.Record{}, err
	}
	if len(there) == 0 {
		if err := mountDisk(d, at, data); err != nil {
			return volume.Record{}, fmt.Errorf("mount disk %q from %q: %w", d.ID, at, err)
		}
	}
	if !IsDevice(at) { // again, in case a crash came between the two
		if err := restrict(d, data); err != nil {
			return volume.Record{}, fmt.Errorf("mount disk %q from %q: %w", d.ID, at, err)
		}
	}
	id, err := identity(data)
	return volume.Record{Path: data, ID: id, There: true}, err
}

// attach notes the attachment and then makes it, so that it is undone whatever
// happens. Several pods of a node may have one disk: meanwhile none of them detaches it.
func (k disk) attach(ctx context.Context, a attachment, dir string) (path string, err error) {
	locked, err := lock(ctx, nodeDir(dir), true)
	if err != nil {
		return "", err
	}
	defer locked.Close()
	text, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, attachedFile), text, 0o600); err != nil {
		return "", err
	}
	return k.cloud.Attach(ctx, a.Disk, a.Node)
}

// detach undoes the attachment that a volume noted, unless another pod of the node
// has the disk too.
func (k disk) detach(ctx context.Context, dir string) error {
	note := filepath.Join(dir, attachedFile)
	if _, err := os.Lstat(note); isMissing(err) {
		return nil
	}
	locked, err := lock(ctx, nodeDir(dir), true)
	if err != nil {
		return err
	}
	defer locked.Close()
	a, err := readAttachment(note)
	if err != nil && !errors.Is(err, errTorn) {
		return err
	}
	if err == nil && !shared(a, note) {
		if err := k.cloud.Detach(ctx, a.Disk, a.Node); err != nil {
			return fmt.Errorf("detach disk %q: %w", a.Disk.ID, err)
		}
	}
	return os.Remove(note)
}

// nodeDir returns the directory of all volumes of the node that a volume is on.
func nodeDir(dir string) string { return filepath.Dir(filepath.Dir(dir)) }

// errTorn says that a note was not written to its end: nothing was attached yet.
var errTorn = errors.New("torn by a crash")

func readAttachment(note string) (a attachment, err error) {
	text, err := os.ReadFile(note)
	if err == nil && json.Unmarshal(text, &a) != nil {
		err = errTorn
	}
	return a, err
}

// shared reports whether another volume of the node has noted the same attachment.
func shared(a attachment, note string) bool {
	all, _ := filepath.Glob(filepath.Join(nodeDir(filepath.Dir(note)), "*", "*", attachedFile))
	for _, other := range all {
		b, err := readAttachment(other)
		if other != note && err == nil && b.Disk.ID == a.Disk.ID && b.Disk.Source == a.Disk.Source && b.Node == a.Node {
			return true
		}
	}
	return false
}

// Check says whether the disk is still mounted and answers.
func (disk) Check(_ context.Context, rec volume.Record) (volume.Reading, error) {
	return read(rec.Path), nil
}

// TearDown unmounts the disk, which fails as long as it is in use, and detaches it.
func (k disk) TearDown(ctx context.Context, dir string) error {
	if err := unmountDisk(filepath.Join(dir, dataDir)); err != nil {
		return err
	}
	return k.detach(ctx, dir)
}

// IsDevice reports whether the place that a disk is attached at is a device, which
// has a file system to be mounted, and no directory.
func IsDevice(path string) bool { return strings.HasPrefix(path, "/dev/") }

// errNoDisks says that nobody attaches disks.
var errNoDisks = errors.New("the host program has no cloud whose disks could be attached")
