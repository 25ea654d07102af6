package orchestrator

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Engine decides. It holds the state of a whole cluster and says what to do
// next; it owns no goroutine, reads no clock and does nothing by itself. Most
// programs use it through an Orchestrator or a simulation.
//
//	for {
//		e.Apply(now, inputs...)     // what clients want and what runtimes report
//		ready := e.Step(now)        // decide from the whole state
//		journal(ready.Changes)      // first make it durable,
//		carryOut(ready.Work)        // then act; each end comes back as a Result
//		wait(ready.Wake)            // or for the next input
//	}
//
// The same seed, inputs and times give the same history, byte for byte.
//
// Time never goes back for an engine. If the clock of whoever steps it is set
// back, the engine's goes on from where it was, and stays ahead by as much. A
// clock that is set forward looks as if nothing had happened for a long time: nodes
// must answer before one of them is given up, and what waits for a time has waited.
//
// An Engine is not safe for concurrent use.
//
// # Invariants
//
// Check verifies them; the tests call it after every step.
//
//  1. At most one attempt of a container is started and not yet known to have
//     ended: an attempt starts only after the runtime was listed and no other
//     attempt of that container is in the list, on its way up, or on its way down.
//  2. Succeeded and Failed are final.
//  3. Every pod is on exactly one of: the scheduling queue, the list of those
//     that fit nowhere, a node, or it is terminal.
//  4. What the scheduler counts on the nodes is what the bound pods request.
//  5. Once nothing is left to decide, a controller has as many live pods as it
//     asks for, or fewer for a while because its pods keep failing.
//  6. A Runtime has at most one call at a time for a container, as it was promised:
//     of the Starts and Stops of its attempts, and the Remove of its pod, one is under
//     way, beside such as that one cancels and has to wait for. And it is listed once
//     at a time. Of other work no more is counted as under way than there is.
//  7. Once nothing is left to decide, the endpoints of every service with a
//     selector are what service.Resolve says of its pods.
//  8. No two services have the same cluster IP or node port, and none is taken
//     that no service has.
type Engine struct {
	cfg   Config
	store *store.Store
	rng   *rand.Rand
	now   time.Time     // of the current Apply or Step
	ahead time.Duration // how far that is ahead of a clock that was set back

	// Keys that need a look, and when others will.
	pods        queue[string] // uids
	settled     []*pod.Pod    // what stepPods has written, in order: that was decided on already
	controllers queue[string] // uids
	nodes       machines
	namespaces  queue[string] // names
	timers      timers

	// Derived from the store, kept with every change.
	cluster   scheduler.Cluster
	pending   pending                       // pods to be scheduled
	placing   bool                          // what changes is what stepScheduling has decided, and has counted already
	unfit     waiting                       // uids of those that fit nowhere
	ranked    int                           // how many pods have a priority
	retry     bool                          // something has changed that may help those
	tallies   map[string]*replication.Tally // of the pods of controllers, by uid
	selectors labels.Index[string]          // of controllers, by uid
	orphans   labels.SetIndex[string]       // labels of live pods without a controller, by uid

	machines  map[string]*machine // what is known of each node's runtime, by node
	zones     node.Zones          // which nodes are lost, and which of them are given up
	moved     bool                // one of them may have changed since the last eviction
	drains    drains              // nodes that are to be emptied
	checks    checks              // lists under way
	sync      cloudSync
	services  services
	portals   portals
	balancers balancers
	calls     calls // work under way
	probes    prober
	hooks     hooks
	recorder  recorder

	enough  int            // changes after which a Step returns
	parted  bool           // the last Step returned a part
	instant time.Time      // of the last Step
	rounds  int            // at that instant, since there was nothing to do
	changes []store.Change // since the last Step
	work    []Work         // since the last Step
	until   time.Time      // nothing is scheduled before all nodes were heard, or this time
	broken  error          // an invariant that broke between two calls of Check
	audit   audit          // what Check has found out
}

type loop byte

const (
	podLoop loop = iota
	controllerLoop
	nodeLoop
	schedulingLoop
	evictionLoop
	cloudLoop
	serviceLoop
)

