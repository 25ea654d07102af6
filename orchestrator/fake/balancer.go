package fake

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/service"
)

// Balancer is an orchestrator.Balancer whose load balancers are values. The zero
// value works: there are none. All methods are safe for concurrent use.
type Balancer struct {
	// Called is what Name returns. Default: "fake".
	Called string
	// Delay is how long each call takes to answer, after it has done its work, on
	// the clock of package time. A simulation has Latency for that. Default: 0.
	Delay time.Duration

	mu    sync.Mutex
	made  map[string]orchestrator.Balance // by uid of the service
	given map[string]int                  // which address each has; they are never given anew
	calls BalancerCalls
	fault error
}

var _ orchestrator.Balancer = (*Balancer)(nil)

// BalancerCalls counts calls, those that failed too.
type BalancerCalls struct {
	Ensure, Update, Delete int
}

// Name returns Called, or "fake".
func (b *Balancer) Name() string { return cmp.Or(b.Called, "fake") }

// EnsureBalancer makes the load balancer of a service. It has the address that
// the service asks for, or else one of 192.0.2.0/24 of its own.
func (b *Balancer) EnsureBalancer(ctx context.Context, of orchestrator.Balance) (service.LoadBalancerStatus, error) {
	defer b.wait(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls.Ensure++
	if err := b.refusal(ctx, "ensure", of); err != nil {
		return service.LoadBalancerStatus{}, err
	}
	uid := of.Service.UID
	if b.made == nil {
		b.made, b.given = make(map[string]orchestrator.Balance), make(map[string]int)
	}
	if b.given[uid] == 0 {
		b.given[uid] = len(b.given) + 1
	}
	b.made[uid] = of
	ip := cmp.Or(of.Service.Spec.LoadBalancerIP, fmt.Sprintf("192.0.2.%d", b.given[uid]))
	return service.LoadBalancerStatus{Ingress: []service.Ingress{{IP: ip}}}, nil
}

// UpdateBalancer changes the nodes behind a load balancer. It is an error if there is none.
func (b *Balancer) UpdateBalancer(ctx context.Context, of orchestrator.Balance) error {
	defer b.wait(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls.Update++
	if err := b.refusal(ctx, "update", of); err != nil {
		return err
	}
	if _, there := b.made[of.Service.UID]; !there {
		return fmt.Errorf("update load balancer of service %q: there is none", of.Service.Name)
	}
	b.made[of.Service.UID] = of
	return nil
}

// DeleteBalancer removes a load balancer, if there is one.
func (b *Balancer) DeleteBalancer(ctx context.Context, of orchestrator.Balance) error {
	defer b.wait(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls.Delete++
	if err := b.refusal(ctx, "delete", of); err != nil {
		return err
	}
	delete(b.made, of.Service.UID)
	return nil
}

// wait returns after Delay, or when ctx ends.
func (b *Balancer) wait(ctx context.Context) {
	if b.Delay <= 0 {
		return
	}
	timer := time.NewTimer(b.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// refusal returns why a call fails, or nil.
func (b *Balancer) refusal(ctx context.Context, verb string, of orchestrator.Balance) error {
	if err := cmp.Or(ctx.Err(), b.fault); err != nil {
		return fmt.Errorf("%s load balancer of service %q: %w", verb, of.Service.Name, err)
	}
	return nil
}

// Fail makes every call from now on fail with err; nil: none.
func (b *Balancer) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = err
}

// Made returns what there is, by namespace and name of the services. What it
// points to is shared and read-only.
func (b *Balancer) Made() []orchestrator.Balance {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Values(b.made), func(x, y orchestrator.Balance) int {
		return cmp.Or(cmp.Compare(x.Service.Namespace, y.Service.Namespace), cmp.Compare(x.Service.Name, y.Service.Name))
	})
}

// Lose takes away every load balancer, as a cloud does that was reset.
func (b *Balancer) Lose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.made)
}

// Calls returns how often each method was called.
func (b *Balancer) Calls() BalancerCalls {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}
