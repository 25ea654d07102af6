package fake

import (
	"fmt"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/node"
)

// CloudFaults are what is wrong with a cloud's interface. The zero value:
// nothing. See Cloud.SetFaults.
type CloudFaults struct {
	// Calls is how many calls of Instances feel these faults before the next of
	// the script do. Default: all, until SetFaults is called again.
	Calls int

	// Err is what calls return instead of a list.
	Err error
	// Hang makes calls not return before their context ends or the faults change.
	Hang bool
	// Deaf makes hanging calls not even return when their context ends.
	Deaf bool
	// Latency is how long a call takes. It then says what was so when it began.
	Latency time.Duration

	// Empty leaves everything out of the list, and returns no error.
	Empty bool
	// Stale lists what there was when SetFaults was called.
	Stale bool
	// DropEvery leaves out the n'th machine, the 2n'th, and so on; 1: all.
	DropEvery int
	// RepeatEvery lists twice the n'th machine of those left, the 2n'th, and so on.
	RepeatEvery int
	// Claim adds machines that there are not.
	Claim []node.Instance
	// Reverse turns the order around.
	Reverse bool

	// Mute keeps hints from Changed.
	Mute bool
}

// SetFaults makes this the script of faults, in place of all that were: calls
// feel the first of them, after as many as it says the second, and so on; after
// the last, all is well. Without any, all is well at once. Calls that hang or are
// slow begin anew with the new script.
func (c *Cloud) SetFaults(script ...CloudFaults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = slices.Clone(script)
	for i := range c.faults {
		c.faults[i].Claim = copiedInstances(c.faults[i].Claim)
	}
	c.stale = copiedInstances(c.instances)
	close(c.changing())
	c.changed = nil
	if c.missed {
		c.hint()
	}
}

// answer counts a call and says what it comes to. It is called with the lock held.
func (c *Cloud) answer() CloudAnswer {
	c.listed++
	f := c.feel()
	a := CloudAnswer{After: max(f.Latency, 0), Never: f.Hang, Deaf: f.Hang && f.Deaf}
	switch {
	case f.Hang:
	case f.Err != nil:
		a.Err = fmt.Errorf("list instances of cloud %q: %w", c.Name(), f.Err)
	case f.Stale:
		a.Instances = f.tell(c.stale)
	default:
		a.Instances = f.tell(c.instances)
	}
	return a
}

// feel returns the faults of one call, and goes on in the script.
func (c *Cloud) feel() CloudFaults {
	if len(c.faults) == 0 {
		return CloudFaults{}
	}
	f := c.faults[0]
	switch {
	case f.Calls > 1:
		c.faults[0].Calls--
	case f.Calls == 1:
		c.faults = c.faults[1:]
		if c.missed {
			c.hint()
		}
	}
	return f
}

// tell returns what is listed in place of the truth.
func (f CloudFaults) tell(truth []node.Instance) []node.Instance {
	told := []node.Instance{}
	if !f.Empty {
		kept := 0
		for i, machine := range truth {
			if every(f.DropEvery, i) {
				continue
			}
			told = append(told, machine.Copy())
			if every(f.RepeatEvery, kept) {
				told = append(told, machine.Copy())
			}
			kept++
		}
		told = append(told, copiedInstances(f.Claim)...)
	}
	if f.Reverse {
		slices.Reverse(told)
	}
	return told
}
