package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// Config says what a Cluster is made of.
type Config struct {
	// Orchestrator has the nodes, the scheduler, the figures and the seed; a
	// cloud other than fake.Cloud must answer at once. Dial, Journal and Logger are not used.
	Orchestrator orchestrator.Config
	// Scripts say what containers do. Nil: they run until they are stopped.
	Scripts fake.Scripts
	// Choose is asked before Scripts; see fake.Machine. Nil: not asked.
	Choose func(p *pod.Pod, c *pod.Container, try int) (fake.Script, bool)
	// Models are asked after Choose and before Scripts: what containers do, drawn
	// from distributions. Nil: none.
	Models []Model
	// Latency is how much later the result of a work comes back than the machine, or
	// the cloud, was done with it. Nil: at once.
	Latency func(w orchestrator.Work) time.Duration
	// Start is the time at which the cluster begins. Zero: midnight of 1 January 2000, UTC.
	Start time.Time
	// Observe sees every step: the time, and what the engine decided. It may read the
	// cluster (View, Report) and must not change it. Nil: nobody looks.
	Observe func(now time.Time, ready orchestrator.Ready)
	// Record has figures kept for Report, with a sample each so often. Zero: none.
	Record time.Duration
	// Check verifies the engine's invariants after every step, and the machines'
	// own: never two live containers for one. It makes every step cost what
	// exists; false: only where Cluster.Check is called.
	Check bool
}

// Cluster is an engine and its machines on virtual time.
type Cluster struct {
	cfg      Config
	engine   *orchestrator.Engine
	machines map[string]*machine
	ordered  []*machine // by when they were first asked for
	now      time.Time
	wake     time.Time // when the engine wants to be stepped
	agenda   agenda    // what will happen
	inputs   []orchestrator.Input
	results  []*entry // that some of them are of
	events   []labels.Event
	host     host       // the program that steps the engine
	arriving []*arrival // pods that come with this step
	recorder *recorder  // nil: nothing is recorded
	clouded  time.Time  // until when the cloud fails
	err      error      // the first broken invariant
}

// machine is a node's containers and their place on the agenda.
type machine struct {
	*fake.Machine
	name string
	cut  bool   // the network to it is cut
	next *entry // when something changes by itself; nil: never
	trouble
}

// New returns a cluster at its start, before its first step.
func New(cfg Config) (*Cluster, error) {
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	engine, err := orchestrator.NewEngine(cfg.Orchestrator, cfg.Start)
	if err != nil {
		return nil, err
	}
	if cfg.Record < 0 {
		return nil, fmt.Errorf("new cluster: Record %s is negative", cfg.Record)
	}
	c := &Cluster{cfg: cfg, engine: engine, machines: make(map[string]*machine), now: cfg.Start}
	if cfg.Record > 0 {
		c.recorder = newRecorder(cfg.Record, cfg.Start)
	}
	return c, nil
}

// Now returns the virtual time.
func (c *Cluster) Now() time.Time { return c.now }

// Engine returns the engine, for reading its state and for Check. After a Crash
// it is another one.
func (c *Cluster) Engine() *orchestrator.Engine { return c.engine }

// View returns everything as it is now. Objects are shared: read them only.
func (c *Cluster) View() store.Reader { return c.engine.Store().View() }

// Events returns the newest of every event, least recent first, as far as it was
// among the last that were told: twice as many as the orchestrator remembers
// (orchestrator.Config.Events).
func (c *Cluster) Events() []labels.Event { return newest(c.events) }

// remember keeps events, and drops the oldest of those that are too many.
func (c *Cluster) remember(events []labels.Event) {
	limit := 2 * cmp.Or(c.cfg.Orchestrator.Events, 16384) // orchestrator.Config's
	c.events = append(c.events, events[max(0, len(events)-limit):]...)
	if len(c.events) > 2*limit {
		c.events = slices.Delete(c.events, 0, len(c.events)-limit)
	}
}

// newest returns the newest of every event.
func newest(events []labels.Event) []labels.Event {
	seen := make(map[string]bool)
	var kept []labels.Event
	for _, event := range slices.Backward(events) {
		if name := event.Namespace + "/" + event.Name; !seen[name] {
			seen[name] = true
			kept = append(kept, event)
		}
	}
	slices.Reverse(kept)
	return kept
}

// Machine returns the containers of a node. What is done to it from outside
// shows at the next Advance or Settle.
func (c *Cluster) Machine(node string) *fake.Machine { return c.machine(node).Machine }

