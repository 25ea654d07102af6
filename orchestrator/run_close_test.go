package orchestrator_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// harbour counts the connections to machines.
type harbour struct {
	machines fake.Machines
	mu       sync.Mutex
	dialled  map[string]int
	closed   map[string]int
	late     []string // calls under way when their connection was closed
}

// connection is a fake.Runtime that is closed.
type connection struct {
	*fake.Runtime
	name    string
	harbour *harbour
	calls   int // under way
}

func (h *harbour) dial(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dialled == nil {
		h.dialled, h.closed = make(map[string]int), make(map[string]int)
	}
	h.dialled[n.Name]++
	return &connection{Runtime: h.machines.Node(n.Name), name: n.Name, harbour: h}, nil
}

// Start takes a while to give up when its context ends, as a well-meant one does.
func (c *connection) Start(ctx context.Context, p *pod.Pod, spec pod.Container) error {
	c.count(1)
	defer c.count(-1)
	err := c.Runtime.Start(ctx, p, spec)
	if ctx.Err() != nil {
		time.Sleep(time.Second)
	}
	return err
}

func (c *connection) count(n int) {
	c.harbour.mu.Lock()
	defer c.harbour.mu.Unlock()
	c.calls += n
}

func (c *connection) Close() error {
	c.harbour.mu.Lock()
	defer c.harbour.mu.Unlock()
	c.harbour.closed[c.name]++
	if c.calls > 0 {
		c.harbour.late = append(c.harbour.late, c.name)
	}
	return errors.New("closing fails, which is logged and no more")
}

func TestRuntimesAreClosed(t *testing.T) {
	var h harbour
	running(t, orchestrator.Config{Dial: h.dial}, func(t *testing.T, r *rig) {
		r.pass(time.Minute)
		require.Equal(t, map[string]int{"node-0": 1, "node-1": 1, "node-2": 1}, h.dialled)
		require.Empty(t, h.closed)

		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{}))
		r.pass(time.Second)
		require.Equal(t, map[string]int{"node-1": 1}, h.closed, "its node is gone")

		require.NoError(t, r.stop())
		require.Equal(t, map[string]int{"node-0": 1, "node-1": 1, "node-2": 1}, h.closed)
		require.Equal(t, h.dialled, h.closed)
	})
}

// A runtime is closed when the last call to it has returned.
func TestRuntimesAreClosedAfterTheirCalls(t *testing.T) {
	var h harbour
	running(t, orchestrator.Config{Dial: h.dial}, func(t *testing.T, r *rig) {
		for _, name := range h.machines.Names() {
			h.machines.Node(name).SetFaults(fake.Faults{Hang: true})
		}
		r.apply(webController("web", 3))
		r.pass(time.Second)
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{Force: true}))
		r.pass(2 * time.Second)
		require.Equal(t, map[string]int{"node-1": 1}, h.closed)
		require.NoError(t, r.stop())
		require.Equal(t, h.dialled, h.closed)
		require.Empty(t, h.late, "calls were under way")
	})
}

// A runtime whose capacity is not known is closed, and connected to anew.
func TestConnectionIsGivenUpWithoutCapacity(t *testing.T) {
	var h harbour
	cfg := orchestrator.Config{
		Machines: []*node.Node{nodeNamed("node-0")},
		Dial: func(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
			c, err := h.dial(ctx, n)
			if h.dialled[n.Name] < 3 {
				return sizeless{c.(*connection)}, err
			}
			return c, err
		},
	}
	running(t, cfg, func(t *testing.T, r *rig) {
		r.pass(10 * time.Second)
		require.Equal(t, 3, h.dialled["node-0"])
		require.Equal(t, 2, h.closed["node-0"])
		require.Contains(t, r.events("RuntimeNotAnswering")[0], "ask for the capacity: too busy")
	})
}

type sizeless struct{ *connection }

func (sizeless) Capacity(context.Context) (pod.Resources, error) { return nil, errors.New("too busy") }
