package orchtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// BalancerHarness is what the suite has to know about a balancer.
type BalancerHarness struct {
	// New returns one that has made nothing yet, and cleans up with t.Cleanup. Required.
	New func(t *testing.T) orchestrator.Balancer
	// Made returns the uids of the services that have a load balancer, in any
	// order, asked of the thing itself. Required.
	Made func(t *testing.T, b orchestrator.Balancer) []string
	// Nodes returns the names of the nodes that the load balancer of a service
	// sends to, in any order. nil: not tested.
	Nodes func(t *testing.T, b orchestrator.Balancer, uid string) []string
	// Reopen returns a new value for the same balancer, as a host program makes
	// it that was started again. nil: not tested.
	Reopen func(t *testing.T, old orchestrator.Balancer) orchestrator.Balancer
}

// Balancer runs the conformance suite of balancers, a subtest for each promise.
func Balancer(t *testing.T, h BalancerHarness) {
	t.Helper()
	if h.New == nil || h.Made == nil {
		t.Fatal("orchtest: New and Made of the harness are required")
	}
	for _, test := range []struct {
		name string
		run  func(x *balancing)
	}{
		{"Name", (*balancing).testName},
		{"EnsureTwice", (*balancing).testEnsureTwice},
		{"EnsureChanged", (*balancing).testEnsureChanged},
		{"Several", (*balancing).testSeveral},
		{"Update", (*balancing).testUpdate},
		{"Delete", (*balancing).testDelete},
		{"SameNameAnew", (*balancing).testSameNameAnew},
		{"Arguments", (*balancing).testArguments},
		{"ContextEnded", (*balancing).testContextEnded},
		{"Concurrent", (*balancing).testConcurrent},
		{"Reopen", (*balancing).testReopen},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(&balancing{T: t, h: h, b: h.New(t)})
		})
	}
}

// balancing is one test.
type balancing struct {
	*testing.T
	h BalancerHarness
	b orchestrator.Balancer
}

// balance returns what the load balancer of service i is to do, with n nodes behind it.
func balance(i, n int) orchestrator.Balance {
	s := &service.Service{
		Meta: labels.Meta{Namespace: "default", Name: fmt.Sprintf("web-%d", i), UID: fmt.Sprintf("uid-%d", i), Generation: 1},
		Spec: service.Spec{
			Type: service.LoadBalancer, Selector: labels.Set{"app": "web"}, ClusterIP: fmt.Sprintf("127.240.3.%d", i+1),
			Ports: []service.Port{
				{Name: "http", Port: 18080, NodePort: 30100 + 2*i, TargetPort: pod.FromInt(8080), Protocol: pod.TCP},
				{Name: "https", Port: 18443, NodePort: 30101 + 2*i, TargetPort: pod.FromString("tls"), Protocol: pod.TCP},
			},
		},
	}
	s.Default()
	b := orchestrator.Balance{Service: s}
	for j := range n {
		b.Nodes = append(b.Nodes, &node.Node{
			Meta:   labels.Meta{Name: fmt.Sprintf("node-%d", j)},
			Status: node.Status{Phase: node.Running, Addresses: []node.Address{{Type: node.InternalIP, Address: fmt.Sprintf("127.0.0.%d", j+1)}}},
		})
	}
	return b
}

func (x *balancing) ensure(b orchestrator.Balance) service.LoadBalancerStatus {
	x.Helper()
	status, err := x.b.EnsureBalancer(x.Context(), b)
	require.NoError(x, err)
	for _, in := range status.Ingress {
		require.NotEqual(x, service.Ingress{}, in, "an ingress has an address or a name")
	}
	return status
}

// made requires that exactly the services of these numbers have a load balancer.
func (x *balancing) made(numbers ...int) {
	x.Helper()
	want := []string{}
	for _, i := range numbers {
		want = append(want, fmt.Sprintf("uid-%d", i))
	}
	require.ElementsMatch(x, want, x.h.Made(x.T, x.b))
}

// behind requires that n nodes are behind a load balancer, if that can be asked.
func (x *balancing) behind(i, n int) {
	x.Helper()
	if x.h.Nodes == nil {
		return
	}
	want := []string{}
	for j := range n {
		want = append(want, fmt.Sprintf("node-%d", j))
	}
	require.ElementsMatch(x, want, x.h.Nodes(x.T, x.b, fmt.Sprintf("uid-%d", i)))
}