// Cut cuts the network to a node, or mends it. What runs there lives on; every
// call fails until it is mended.
func (c *Cluster) Cut(node string, cut bool) { c.machine(node).cut = cut }

// Hint says that the cloud's instances may have changed, as Cloud.Changed does.
// It shows at the next Advance or Settle.
func (c *Cluster) Hint() { c.inputs = append(c.inputs, orchestrator.CloudHint{}) }

// Do carries out operations as a client would, all or none, and steps the
// cluster without moving its time. The error is ErrDown if the orchestrator
// was down, or died before it could answer.
func (c *Cluster) Do(operations ...orchestrator.Operation) ([]labels.Object, error) {
	w := &orchestrator.Write{Operations: operations}
	c.host.write = w
	c.inputs = append(c.inputs, w)
	c.step()
	if c.host.write != nil {
		c.host.write = nil
		return nil, ErrDown
	}
	return w.Results, w.Err
}

// Apply creates or changes objects to what they say, all or none.
func (c *Cluster) Apply(objects ...labels.Object) ([]labels.Object, error) {
	operations := make([]orchestrator.Operation, len(objects))
	for i, o := range objects {
		operations[i] = orchestrator.Operation{Verb: orchestrator.Apply, Object: o}
	}
	return c.Do(operations...)
}

// Delete asks for the end of an object.
func (c *Cluster) Delete(kind store.Kind, namespace, name string, options orchestrator.DeleteOptions) error {
	_, err := c.Do(orchestrator.Operation{
		Verb: orchestrator.Delete, Kind: kind, Namespace: namespace, Name: name, Options: options,
	})
	return err
}

// Advance moves the time on by d, through everything that happens meanwhile. It
// returns the first broken invariant, if Config.Check is set, or that the
// cluster does not come to rest at some instant. A d below 0 is an error: time does not go back.
func (c *Cluster) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("advance: %s is negative", d)
	}
	end := c.now.Add(d)
	for c.step(); c.err == nil; c.step() {
		next := c.next()
		if next.IsZero() || next.After(end) {
			break
		}
		c.pass(next)
	}
	c.pass(end)
	return c.err
}

// pass moves the time on, through times at which nothing happens.
func (c *Cluster) pass(to time.Time) {
	if c.recorder != nil {
		c.recorder.sample(c, to)
	}
	c.now = to
}

// Settle moves the time on until no work is under way and the orchestrator is
// there, and returns how long that took. What only time will bring (a back-off, a container's own end,
// a pod of a Workload) is not waited for. It is an error if work is still under way after a
// day: then new work comes as fast as the old ends.
func (c *Cluster) Settle() (time.Duration, error) {
	from := c.now
	for c.step(); c.err == nil && (c.agenda.work > 0 || c.host.dead); c.step() {
		if c.now.Sub(from) > restlessFor {
			return c.now.Sub(from), fmt.Errorf("settle: after %s %d works are under way", c.now.Sub(from), c.agenda.work)
		}
		c.pass(c.next())
	}
	return c.now.Sub(from), c.err
}

// restlessFor is how long a cluster may take to settle.
const restlessFor = 24 * time.Hour

// Check returns the first invariant that does not hold, or nil.
func (c *Cluster) Check() error {
	errs := []error{c.err, c.engine.Check()}
	for _, m := range c.ordered {
		if err := m.Check(c.now); err != nil {
			errs = append(errs, fmt.Errorf("machine %q: %w", m.name, err))
		}
	}
	return errors.Join(errs...)
}

// restless is how many steps at one instant are too many.
const restless = 100_000

// step has everything happen that is due at this instant.
func (c *Cluster) step() {
	for range restless {
		c.takeDue()
		if !c.revive() {
			return
		}
		if !c.turn() {
			continue
		}
		if c.cfg.Check && c.err == nil {
			if err := c.Check(); err != nil {
				c.err = fmt.Errorf("at %s: %w", c.now.Format(time.RFC3339Nano), err)
			}
		}
		if next := c.next(); c.err != nil || next.IsZero() || next.After(c.now) {
			return
		}
	}
	c.err = fmt.Errorf("at %s: the cluster does not come to rest", c.now.Format(time.RFC3339Nano))
}

// next returns when something happens next, or zero.
func (c *Cluster) next() time.Time {
	next := c.agenda.first()
	if next.IsZero() || !c.wake.IsZero() && c.wake.Before(next) {
		return c.wake
	}
	return next
}

