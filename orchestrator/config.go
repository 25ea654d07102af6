package orchestrator

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Config says how an Orchestrator, or an Engine alone, behaves.
type Config struct {
	// Dial connects to the runtime of a node. It is called once for each node,
	// again after an error, and by several goroutines at a time. A Runtime that
	// is an io.Closer is closed when its node goes or Run returns.
	// Required by New; an Engine has no use for it.
	Dial func(ctx context.Context, n *node.Node) (Runtime, error)

	// Machines are the nodes to begin with, as if the client had created them. A
	// node that a journal kept stays as it is, but for the labels,
	// annotations, capacity and addresses given here. Nil: nodes come from
	// the client, or from the Cloud.
	Machines []*node.Node

	// Cloud has the machines that are to be nodes. Nil: none.
	Cloud Cloud
	// SyncNodes keeps the nodes in line with the Cloud's instances: new ones
	// become nodes, and nodes whose instance has gone are deleted. Nobody else
	// may then create a node. Zero: the Cloud is not asked for its instances.
	SyncNodes bool
	// SyncPeriod is how often the instances are listed, beside the cloud's hints. Zero: 30s.
	SyncPeriod time.Duration
	// Match is a pattern of the ids of the instances that count, as path.Match
	// reads it. Empty: all.
	Match string
	// MaxDelete is the share of the cloud's nodes that one list of instances may
	// delete at once; more needs a second list that agrees, a SyncPeriod later.
	// One node always may go. Negative: one at once; 1: all, unless the list is
	// empty. Zero: 0.2.
	MaxDelete float64

	// Balancer makes the load balancers of services of type LoadBalancer. Nil: the
	// Cloud, if that is a Balancer; otherwise nobody, and an event says so.
	Balancer Balancer

	// Node has the figures of the nodes' health: how often they are checked, when
	// they are no longer ready, and when and how fast their pods are given up.
	// Zero: those of node.Rules.
	Node node.Rules
	// Checks bounds how many nodes are checked at once. One that hangs for
	// longer than the check period no longer counts. Zero: 256.
	Checks int
	// Resolve is asked whether the name of a node without addresses can be
	// reached; its error makes the node invalid until it can. Set it where Dial
	// goes over a network: net.DefaultResolver's LookupHost does it. Nil: not
	// asked, since the runtimes of this machine need no address.
	Resolve func(ctx context.Context, name string) error

	// Scheduler chooses the node of a pod. One with a method Validate() error, as a
	// Policy has, is asked for it by New. Nil: the zero scheduler.Policy.
	Scheduler scheduler.Scheduler

	// Decided is told every decision of the scheduler, as it is made. It is called
	// by whoever steps the engine: it must be quick, and change nothing. A pod
	// that waits with others of its kind is decided about with the first of them;
	// of one that the scheduler was asked about twice this is told the second
	// decision. Nil: nobody is told. See also Client.Explain.
	Decided func(p *pod.Pod, d scheduler.Decision)

	// Lifecycle has the figures of back-off and expiry. Zero: those of lifecycle.
	Lifecycle lifecycle.Rules

	// ServiceCIDR is the range that services get their addresses from, as
	// service.ParseCIDR reads it. It must be no range of anything else: with
	// loopback portals it is part of 127.0.0.0/8 that no pod is in, with others
	// part of a private range. Zero: DefaultServiceCIDR, which suits loopback portals
	// and the default range of package process (127.0.0.0/9).
	ServiceCIDR string
	// NodePortRange is the range that services get their node ports from, as
	// service.ParsePortRange reads it; nothing else on the nodes should listen there.
	// Zero: DefaultNodePortRange.
	NodePortRange string

	// CallTimeout bounds each call to a runtime, beside the grace of a Stop. An
	// event tells of a call that takes half of it. Zero: 2m.
	CallTimeout time.Duration
	// CallsPerNode bounds how many calls of each kind are under way on one
	// node. Zero: 16.
	CallsPerNode int

	// Journal keeps every change. New loads it and Run closes it: a program that has
	// opened one and does not come to Run closes it itself. Nil: memory only, and what
	// ran before is stopped when the host program starts again.
	Journal Journal

	// Seed of every random choice: uids, generated names. Zero: New draws one;
	// an Engine uses zero as it is, and two engines with equal seeds and inputs
	// have equal histories.
	Seed uint64

	// MaxObjectBytes is how large an object may be that a client hands in, as JSON;
	// a larger one is ErrTooLarge. Zero: 1 MiB.
	MaxObjectBytes int
	// MaxObjects is how many objects there may be, of all kinds. A client that
	// creates more is refused with ErrLimit; a controller creates what there is
	// room for, and tells of the rest in an event. Zero: 1,000,000.
	MaxObjects int
	// History is how many changes are kept for watches; a watch that falls further
	// behind ends with ErrExpired. Zero: 16384.
	History int
	// Events is how many different events are kept. Zero: 16384.
	Events int

	// Logger gets what an operator may want to know. Nil: silence.
	Logger *slog.Logger
}

