package proxy

import (
	"math"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coracle-dev/coracle/service"
)

// pool is what is behind one port of a service, and who is next.
//
// The loops pick from it while the control changes it. A backend that stays
// keeps its counters, its connections and its clients.
type pool struct {
	name string // "default/web:http", for events

	backends atomic.Pointer[[]*backend]  // shared, read-only
	all      map[netip.AddrPort]*backend // the control's: also those with connections that go on
	turn     atomic.Uint64
	sticky   atomic.Pointer[sticky]         // nil: no affinity
	target   atomic.Pointer[service.Target] // what the firewall is asked about

	active atomic.Int64 // connections and sessions
	tally  tally
	tell   func(reason, message string) // of what went wrong; never blocks
}

// tally counts what came to a port.
type tally struct {
	connections atomic.Uint64 // accepted, and given to an endpoint
	denied      atomic.Uint64 // by the firewall
	limited     atomic.Uint64 // beyond a limit
	unserved    atomic.Uint64 // no endpoint took them
	drained     atomic.Uint64 // broken after the grace of an endpoint that was removed
	stalled     atomic.Uint64 // clients that took nothing until Idle was over
	retried     atomic.Uint64 // went to another endpoint than the first
}

// backend is one endpoint of a pool.
type backend struct {
	address netip.AddrPort

	active      atomic.Int64 // connections and sessions, also those being made
	connections atomic.Uint64
	sent        atomic.Uint64 // bytes to the endpoint
	received    atomic.Uint64 // bytes from it
	refused     atomic.Uint64 // connections
	failed      atomic.Uint64 // connections that broke, or were not answered in time
	shunned     atomic.Int64  // until then, on the proxy's clock
	until       atomic.Int64  // when its connections end: it was removed; 0: it was not
}

// pick returns the next backend that was not tried, with the connection counted
// in active, so that the backend is not forgotten before drop. It leaves out those
// that are shunned while there are others. Nil: there is none.
func (p *pool) pick(source netip.Addr, tried []*backend, now int64) *backend {
	for {
		b := p.choose(source, tried, now)
		if b == nil {
			return nil
		}
		b.active.Add(1)
		if b.until.Load() == 0 {
			return b
		}
		b.drop() // it was removed since: set may not have seen the connection
	}
}

// drop counts out a connection that pick counted in.
func (b *backend) drop() { b.active.Add(-1) }

// over says whether the time of the backend's connections is over.
func (b *backend) over(now int64) bool {
	until := b.until.Load()
	return until != 0 && until <= now
}

// choose returns the backend whose turn it is.
func (p *pool) choose(source netip.Addr, tried []*backend, now int64) *backend {
	backends := *p.backends.Load()
	if len(backends) == 0 {
		return nil
	}
	s := p.sticky.Load()
	if s != nil {
		if b := s.find(source, now); b != nil && b.until.Load() == 0 && b.shunned.Load() <= now && !slices.Contains(tried, b) {
			return b
		}
	}
	b := p.draw(backends, tried, now)
	if s != nil && b != nil {
		s.keep(source, b, now)
	}
	return b
}

// draw takes turns until one is worth trying.
func (p *pool) draw(backends, tried []*backend, now int64) *backend {
	var spare *backend // shunned, and better than none
	for range backends {
		b := backends[(p.turn.Add(1)-1)%uint64(len(backends))]
		switch {
		case slices.Contains(tried, b):
		case b.shunned.Load() > now:
			spare = b
		default:
			return b
		}
	}
	return spare
}

// set makes the ready addresses the backends, in that order. Of those that were,
// the unready get no more connections and keep the ones they have; the
// connections of the others end at a time, or when drained returns, whichever is
// later. It says whether there are such.
func (p *pool) set(ready, unready []netip.AddrPort, end int64) (leaving bool) {
	backends := make([]*backend, 0, len(ready))
	state := make(map[*backend]bool, len(ready)) // whether it is ready; not there: removed
	for _, a := range ready {
		b := p.all[a]
		if b == nil {
			b = &backend{address: a}
			p.all[a] = b
		}
		if !state[b] {
			state[b] = true
			if b.until.Swap(0) != 0 {
				b.shunned.Store(0) // it is ready again: that is newer than what was wrong
			}
			backends = append(backends, b)
		}
	}
	p.backends.Store(&backends)
	for _, a := range unready {
		if b := p.all[a]; b != nil && !state[b] {
			state[b] = false
			b.until.Store(math.MaxInt64)
		}
	}
	for a, b := range p.all {
		if _, there := state[b]; there {
			continue
		}
		if until := b.until.Load(); until == 0 || until == math.MaxInt64 {
			b.until.Store(end)
		}
		if b.active.Load() == 0 {
			delete(p.all, a)
		} else {
			leaving = true
		}
	}
	return leaving
}

func newPool(name string, tell func(reason, message string)) *pool {
	p := &pool{name: name, tell: tell, all: make(map[netip.AddrPort]*backend)}
	p.backends.Store(new([]*backend))
	return p
}

// sticky remembers which backend a client's address was given to.
type sticky struct {
	timeout time.Duration

	mu      sync.Mutex
	clients map[netip.Addr]stuck
	sweep   int // look for what is over when there are more than this
}

type stuck struct {
	b    *backend
	last int64 // when it was last used
}

func newSticky(timeout time.Duration) *sticky {
	return &sticky{timeout: timeout, clients: make(map[netip.Addr]stuck), sweep: 1024}
}

// find returns the client's backend, whose time begins anew; nil if there is none.
func (s *sticky) find(client netip.Addr, now int64) *backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.clients[client]
	if !ok || now-found.last >= int64(s.timeout) {
		return nil
	}
	s.clients[client] = stuck{found.b, now}
	return found.b
}

func (s *sticky) keep(client netip.Addr, b *backend, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[client] = stuck{b, now}
	if len(s.clients) <= s.sweep {
		return
	}
	for c, at := range s.clients {
		if now-at.last >= int64(s.timeout) || at.b.until.Load() != 0 {
			delete(s.clients, c)
		}
	}
	s.sweep = max(1024, 2*len(s.clients))
}