// takeDue makes inputs of what the agenda has for this instant.
func (c *Cluster) takeDue() {
	for {
		x := c.agenda.due(c.now)
		if x == nil {
			return
		}
		switch m := x.machine; {
		case x.arrival != nil:
			c.arrive(x.arrival)
		case m != nil:
			m.next = nil
			if !m.unreachable(c.now) {
				c.inputs = append(c.inputs, orchestrator.Hint{Node: m.name})
			}
			m.List(c.now) // moves the machine past this instant
			c.plan(m)
		case c.arrives(x):
			c.inputs = append(c.inputs, &x.result)
			c.results = append(c.results, x)
			continue
		}
		c.agenda.done(x)
	}
}

// carryOut has a machine do one work. Its result comes when the machine is done.
func (c *Cluster) carryOut(w orchestrator.Work) {
	if w.Kind == orchestrator.WorkForget {
		return // the machine lives on; nobody talks to it
	}
	if w.Kind == orchestrator.WorkInstances {
		c.instances(w)
		return
	}
	if w.Balance.Service != nil {
		c.balance(w)
		return
	}
	m := c.machine(w.Node)
	c.agenda.cancel(w.Cancel, c.now)
	if w.Kind == orchestrator.WorkCancel {
		return
	}
	result := orchestrator.Result{Work: w.ID}
	done := c.now
	if m.unreachable(c.now) {
		result.Err = fake.ErrUnreachable
		c.agenda.add(entry{at: done, result: result})
		return
	}
	switch w.Kind {
	case orchestrator.WorkList:
		result.States = m.listed(c.now)
	case orchestrator.WorkStart:
		done, result.Err = m.Start(w.Pod, *w.Container, c.now)
	case orchestrator.WorkStop:
		done, result.Err = m.Stop(w.Ref, w.Grace, c.now)
	case orchestrator.WorkRemove:
		m.Remove(w.Ref.UID, c.now)
	case orchestrator.WorkProbe:
		result.Err = m.Probe(w.Ref, c.now)
	case orchestrator.WorkHook:
		done, result.Err = m.Hook(w.Ref, w.Hook.Kind, c.now)
	}
	c.deliver(m, w, result, done.Add(c.latency(w)))
	c.plan(m)
}

// latency is how much later the result of a work comes.
func (c *Cluster) latency(w orchestrator.Work) time.Duration {
	if c.cfg.Latency == nil {
		return 0
	}
	return max(0, c.cfg.Latency(w))
}

// balance has the Balancer do one work.
func (c *Cluster) balance(w orchestrator.Work) {
	b := c.cfg.Orchestrator.Balancer
	if b == nil {
		b = c.cfg.Orchestrator.Cloud.(orchestrator.Balancer)
	}
	c.agenda.add(entry{at: c.now.Add(c.latency(w)), result: w.Balanced(context.Background(), b)})
}

// plan puts the machine's next own change on the agenda.
func (c *Cluster) plan(m *machine) {
	next := m.Next()
	if m.next != nil {
		if m.next.at.Equal(next) {
			return
		}
		c.agenda.remove(m.next)
		m.next = nil
	}
	if !next.IsZero() {
		if next.Before(c.now) {
			next = c.now
		}
		m.next = c.agenda.add(entry{at: next, machine: m})
	}
}

func (c *Cluster) machine(node string) *machine {
	m := c.machines[node]
	if m == nil {
		m = &machine{name: node, Machine: &fake.Machine{
			Scripts: c.cfg.Scripts, Choose: c.choose(), Network: fake.Network(len(c.machines)),
		}}
		c.machines[node] = m
		c.ordered = append(c.ordered, m)
	}
	return m
}

// choose returns what machines ask before Scripts; nil: nothing.
func (c *Cluster) choose() func(p *pod.Pod, ct *pod.Container, try int) (fake.Script, bool) {
	if len(c.cfg.Models) == 0 {
		return c.cfg.Choose
	}
	return func(p *pod.Pod, ct *pod.Container, try int) (fake.Script, bool) {
		if c.cfg.Choose != nil {
			if s, chosen := c.cfg.Choose(p, ct, try); chosen {
				return s, true
			}
		}
		return choose(c.cfg.Models, c.cfg.Orchestrator.Seed, p, ct, try)
	}
}

// errCancelled is the result of work that was given up.
var errCancelled = fmt.Errorf("given up: %w", context.Canceled)