// withDefaults returns the config with every zero figure filled in.
func (c Config) withDefaults() Config {
	c.Node = c.Node.Defaults()
	c.SyncPeriod = cmp.Or(c.SyncPeriod, 30*time.Second)
	c.Checks = cmp.Or(c.Checks, 256)
	c.CallTimeout = cmp.Or(c.CallTimeout, 2*time.Minute)
	c.CallsPerNode = cmp.Or(c.CallsPerNode, 16)
	c.MaxObjectBytes = cmp.Or(c.MaxObjectBytes, 1<<20)
	c.MaxObjects = cmp.Or(c.MaxObjects, 1_000_000)
	c.History = cmp.Or(c.History, 16384)
	c.Events = cmp.Or(c.Events, 16384)
	if c.Scheduler == nil {
		c.Scheduler = &scheduler.Policy{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate returns the first figure that makes no sense.
func (c Config) validate() error {
	for _, f := range []struct {
		name  string
		value time.Duration
	}{
		{"Node.CheckPeriod", c.Node.CheckPeriod}, {"Node.Grace", c.Node.Grace},
		{"Node.LostAfter", c.Node.LostAfter}, {"CallTimeout", c.CallTimeout}, {"SyncPeriod", c.SyncPeriod},
		{"Lifecycle.BackOffBase", c.Lifecycle.BackOffBase}, {"Lifecycle.BackOffMax", c.Lifecycle.BackOffMax},
		{"Lifecycle.BackOffReset", c.Lifecycle.BackOffReset},
	} {
		if f.value < 0 {
			return configError(f.name, f.value, "must not be negative")
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"CallsPerNode", c.CallsPerNode}, {"Checks", c.Checks}, {"History", c.History}, {"Events", c.Events},
		{"MaxObjectBytes", c.MaxObjectBytes}, {"MaxObjects", c.MaxObjects}} {
		if f.value < 0 {
			return configError(f.name, f.value, "must not be negative")
		}
	}
	full := c.Node.Defaults()
	if full.Grace < full.CheckPeriod {
		return configError("Node.Grace", full.Grace, fmt.Sprintf("must not be shorter than Node.CheckPeriod, which is %v", full.CheckPeriod))
	}
	if full.LostAfter < full.Grace {
		return configError("Node.LostAfter", full.LostAfter, "must not be shorter than Node.Grace")
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"Node.Rate", c.Node.Rate}, {"Node.SlowRate", c.Node.SlowRate}, {"Node.UnhealthyZone", c.Node.UnhealthyZone},
		{"MaxDelete", c.MaxDelete}} {
		if math.IsNaN(f.value) {
			return configError(f.name, f.value, "must be a number")
		}
	}
	if err := c.validateMachines(); err != nil {
		return err
	}
	if _, err := c.serviceRanges(); err != nil {
		return err
	}
	if s, ok := c.Scheduler.(interface{ Validate() error }); ok {
		if err := s.Validate(); err != nil {
			return fmt.Errorf("config field Scheduler: %w", err)
		}
	}
	return c.validateCloud()
}

// validateMachines finds what is no node, and what is there twice: of both one would
// overwrite the other. What else is wrong with a node shows when it is registered.
func (c Config) validateMachines() error {
	at := make(map[string]int, len(c.Machines))
	for i, n := range c.Machines {
		field := fmt.Sprintf("Machines[%d]", i)
		if n == nil {
			return configError(field, nil, "must be a node")
		}
		if first, twice := at[n.Name]; twice {
			return configError(field, n.Name, fmt.Sprintf("must have a name of its own: Machines[%d] has it", first))
		}
		at[n.Name] = i
	}
	return nil
}
