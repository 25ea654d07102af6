package dns

import (
	"cmp"
	"context"
	"iter"
	"net/netip"
	"slices"
	"sync"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// reverse knows the names of addresses. All else is looked up where it is
// stored; only this way round there is no index there.
type reverse struct {
	cfg Config

	mu    sync.RWMutex
	names map[netip.Addr][]string
	held  map[key][]naming // what each service has given to names
}

// key names a service and its endpoints.
type key struct{ namespace, name string }

// naming is a name of an address.
type naming struct {
	ip   netip.Addr
	name string
}

// of returns the names of an address, sorted.
func (x *reverse) of(ip netip.Addr) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Sorted(slices.Values(x.names[ip.Unmap()]))
}

// follow keeps the names in line with services and endpoints until ctx ends.
func (x *reverse) follow(ctx context.Context) {
	for ctx.Err() == nil {
		view := x.cfg.Client.View()
		x.reset(view)
		watching, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() {
			defer stop() // one that fell behind ends both: they begin anew
			each(x.cfg.Client.Services().Watch(watching, store.Filter{}, view.Revision()), x.look)
		})
		group.Go(func() {
			defer stop()
			each(x.cfg.Client.Endpoints().Watch(watching, store.Filter{}, view.Revision()), x.look)
		})
		group.Wait()
	}
}

// each calls a function with the key of every change, until the watch ends.
func each[T labels.Object](changes iter.Seq2[orchestrator.Change[T], error], look func(key)) {
	for c, err := range changes {
		if err != nil {
			return
		}
		m := c.Object.Identity()
		look(key{m.Namespace, m.Name})
	}
}

// reset takes in all that there is.
func (x *reverse) reset(view store.Reader) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.names, x.held = make(map[netip.Addr][]string), make(map[key][]naming)
	for s := range view.Services().All(store.Filter{}) {
		x.put(key{s.Namespace, s.Name}, x.namings(view, s))
	}
}

// look takes in what one service is now. It looks under the lock, so that the
// last one to look has the last word.
func (x *reverse) look(k key) {
	x.mu.Lock()
	defer x.mu.Unlock()
	view := x.cfg.Client.View()
	s, err := view.Services().Get(k.namespace, k.name)
	if err != nil {
		x.put(k, nil)
		return
	}
	x.put(k, x.namings(view, s))
}

// put replaces what a service has given.
func (x *reverse) put(k key, now []naming) {
	for _, old := range x.held[k] {
		rest := slices.DeleteFunc(x.names[old.ip], func(name string) bool { return name == old.name })
		if x.names[old.ip] = rest; len(rest) == 0 {
			delete(x.names, old.ip)
		}
	}
	for _, n := range now {
		x.names[n.ip] = append(x.names[n.ip], n.name)
	}
	if x.held[k] = now; len(now) == 0 {
		delete(x.held, k)
	}
}

// namings returns the names that a service gives: to its address, or, where it
// has none, to those of its endpoints.
func (x *reverse) namings(view store.Reader, s *service.Service) []naming {
	if s.Spec.Type == service.ExternalName {
		return nil
	}
	z := zone{Config: x.cfg, view: view}
	full := x.cfg.fqdn(s)
	var all []naming
	for _, ip := range parseIPs(s.Spec.ClusterIP) {
		all = append(all, naming{ip, full})
	}
	if s.Spec.ClusterIP != service.Headless {
		return all
	}
	for _, subset := range z.subsets(s) {
		for i := range subset.Addresses {
			for _, ip := range parseIPs(subset.Addresses[i].IP) {
				all = append(all, naming{ip, hostOf(&subset.Addresses[i]) + "." + full})
			}
		}
	}
	slices.SortFunc(all, func(a, b naming) int { return cmp.Or(a.ip.Compare(b.ip), cmp.Compare(a.name, b.name)) })
	return slices.Compact(all)
}