func (x *balancing) testName() {
	require.NotEmpty(x, x.b.Name())
	require.Equal(x, x.b.Name(), x.b.Name())
	require.Equal(x, x.b.Name(), x.h.New(x.T).Name(), "a new run of the host program finds what it made by this name")
}

func (x *balancing) testEnsureTwice() {
	x.made()
	first := x.ensure(balance(0, 2))
	require.Equal(x, first, x.ensure(balance(0, 2)))
	x.made(0)
	x.behind(0, 2)
}

func (x *balancing) testEnsureChanged() {
	x.ensure(balance(0, 2))
	b := balance(0, 3)
	b.Service.Generation++
	b.Service.Spec.Ports = b.Service.Spec.Ports[:1]
	b.Service.Spec.LoadBalancerSourceRanges = []string{"127.0.0.0/8"}
	require.Equal(x, x.ensure(b), x.ensure(b))
	x.made(0)
	x.behind(0, 3)
}

func (x *balancing) testSeveral() {
	for i := range 5 {
		x.ensure(balance(i, i))
	}
	x.made(0, 1, 2, 3, 4)
	for i := range 5 {
		x.behind(i, i)
	}
}

func (x *balancing) testUpdate() {
	was := x.ensure(balance(0, 1))
	x.ensure(balance(1, 1))
	for _, n := range []int{3, 3, 0, 2} {
		require.NoError(x, x.b.UpdateBalancer(x.Context(), balance(0, n)))
		x.behind(0, n)
	}
	x.behind(1, 1)
	require.Equal(x, was, x.ensure(balance(0, 2)), "it is reached where it was")
}

func (x *balancing) testDelete() {
	x.ensure(balance(0, 1))
	x.ensure(balance(1, 1))
	for range 2 {
		require.NoError(x, x.b.DeleteBalancer(x.Context(), balance(0, 0)))
		x.made(1)
	}
	require.NoError(x, x.b.DeleteBalancer(x.Context(), balance(7, 0)), "of one that was never made")
	x.ensure(balance(0, 1))
	x.made(0, 1)
}

// A service that is deleted and created anew has the name of the old one and not its load balancer.
func (x *balancing) testSameNameAnew() {
	old, anew := balance(0, 1), balance(1, 1)
	anew.Service.Name = old.Service.Name
	x.ensure(old)
	x.ensure(anew)
	require.NoError(x, x.b.DeleteBalancer(x.Context(), old))
	x.made(1)
}

func (x *balancing) testArguments() {
	b := balance(0, 2)
	before := orchestrator.Balance{Service: b.Service.Copy(), Nodes: slices.Clone(b.Nodes)}
	x.ensure(b)
	require.NoError(x, x.b.UpdateBalancer(x.Context(), b))
	require.NoError(x, x.b.DeleteBalancer(x.Context(), b))
	require.Equal(x, before, b, "it is shared and read-only")
}

func (x *balancing) testContextEnded() {
	x.ensure(balance(0, 1))
	ctx, cancel := context.WithCancel(x.Context())
	cancel()
	// Whether they still did their work or not is theirs to choose: they return.
	_, _ = x.b.EnsureBalancer(ctx, balance(0, 1))
	_ = x.b.UpdateBalancer(ctx, balance(0, 1))
	_ = x.b.DeleteBalancer(ctx, balance(0, 1))
	x.ensure(balance(0, 1))
	x.made(0)
}

func (x *balancing) testConcurrent() {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 4 {
				if _, err := x.b.EnsureBalancer(x.Context(), balance(i, n)); err != nil {
					x.Error(err)
				}
				if err := x.b.UpdateBalancer(x.Context(), balance(i, n+1)); err != nil {
					x.Error(err)
				}
				if i%2 == 1 {
					if err := x.b.DeleteBalancer(x.Context(), balance(i, 0)); err != nil {
						x.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	x.made(0, 2, 4, 6)
	x.behind(6, 4)
}

func (x *balancing) testReopen() {
	if x.h.Reopen == nil {
		x.Skip("the harness has no Reopen")
	}
	was := x.ensure(balance(0, 2))
	x.ensure(balance(1, 1))
	x.b = x.h.Reopen(x.T, x.b)
	x.made(0, 1)
	require.Equal(x, was, x.ensure(balance(0, 2)))
	require.NoError(x, x.b.DeleteBalancer(x.Context(), balance(1, 0)))
	x.made(0)
}
