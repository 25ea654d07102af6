package proxy

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Status is one port of a service: where it is reached, what is wrong, and what
// came to it since it was there. Counts only grow; those of an endpoint begin
// anew when it was removed and all its connections have ended.
type Status struct {
	Namespace, Service string
	Port               string // its name; empty where it has none
	Protocol           pod.Protocol
	Listening          []netip.AddrPort // where clients can come to, sorted
	Problems           []string         // why they can't come to other places, sorted
	Active             int              // connections, or sessions of UDP
	Connections        uint64           // that were taken
	Denied             uint64           // by the firewall
	Limited            uint64           // closed because there were too many
	Unserved           uint64           // closed because no endpoint took them
	Drained            uint64           // broken: their endpoint was removed, Config.Drain ago
	Stalled            uint64           // closed because the client took nothing
	Retried            uint64           // attempts at another endpoint than the first
	Endpoints          []Endpoint       // by address
}

// Endpoint is one endpoint of a port, and what came to it.
type Endpoint struct {
	Address     netip.AddrPort
	Leaving     bool   // it gets no more connections: it was removed, or is not ready
	Active      int    // connections, also those that it has not taken yet, or sessions of UDP
	Connections uint64 // that it took
	Sent        uint64 // bytes to it
	Received    uint64 // bytes from it
	Refused     uint64 // connections that it refused
	Failed      uint64 // connections that it did not answer in time, or broke
}

// Status returns all ports of all services, by namespace and name, and of a
// service in its order.
func (p *Proxy) Status() []Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Status
	for _, n := range slices.SortedFunc(maps.Keys(p.fronts), func(a, b name) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	}) {
		all = p.fronts[n].status(n, all)
	}
	return all
}

// Service returns the ports of one service, in its order; none if there is no such service.
func (p *Proxy) Service(namespace, service string) []Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := name{namespace, service}
	if f := p.fronts[n]; f != nil {
		return f.status(n, nil)
	}
	return nil
}

func (f *front) status(n name, to []Status) []Status {
	for _, t := range f.ports {
		tally := &t.pool.tally
		s := Status{
			Namespace: n.namespace, Service: n.name, Port: t.spec.Name, Protocol: t.spec.Protocol,
			Active:      int(t.pool.active.Load()),
			Connections: tally.connections.Load(), Denied: tally.denied.Load(), Limited: tally.limited.Load(),
			Unserved: tally.unserved.Load(), Drained: tally.drained.Load(), Stalled: tally.stalled.Load(), Retried: tally.retried.Load(),
		}
		for at := range t.open {
			s.Listening = append(s.Listening, at.address)
		}
		slices.SortFunc(s.Listening, netip.AddrPort.Compare)
		s.Problems = slices.Sorted(maps.Values(t.problems))
		for _, b := range t.pool.all {
			s.Endpoints = append(s.Endpoints, Endpoint{
				Address: b.address, Leaving: b.until.Load() != 0,
				Active: int(b.active.Load()), Connections: b.connections.Load(),
				Sent: b.sent.Load(), Received: b.received.Load(),
				Refused: b.refused.Load(), Failed: b.failed.Load(),
			})
		}
		slices.SortFunc(s.Endpoints, func(a, b Endpoint) int { return a.Address.Compare(b.Address) })
		to = append(to, s)
	}
	return to
}
