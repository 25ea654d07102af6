package inventory

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// Cloud is an orchestrator.Cloud whose machines are listed in a file or a
// folder of files. It needs no New: set Path and use it.
//
// Set the fields before the first call. All methods may be called from many
// goroutines at once. A call that reads can not be interrupted while the
// operating system holds it up, as a network disk may do.
type Cloud struct {
	// Path is the file, or the folder whose *.yaml, *.yml and *.json files are
	// read together, without its subfolders and without files whose name begins
	// with a dot. Links are followed. Required.
	Path string

	// Poll is how often Run looks whether something changed. Zero: 1s.
	Poll time.Duration

	// Settle is how long the files must have been left alone before they are
	// read, so that one that is written in place is not taken for whole when half
	// of it is there. Below the granularity of the file system's times (2s on
	// FAT, else mostly well below 1s), a change may be missed that keeps the
	// size. Zero: 1s. Negative: no time, for files that are only ever replaced by
	// others, with rename.
	Settle time.Duration

	mu    sync.Mutex
	good  reading // the newest that could be read
	seen  sight   // what was there at the last look
	hints chan struct{}
}

var _ orchestrator.CloudRunner = (*Cloud)(nil)

// reading is what was read, and from what.
type reading struct {
	done      bool
	files     files
	instances []node.Instance
}

// sight is what was there at a look, and since when.
type sight struct {
	files files
	since time.Time
}

// maxBytes is the largest file that is read: 64 MiB, which is more than 100,000 machines.
const maxBytes = 64 << 20

// Name returns "inventory".
func (c *Cloud) Name() string { return "inventory" }

// Instances returns the machines in the order of the files and of their place
// in them. It reads only where something changed since the last call, and first
// waits until the files have been left alone for Settle.
//
// If any of the files can not be read, or anything but machines is in it, the
// error says all that is wrong, with file and line, and no machine is returned:
// what was listed before goes on to hold until the files are in order. An error
// of this kind is a manifest.Errors, found with errors.As.
func (c *Cloud) Instances(ctx context.Context) ([]node.Instance, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, c.failed(err)
		}
		found, err := look(c.Path)
		if err != nil {
			return nil, c.failed(err)
		}
		if list, ok := c.known(found); ok {
			return list, nil
		}
		if wait := c.settling(found, time.Now()); wait > 0 {
			if err := sleep(ctx, wait); err != nil {
				return nil, c.failed(fmt.Errorf("it is being written to: %w", err))
			}
			continue
		}
		list, err := read(found)
		if again, lookErr := look(c.Path); lookErr != nil || !again.same(found) {
			continue // what was read may be half of one and half of the other
		}
		if err != nil {
			return nil, c.failed(err)
		}
		c.keep(found, list)
		return copied(list), nil
	}
}

// Changed returns a channel with room for one hint. One comes when Run sees
// another file, and at each Hint.
func (c *Cloud) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hinting()
}

// Hint says that the files changed, for a program that knows: it was told by a
// signal, or by the operating system. It never blocks.
func (c *Cloud) Hint() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case c.hinting() <- struct{}{}:
	default:
	}
}

// Run looks at the files every Poll until ctx ends, and hints where they changed
// and were left alone for Settle. It returns nil.
func (c *Cloud) Run(ctx context.Context) error {
	tick := time.NewTicker(cmp.Or(max(c.Poll, 0), time.Second))
	defer tick.Stop()
	c.mu.Lock()
	last := c.good.files
	c.mu.Unlock()
	var lost, due bool // the last look failed; there is something to hint at
	for {
		found, err := look(c.Path)
		if gone := err != nil; gone != lost || !found.same(last) {
			last, lost, due = found, gone, true
		}
		if due && (lost || c.settling(found, time.Now()) <= 0) {
			c.Hint()
			due = false
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// known returns what was read from the same files before.
func (c *Cloud) known(found files) ([]node.Instance, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.good.done || !c.good.files.same(found) {
		return nil, false
	}
	return copied(c.good.instances), true
}

func (c *Cloud) keep(found files, list []node.Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.good = reading{done: true, files: found, instances: list}
}

// settling returns for how long the files have yet to be left alone. They have
// been since their newest time of change, if that is not in the future, and
// since they were first seen like this.
func (c *Cloud) settling(found files, now time.Time) time.Duration {
	settle := cmp.Or(c.Settle, time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.since.IsZero() || !c.seen.files.same(found) {
		c.seen = sight{files: found, since: now}
	}
	alone := now.Sub(c.seen.since)
	return settle - max(alone, now.Sub(found.newest()))
}

func (c *Cloud) hinting() chan struct{} {
	if c.hints == nil {
		c.hints = make(chan struct{}, 1)
	}
	return c.hints
}

func (c *Cloud) failed(err error) error {
	return fmt.Errorf("read inventory %q: %w", c.Path, err)
}

// sleep waits, or returns why ctx ended before that.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func copied(list []node.Instance) []node.Instance {
	own := make([]node.Instance, len(list))
	for i := range list {
		own[i] = list[i].Copy()
	}
	return own
}
