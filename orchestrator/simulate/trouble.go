package simulate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

// Faults of nodes end by themselves after a time; a For of zero means that the
// fault is over at once, which for most is nothing. Of faults that overlap each
// counts for as long as it lasts itself, and takes nothing from the others.

// NodeDown is a machine that loses power: what it ran is gone, and it remembers
// nothing. What it was asked and has not answered fails. It is empty and up again after For.
type NodeDown struct {
	Node string
	For  time.Duration
}

// Partition cuts nodes off. What runs there lives on. An answer that would come
// meanwhile does not: the call fails.
type Partition struct {
	Nodes []string
	For   time.Duration
}

// Slow has every answer of a node come later by By; where two overlap, by the
// longer one. A call whose answer is not there when the call timeout
// (orchestrator.Config.CallTimeout) is over fails then.
type Slow struct {
	Node    string
	By, For time.Duration
}

// Hang keeps the answers of a node back until it is over, or the call timeout is,
// also those to calls from before it. What they were about is done.
type Hang struct {
	Node string
	For  time.Duration
}

// Lies has a node list what is not so. Where two overlap, one lies about what the
// one before it says.
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
	down, cut, hang time.Time
	slow            spells[time.Duration]
	lies            spells[fake.Lie]
	reports         spells[*garbling]
}

// garbling is what happens to the results of a node.
type garbling struct {
	Reports
	count int // of results
}

// spells are faults of one kind that may overlap, in the order in which they struck.
type spells[T any] []spell[T]

type spell[T any] struct {
	of    T
	until time.Time
}

// strike adds a fault, and forgets those that are over.
func (s *spells[T]) strike(of T, now time.Time, lasts time.Duration) {
	*s = slices.DeleteFunc(*s, func(x spell[T]) bool { return !now.Before(x.until) })
	if lasts > 0 {
		*s = append(*s, spell[T]{of, now.Add(lasts)})
	}
}

// at yields the faults that are not over.
func (s spells[T]) at(now time.Time) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, x := range s {
			if now.Before(x.until) && !yield(x.of) {
				return
			}
		}
	}
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
	for _, x := range c.agenda.entries {
		if x.from == m {
			x.fail(fake.ErrUnreachable)
		}
	}
	c.plan(m)
}

func (f Partition) strike(c *Cluster) {
	for _, name := range f.Nodes {
		m := c.machine(name)
		m.trouble.cut = later(m.trouble.cut, c.now.Add(f.For))
	}
}

func (f Slow) strike(c *Cluster) {
	c.machine(f.Node).trouble.slow.strike(max(f.By, 0), c.now, f.For)
}

func (f Hang) strike(c *Cluster) {
	m := c.machine(f.Node)
	m.trouble.hang = later(m.trouble.hang, c.now.Add(f.For))
}

func (f Lies) strike(c *Cluster) {
	c.machine(f.Node).trouble.lies.strike(f.Lie, c.now, f.For)
}

func (f Reports) strike(c *Cluster) {
	c.machine(f.Node).trouble.reports.strike(&garbling{Reports: f}, c.now, f.For)
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
	list := m.List(now)
	for lie := range m.trouble.lies.at(now) {
		list = lie.Tell(list)
	}
	return list
}

// callTimeout is how long a call may take, beside the grace of a stop.
func (c *Cluster) callTimeout() time.Duration {
	if timeout := c.cfg.Orchestrator.CallTimeout; timeout > 0 {
		return timeout
	}
	return 2 * time.Minute // orchestrator.Config's
}

// deliver puts the result of a work that is done on the agenda, with all that is
// wrong on its way from the start.
func (c *Cluster) deliver(m *machine, w orchestrator.Work, result orchestrator.Result, done time.Time) {
	t := &m.trouble
	x := entry{at: done, result: result, from: m, limit: c.now.Add(c.callTimeout() + w.Grace)}
	slow := time.Duration(0)
	for by := range t.slow.at(c.now) {
		slow = max(slow, by)
	}
	x.at = x.at.Add(slow)
	double := false
	for r := range t.reports.at(c.now) {
		r.count++
		if r.Lose > 0 && r.count%r.Lose == 0 {
			x.at = x.limit
			x.fail(errTimedOut)
		}
		if r.Shuffle > 0 && x.from != nil {
			x.at = x.at.Add(r.Shuffle * time.Duration(r.count*7%11) / 11)
		}
		double = double || r.Double > 0 && r.count%r.Double == 0
	}
	if x.from != nil && x.at.After(done) && x.at.After(x.limit) {
		x.at = later(done, x.limit)
		x.fail(errTimedOut)
	}
	if double {
		again := x
		again.at, again.echo = x.at.Add(time.Second), true
		c.agenda.add(again)
	}
	c.agenda.add(x)
}

// fail makes the result of a call the end of one whose answer does not come.
func (x *entry) fail(err error) {
	x.result, x.from = orchestrator.Result{Work: x.result.Work, Err: err}, nil
}

// arrives reports whether a result that is due comes now, as it is then: while its
// machine is cut off it is an error, and while that hangs it comes later.
func (c *Cluster) arrives(x *entry) bool {
	m := x.from
	switch {
	case m == nil:
	case m.unreachable(c.now):
		x.fail(fake.ErrUnreachable)
	case !c.now.Before(m.trouble.hang):
	case c.now.Before(x.limit):
		held := *x
		held.at = m.trouble.hang
		if x.limit.Before(held.at) {
			held.at = x.limit
		}
		c.agenda.add(held)
		return false
	default:
		x.fail(errTimedOut)
	}
	return true
}

// instances has the cloud list its machines: a fake.Cloud on virtual time.
func (c *Cluster) instances(w orchestrator.Work) {
	result := orchestrator.Result{Work: w.ID}
	takes := c.latency(w)
	scripted, ok := c.cfg.Orchestrator.Cloud.(interface{ Answer() fake.CloudAnswer })
	switch {
	case c.now.Before(c.clouded):
		result.Err = errCloud
	case ok:
		answer := scripted.Answer()
		if answer.Deaf {
			return // the call never returns
		}
		if takes += answer.After; answer.Never || takes > c.callTimeout() {
			takes, answer = c.callTimeout(), fake.CloudAnswer{Err: errTimedOut}
		}
		result.Instances, result.Err = answer.Instances, answer.Err
	default:
		result.Instances, result.Err = c.cfg.Orchestrator.Cloud.Instances(context.Background())
	}
	c.agenda.add(entry{at: c.now.Add(takes), result: result})
}