// NewEngine returns an engine with an empty store. It uses the figures, the
// scheduler, the nodes and the seed of the config, and neither Dial nor Journal
// nor Logger.
func NewEngine(cfg Config, now time.Time) (*Engine, error) {
	return RestoreEngine(cfg, nil, 0, now)
}

// RestoreEngine is NewEngine for a program that was killed: the engine goes on
// from the objects that a journal kept, as they were at the revision. It takes
// ownership of them. What only runtimes know it has them listed for first.
func RestoreEngine(cfg Config, objects []labels.Object, revision uint64, now time.Time) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s, err := store.New(store.Config{History: cfg.History})
	if err != nil {
		return nil, err
	}
	e := &Engine{
		cfg:       cfg,
		store:     s,
		enough:    enough,
		rng:       rand.New(rand.NewPCG(cfg.Seed, 0x636f7261636c65^revision)), // after a restart not the same uids again
		now:       now,
		until:     now.Add(warmUp),
		tallies:   make(map[string]*replication.Tally),
		machines:  make(map[string]*machine),
		recorder:  recorder{limit: cfg.Events},
		balancers: balancers{of: cfg.balancer()},
	}
	ranges, err := cfg.serviceRanges()
	if err != nil {
		return nil, err
	}
	if e.portals.Allocator, err = service.NewAllocator(ranges); err != nil {
		return nil, err
	}
	if err := s.Load(objects, revision); err != nil {
		return nil, err
	}
	for _, o := range objects {
		if s, ok := o.(*service.Service); ok {
			e.holdPortals(s)
		}
		e.observe(&store.Change{Kind: store.KindOf(o), New: o})
	}
	return e, e.begin(now)
}

// begin adds what must always be there (the default namespace and the nodes of
// the config) and renews what ran out while nobody was there.
func (e *Engine) begin(now time.Time) error {
	ns := &labels.Namespace{Meta: labels.Meta{Name: labels.DefaultNamespace}}
	w := &Write{Operations: []Operation{{Verb: Apply, Object: ns}}}
	for _, n := range e.cfg.Machines {
		if n, wanted := e.registered(n); wanted {
			w.Operations = append(w.Operations, Operation{Verb: Apply, Object: n})
		}
	}
	e.Apply(now, w)
	e.settleClock(now)
	e.renewGraces(now)
	if w.Err != nil {
		return fmt.Errorf("config field Machines: %w", w.Err)
	}
	return nil
}

// registered returns what the config's node n is to be: n itself if it is new;
// otherwise the one that a journal kept, cordoned, tainted or drained as it may be, with
// what the config says of the machine. False if that one is on its way out.
func (e *Engine) registered(n *node.Node) (*node.Node, bool) {
	old, err := e.head().Nodes().Get("", n.Name)
	switch {
	case err != nil:
		return n, true
	case old.Deleting():
		return nil, false
	}
	kept := old.Copy()
	kept.Labels, kept.Annotations = merged(kept.Labels, n.Labels), merged(kept.Annotations, n.Annotations)
	kept.Status.Capacity, kept.Status.Allocatable = n.Status.Capacity, n.Status.Allocatable
	kept.Status.Addresses = n.Status.Addresses
	return kept, true
}

// merged adds the pairs of more to m, which it may change.
func merged[M ~map[string]string](m, more M) M {
	if m == nil {
		return maps.Clone(more)
	}
	maps.Copy(m, more)
	return m
}

// Apply takes in what happened. A *Write has its results and error when Apply
// returns; they count once the Changes of the next Step are durable.
func (e *Engine) Apply(now time.Time, inputs ...Input) {
	now = e.clock(now)
	for _, in := range inputs {
		in.applyTo(e, now)
	}
}

