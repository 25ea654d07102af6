package fake

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// Cloud is an orchestrator.Cloud whose machines come, go and change as a test
// says. The zero value works: it has none.
//
// Its clock is that of package time, so that inside a testing/synctest bubble a
// slow answer takes no time. A Cloud that was used in a bubble belongs to it.
//
// Set the fields before the first call. All methods are safe for concurrent
// use. What they are given is copied, and what they return belongs to the caller.
type Cloud struct {
	// Called is what Name returns. Default: "fake".
	Called string

	mu        sync.Mutex
	instances []node.Instance // in the order in which they came
	stale     []node.Instance // what there was when the first fault in a row with Stale came
	faults    []CloudFaults   // those that are felt now, and those after them
	listed    int
	missed    bool // a hint was kept because of faults
	hints     chan struct{}
	changed   chan struct{} // closed and replaced whenever the faults change
}

var _ orchestrator.Cloud = (*Cloud)(nil)

// Name returns Called, or "fake".
func (c *Cloud) Name() string {
	if c.Called != "" {
		return c.Called
	}
	return "fake"
}

// Instances returns the machines in the order in which they came, or what the
// faults make of them. A call that hangs or is slow feels it at once when the
// faults change.
func (c *Cloud) Instances(ctx context.Context) ([]node.Instance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.answer()
	due := time.Now().Add(a.After)
	for {
		wait := time.Until(due)
		switch err := ctx.Err(); {
		case a.Deaf:
		case err != nil:
			return nil, fmt.Errorf("list instances of cloud %q: %w", c.Name(), err)
		case !a.Never && wait <= 0:
			return a.Instances, a.Err
		}
		changed := c.changing()
		c.mu.Unlock()
		lifted := awaitAnswer(ctx, a, wait, changed)
		c.mu.Lock()
		if lifted {
			// What was said of the call that hung no longer holds; it is the same call.
			c.listed--
			a = c.answer()
			due = time.Now().Add(a.After)
		}
	}
}

// awaitAnswer returns when a call may go on: the answer is due, the context
// ended, or the faults changed, which it reports.
func awaitAnswer(ctx context.Context, a CloudAnswer, wait time.Duration, changed <-chan struct{}) bool {
	var due <-chan time.Time
	if !a.Never {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	ended := ctx.Done()
	if a.Deaf {
		ended = nil
	}
	select {
	case <-changed:
		return true
	case <-due:
	case <-ended:
	}
	return false
}

// CloudAnswer is what a call of Instances comes to.
type CloudAnswer struct {
	Instances []node.Instance
	Err       error
	After     time.Duration // how long it takes
	Never     bool          // it hangs until its context ends or the faults change
	Deaf      bool          // it hangs, and goes on when its context ends
}

// Answer counts as a call of Instances and returns what it comes to, without
// taking any time: for a simulation, which has no goroutine that could wait.
func (c *Cloud) Answer() CloudAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answer()
}

// Changed returns a channel with room for one hint. One comes whenever the
// machines change, unless the fault Mute keeps it back; then it comes when that
// is lifted.
func (c *Cloud) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hinting()
}

// Calls returns how often Instances was called, or Answer.
func (c *Cloud) Calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listed
}

// Set makes these the machines, in place of all that were. Nothing is checked:
// they may be invalid, and there may be two with one id.
func (c *Cloud) Set(instances ...node.Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instances = copiedInstances(instances)
	c.hint()
}

// Put adds machines. One with the id of a machine that there is takes its place.
func (c *Cloud) Put(instances ...node.Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, put := range instances {
		if i := c.index(put.ID); i >= 0 {
			c.instances[i] = put.Copy()
		} else {
			c.instances = append(c.instances, put.Copy())
		}
	}
	c.hint()
}

// Delete takes machines away, and returns how many of them there were.
func (c *Cloud) Delete(ids ...string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.instances)
	c.instances = slices.DeleteFunc(c.instances, func(i node.Instance) bool { return slices.Contains(ids, i.ID) })
	c.hint()
	return before - len(c.instances)
}

// SetAddresses changes the addresses of a machine, and reports whether there is one of that id.
func (c *Cloud) SetAddresses(id string, addresses ...node.Address) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.index(id)
	if i >= 0 {
		c.instances[i].Addresses = slices.Clone(addresses)
		c.hint()
	}
	return i >= 0
}

// The methods below are called with the lock held.

func (c *Cloud) index(id string) int {
	return slices.IndexFunc(c.instances, func(i node.Instance) bool { return i.ID == id })
}

// hint sends a hint, or keeps it where faults stand in its way.
func (c *Cloud) hint() {
	c.missed = len(c.faults) > 0 && c.faults[0].Mute
	if c.missed {
		return
	}
	select {
	case c.hinting() <- struct{}{}:
	default:
	}
}

func (c *Cloud) hinting() chan struct{} {
	if c.hints == nil {
		c.hints = make(chan struct{}, 1)
	}
	return c.hints
}

func (c *Cloud) changing() chan struct{} {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

func copiedInstances(instances []node.Instance) []node.Instance {
	list := make([]node.Instance, len(instances))
	for i := range instances {
		list[i] = instances[i].Copy()
	}
	return list
}
