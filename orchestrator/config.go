package orchestrator

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// Config says how an Orchestrator, or an Engine alone, behaves.
type Config struct {
	// Dial connects to the runtime of a node. It is called once for each node,
	// again after an error, and by several goroutines at a time. A Runtime that
	// is an io.Closer is closed when its node goes or Run returns.
	// Required by New; an Engine has no use for it.
	Dial func(ctx context.Context, n *node.Node) (Runtime, error)

	// Nodes to begin with. They are applied when Run or NewEngine starts, so
	// those that exist already are kept. Nil: nodes come from the client alone.
	Nodes []*node.Node

	// Scheduler chooses the node of a pod. Nil: the zero scheduler.Policy.
	Scheduler scheduler.Scheduler

	// Lifecycle has the figures of back-off and expiry. Zero: those of lifecycle.
	Lifecycle lifecycle.Rules

	// ListPeriod is how often a runtime is listed where it gives no hint. Zero: 10s.
	ListPeriod time.Duration
	// NodeGrace is how long a runtime may be silent before its node is no
	// longer Ready and gets no new pods. Zero: 40s.
	NodeGrace time.Duration
	// NodeLostAfter is how long a runtime may be silent before its pods are
	// given up and their controllers replace them. Zero: 5m.
	NodeLostAfter time.Duration

	// CallTimeout bounds each call to a runtime, beside the grace of a Stop. Zero: 2m.
	CallTimeout time.Duration
	// CallsPerNode bounds how many calls of each kind are under way on one
	// node. Zero: 16.
	CallsPerNode int

	// Journal keeps every change. Nil: memory only, and what ran before is
	// stopped when the host program starts again.
	Journal Journal

	// Seed of every random choice: uids, generated names. Zero: New draws one;
	// an Engine uses zero as it is, and two engines with equal seeds and inputs
	// have equal histories.
	Seed uint64

	// History is how many changes are kept for watches. Zero: 16384.
	History int
	// Events is how many different events are kept. Zero: 16384.
	Events int

	// Logger gets what an operator may want to know. Nil: silence.
	Logger *slog.Logger
}

// withDefaults returns the config with every zero figure filled in.
func (c Config) withDefaults() Config {
	c.ListPeriod = cmp.Or(c.ListPeriod, 10*time.Second)
	c.NodeGrace = cmp.Or(c.NodeGrace, 40*time.Second)
	c.NodeLostAfter = cmp.Or(c.NodeLostAfter, 5*time.Minute)
	c.CallTimeout = cmp.Or(c.CallTimeout, 2*time.Minute)
	c.CallsPerNode = cmp.Or(c.CallsPerNode, 16)
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
		{"ListPeriod", c.ListPeriod}, {"NodeGrace", c.NodeGrace},
		{"NodeLostAfter", c.NodeLostAfter}, {"CallTimeout", c.CallTimeout},
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
	}{{"CallsPerNode", c.CallsPerNode}, {"History", c.History}, {"Events", c.Events}} {
		if f.value < 0 {
			return configError(f.name, f.value, "must not be negative")
		}
	}
	if full := c.withDefaults(); full.NodeLostAfter < full.NodeGrace {
		return configError("NodeLostAfter", full.NodeLostAfter, "must not be shorter than NodeGrace")
	}
	return nil
}