// Step decides what follows from the whole state and returns it. A second Step
// at the same time without inputs returns nothing new. Where very much follows, it
// returns a part, and the Wake is now: the rest comes with the next Step.
func (e *Engine) Step(now time.Time) Ready {
	now = e.clock(now)
	if !now.Equal(e.instant) {
		e.instant, e.rounds = now, 0
	}
	for begun := e.parted; !e.full(0); begun = false {
		e.takeDue(now)
		if e.stepCloud(now); e.idle() {
			e.rounds = 0
			break
		}
		if e.rounds++; e.rounds > endless {
			e.broken = fmt.Errorf("what is to be done at one time does not come to an end: round %d", e.rounds)
			break
		}
		if !begun { // otherwise what has begun goes on before more begins, or all of it waits at every stage
			e.stepNamespaces(now)
			e.stepControllers(now)
		}
		e.stepNodes(now)
		e.stepPods(now)
		e.stepServices(now)
		e.stepScheduling(now)
	}
	ready := Ready{Changes: e.takeChanges(), Events: e.recorder.take(), Work: e.work, Wake: e.timers.next()}
	if e.parted = !e.idle(); e.parted {
		ready.Wake = now
	}
	if !ready.Wake.IsZero() {
		ready.Wake = ready.Wake.Add(-e.ahead)
	}
	e.work = nil
	return ready
}

// enough is how many changes a Step makes, or a few more: what is decided at once
// is kept in memory twice, and written to the journal in one piece.
const enough = 1 << 14

// endless is after how many rounds at one time a Step gives up. What is decided in a
// round follows from the one before, so that so many of them go in a circle.
const endless = 10_000

// full reports whether the Step has decided enough when so many changes more are
// under way.
func (e *Engine) full(more int) bool { return len(e.changes)+more >= e.enough }

// Store returns the engine's store. Only reading is allowed; what it publishes
// is up to whoever steps the engine.
func (e *Engine) Store() *store.Store { return e.store }

// idle reports whether no key waits for a look.
func (e *Engine) idle() bool {
	return e.namespaces.empty() && e.controllers.empty() && len(e.nodes) == 0 && e.checks.free(e.cfg.Checks) == 0 && e.pods.empty() &&
		e.services.dirty.empty() &&
		e.restful(e.now)
}

// takeDue moves the keys whose time has come to their queues.
func (e *Engine) takeDue(now time.Time) {
	for t := e.timers.due(now); t != nil; t = e.timers.due(now) {
		switch t.loop {
		case podLoop:
			e.pods.add(t.key)
		case nodeLoop:
			e.nodes.add(t.machine)
		case evictionLoop:
			e.evict(now)
		case controllerLoop:
			e.controllers.add(t.key)
		case serviceLoop:
			e.services.dirty.add(t.key)
		case schedulingLoop:
			e.retry = true
		}
	}
}

// head is the newest state.
func (e *Engine) head() store.Reader { return e.store.Head() }

// update changes the store, all or nothing, and notes what needs a look.
func (e *Engine) update(fn func(tx *store.Tx) error) error {
	err := e.store.Update(fn)
	e.portals.settle(err == nil)
	e.collect()
	return err
}

// must is update for the engine's own writes, which follow from the state and cannot be refused.
func (e *Engine) must(fn func(tx *store.Tx) error) {
	if err := e.update(fn); err != nil {
		e.fault(err) // nothing was written; the key comes up again with the next change
	}
}

// fault records a defect of the engine, for all to see.
func (e *Engine) fault(err error) {
	e.recorder.record(&labels.Namespace{Meta: labels.Meta{Name: labels.DefaultNamespace}}, "engine", "",
		labels.Event{Type: labels.Warning, Reason: "InternalError", Message: err.Error()}, e.now)
}

// event records that something happened to an object.
func (e *Engine) event(o labels.Object, component, host string, what labels.Event) {
	e.recorder.record(o, component, host, what, e.now)
}

func warning(reason, format string, args ...any) labels.Event {
	return labels.Event{Type: labels.Warning, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func normal(reason, format string, args ...any) labels.Event {
	return labels.Event{Type: labels.Normal, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// uid returns a new one in the form of a random UUID, from the seed.
func (e *Engine) uid() string {
	a, b := e.rng.Uint64(), e.rng.Uint64()
	a = a&^0xf000 | 0x4000     // version 4
	b = b&^(0xc<<60) | 0x8<<60 // variant 1
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// suffix returns five random characters for a generated name: no vowels, so
// that they spell nothing, and nothing that is easily misread.
func (e *Engine) suffix() string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	var s [5]byte
	for i := range s {
		s[i] = alphabet[e.rng.IntN(len(alphabet))]
	}
	return string(s[:])
}

// gone reports whether err says that an object is not there (any more).
func gone(err error) bool { return errors.Is(err, store.ErrNotFound) }
