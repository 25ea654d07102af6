package orchestrator_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// quick are health checks fit for tests on the wall clock.
var quick = node.Rules{CheckPeriod: 20 * time.Millisecond, Grace: time.Minute, LostAfter: 2 * time.Minute}

// patience is how long a test on the wall clock waits for anything.
const patience = 3 * time.Minute

// start runs an orchestrator on the wall clock until the test ends.
func start(t *testing.T, cfg orchestrator.Config) (context.Context, *orchestrator.Client) {
	t.Helper()
	o, err := orchestrator.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	running, halt := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(running) }()
	t.Cleanup(func() { cancel(); halt(); require.NoError(t, <-ended) })
	return ctx, o.Client()
}

// waitNode returns the node when it is as wanted.
func waitNode(ctx context.Context, t *testing.T, c *orchestrator.Client, wanted func(n *node.Node) bool) *node.Node {
	t.Helper()
	var found *node.Node
	require.NoError(t, c.Wait(ctx, func(view store.Reader) bool {
		n, err := view.Nodes().Get("", "left")
		found = n
		return err == nil && wanted(n)
	}))
	return found
}

// A node with a health endpoint runs only once that returns 200, and takes no
// pods while it returns anything else.
func TestHealthEndpoint(t *testing.T) {
	var status atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	ctx, c := start(t, orchestrator.Config{Dial: new(fake.Machines).Dial, Node: quick, Machines: []*node.Node{
		{Meta: labels.Meta{Name: "left", Annotations: map[string]string{node.HealthURLAnnotation: server.URL}}},
	}})

	n := waitNode(ctx, t, c, func(n *node.Node) bool { // the first answer may have taken too long
		checked := n.Status.Condition(node.Checked)
		return checked != nil && strings.Contains(checked.Message, "503 Service Unavailable")
	})
	require.Equal(t, node.Pending, n.Status.Phase)

	status.Store(http.StatusOK)
	waitNode(ctx, t, c, (*node.Node).Schedulable)

	status.Store(http.StatusTeapot)
	n = waitNode(ctx, t, c, func(n *node.Node) bool { return !n.Schedulable() })
	require.Equal(t, node.Running, n.Status.Phase)
	require.Equal(t, pod.False, n.Status.Condition(node.Ready).Status)
	require.True(t, n.Status.Is(node.Reachable), "it answers, and is not well")
}

// A node without addresses must have a name that can be resolved, where the
// config says so. Until then it is kept, checked again, and not used.
func TestNameMustResolve(t *testing.T) {
	var known atomic.Bool
	resolve := func(_ context.Context, name string) error {
		if !known.Load() {
			return errors.New("no such host")
		}
		return nil
	}
	ctx, c := start(t, orchestrator.Config{
		Dial: new(fake.Machines).Dial, Node: quick, Resolve: resolve,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
	})
	n := waitNode(ctx, t, c, func(n *node.Node) bool { return n.Status.Condition(node.Checked) != nil })
	require.Equal(t, node.Pending, n.Status.Phase)
	require.Contains(t, n.Status.Condition(node.Checked).Message, "its name can't be resolved: no such host")

	known.Store(true)
	waitNode(ctx, t, c, (*node.Node).Schedulable)
}

// A node with another address is connected to anew.
func TestAddressChange(t *testing.T) {
	var mu sync.Mutex
	var dialled []string
	machines := new(fake.Machines)
	ctx, c := start(t, orchestrator.Config{
		Dial: func(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
			mu.Lock()
			defer mu.Unlock()
			dialled = append(dialled, n.Address())
			return machines.Dial(ctx, n)
		},
		Node: quick, Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
	})
	waitNode(ctx, t, c, (*node.Node).Schedulable)
	_, err := c.Nodes().Patch(ctx, "", "left", func(n *node.Node) error {
		n.Status.Addresses = []node.Address{{Type: node.InternalIP, Address: "10.0.0.7"}}
		return nil
	})
	require.NoError(t, err)
	_, err = c.Pods().Create(ctx, &pod.Pod{
		Meta: labels.Meta{Name: "p"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "main"}}},
	})
	require.NoError(t, err)
	require.NoError(t, c.Wait(ctx, func(view store.Reader) bool {
		p, err := view.Pods().Get("default", "p")
		return err == nil && p.Status.Phase == pod.Running
	}))
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, []string{"left", "10.0.0.7"}, dialled, "its name is its address as long as it has none")
}
