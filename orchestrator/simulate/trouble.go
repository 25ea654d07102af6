package simulate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

// Faults of nodes end by themselves after a time; a For of zero means that the
// fault is over at once, which for most is nothing. A fault that strikes again
// before it is over lasts as long as the longer of the two.

// NodeDown is a machine that loses power: what it ran is gone, and it remembers
// nothing. It is empty and up again after For.
type NodeDown struct {
	Node string
	For  time.Duration
}

// Partition cuts nodes off. What runs there lives on.
type Partition struct {
	Nodes []string
	For   time.Duration
}

// Slow has every answer of a node come later by By.
type Slow struct {
	Node    string
	By, For time.Duration
}

// Hang keeps the answers of a node back until it is over, or the call timeout is
// (orchestrator.Config.CallTimeout). What they were about is done.
type Hang struct {
	Node string
	For  time.Duration
}

// Lies has a node list what is not so.
type Lies struct {
	Node string
	Lie  fake.Lie
	For  time.Duration
}

// Reports has the results of what is done on a node get lost, come twice or come
// in another order. A lost one is replaced by an error when the call timeout is over.
type Reports struct {
	Node    string
	Lose    int           // every so manieth; 0: none
	Double  int           // every so manieth; 0: none
	Shuffle time.Duration // each comes later, by up to so much
	For     time.Duration
}

// CloudFails has the cloud's list of instances fail.
type CloudFails struct{ For time.Duration }

// Kill kills what runs of the pods that match on a node, as fake.Machine's Kill
// does: a uid, or a pattern of a name or of namespace/name; empty means all.
type Kill struct {
	Node, Pod string
}

// BreakVolumes breaks the volumes of the pods that match on a node, for good.
type BreakVolumes struct {
	Node, Pod string
}

// trouble is what is wrong with a machine, and until when.
type trouble struct {
	down, cut, slow, hang, lies, reports time.Time
	by                                   time.Duration
	lie                                  fake.Lie
	report                               Reports
	count                                int // of results, while reports are wrong
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (f NodeDown) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.Down(c.now)
	m.trouble.down = later(m.trouble.down, c.now.Add(f.For))
	c.plan(m)
}

func (f Partition) strike(c *Cluster) {
	for _, name := range f.Nodes {
		m := c.machine(name)
		m.trouble.cut = later(m.trouble.cut, c.now.Add(f.For))
	}
}

func (f Slow) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.trouble.by, m.trouble.slow = max(f.By, 0), later(m.trouble.slow, c.now.Add(f.For))
}

func (f Hang) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.trouble.hang = later(m.trouble.hang, c.now.Add(f.For))
}

func (f Lies) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.trouble.lie, m.trouble.lies = f.Lie, later(m.trouble.lies, c.now.Add(f.For))
}

func (f Reports) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.trouble.report, m.trouble.reports = f, later(m.trouble.reports, c.now.Add(f.For))
}

func (f CloudFails) strike(c *Cluster) { c.clouded = later(c.clouded, c.now.Add(f.For)) }

func (f Kill) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.Kill(f.Pod, "", 9, c.now)
	c.plan(m)
}

func (f BreakVolumes) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.Break(f.Pod, "the disk broke", c.now)
	c.inputs = append(c.inputs, orchestrator.Hint{Node: f.Node})
}

// String reads: node-1 loses power for 1m0s.
func (f NodeDown) String() string { return fmt.Sprintf("%s loses power for %s", f.Node, f.For) }

// String reads: the network to node-1, node-2 is cut for 1m0s.
func (f Partition) String() string {
	return fmt.Sprintf("the network to %s is cut for %s", strings.Join(f.Nodes, ", "), f.For)
}

// String reads: node-1 answers 2s late for 1m0s.
func (f Slow) String() string { return fmt.Sprintf("%s answers %s late for %s", f.Node, f.By, f.For) }

// String reads: node-1 hangs for 1m0s.
func (f Hang) String() string { return fmt.Sprintf("%s hangs for %s", f.Node, f.For) }

// String reads: node-1 lists what is not so for 1m0s.
func (f Lies) String() string {
	return fmt.Sprintf("%s lists what is not so for %s", f.Node, f.For)
}

// String reads: results of node-1: 1 of 3 lost, 1 of 2 doubled, all up to 1s late, for 1m0s.
func (f Reports) String() string {
	return fmt.Sprintf("results of %s: 1 of %d lost, 1 of %d doubled, all up to %s late, for %s", f.Node, f.Lose, f.Double, f.Shuffle, f.For)
}

// String reads: the cloud fails for 1m0s.
func (f CloudFails) String() string { return fmt.Sprintf("the cloud fails for %s", f.For) }

// String reads: pods web-* on node-1 are killed.
func (f Kill) String() string { return fmt.Sprintf("pods %q on %s are killed", f.Pod, f.Node) }

// String reads: the volumes of pods web-* on node-1 break.
func (f BreakVolumes) String() string {
	return fmt.Sprintf("the volumes of pods %q on %s break", f.Pod, f.Node)
}

// unreachable reports whether calls to the machine fail.
func (m *machine) unreachable(now time.Time) bool {
	return m.cut || now.Before(m.trouble.down) || now.Before(m.trouble.cut)
}

// errTimedOut is the result of a call whose answer did not come.
var errTimedOut = errors.New("the call has timed out")

// errCloud is what a cloud says that fails.
var errCloud = errors.New("the cloud does not answer")

// listed is what the machine says that it has.
func (m *machine) listed(now time.Time) []orchestrator.ContainerState {
	if now.Before(m.trouble.lies) {
		return m.trouble.lie.Tell(m.List(now))
	}
	return m.List(now)
}

// deliver puts the result of a work that is done on the agenda, with all that is
// wrong on its way.
func (c *Cluster) deliver(m *machine, result orchestrator.Result, done time.Time) {
	t := &m.trouble
	if c.now.Before(t.slow) {
		done = done.Add(t.by)
	}
	timeout := c.cfg.Orchestrator.CallTimeout
	if timeout <= 0 {
		timeout = 2 * time.Minute // orchestrator.Config's
	}
	if c.now.Before(t.hang) && done.Before(t.hang) {
		done = t.hang
		if limit := c.now.Add(timeout); done.After(limit) {
			done, result = limit, orchestrator.Result{Work: result.Work, Err: errTimedOut}
		}
	}
	if c.now.Before(t.reports) {
		t.count++
		if t.report.Lose > 0 && t.count%t.report.Lose == 0 {
			done, result = c.now.Add(timeout), orchestrator.Result{Work: result.Work, Err: errTimedOut}
		}
		if t.report.Shuffle > 0 {
			done = done.Add(t.report.Shuffle * time.Duration(t.count*7%11) / 11)
		}
		if t.report.Double > 0 && t.count%t.report.Double == 0 {
			c.agenda.repeat(&entry{at: done.Add(time.Second), result: result})
		}
	}
	c.agenda.add(&entry{at: done, result: result})
}

// instances asks the cloud.
func (c *Cluster) instances(ask func() ([]node.Instance, error)) (list []node.Instance, err error) {
	if c.now.Before(c.clouded) {
		return nil, errCloud
	}
	return ask()
}
