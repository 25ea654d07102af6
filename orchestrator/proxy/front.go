package proxy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// front is a service as the proxy sees it.
type front struct {
	service   *service.Service // nil: there is none
	endpoints *service.Endpoints
	ports     []*port
	troubled  bool // a port could not be opened
	listened  *service.Service
}

// port is one port of a service: where clients come to, and what is behind it.
type port struct {
	spec     service.Port
	pool     *pool
	open     map[place]func() <-chan struct{} // closes it
	problems map[place]string
}

// place is where a client can come to.
type place struct {
	address  netip.AddrPort
	protocol pod.Protocol
}

// sync brings a front in line with its service and endpoints. The caller holds mu.
func (p *Proxy) sync(n name, f *front) {
	if f.service == nil && f.endpoints == nil && len(f.ports) == 0 {
		delete(p.fronts, n)
		return
	}
	if f.service != f.listened || f.troubled {
		p.listen(n, f)
	}
	end := p.engine.clock() + int64(p.cfg.Drain)
	leaving := false
	for _, port := range f.ports {
		ready, unready := f.addresses(port.spec)
		leaving = port.pool.set(ready, unready, end) || leaving
	}
	if leaving {
		p.drainAt(end)
	}
}

// listen makes the ports those of the service, closes where nobody is to come
// any more, and opens where they are.
func (p *Proxy) listen(n name, f *front) {
	old := f.ports
	f.ports = nil
	var closing []<-chan struct{}
	wanted := p.places(f.service)
	for i, spec := range portsOf(f.service) {
		at := slices.IndexFunc(old, func(o *port) bool { return o.spec.Name == spec.Name && o.spec.Protocol == spec.Protocol })
		if at < 0 {
			f.ports = append(f.ports, p.newPort(n, spec))
		} else {
			f.ports = append(f.ports, old[at])
			old = slices.Delete(slices.Clone(old), at, at+1)
		}
		port := f.ports[i]
		port.spec = spec
		port.stick(f.service.Spec)
		target := service.NewTarget(f.service, spec)
		port.pool.target.Store(&target)
		for at := range port.open {
			if !slices.Contains(wanted[i], at) {
				closing = append(closing, p.shut(port, at))
			}
		}
	}
	for _, port := range old {
		for at := range port.open {
			closing = append(closing, p.shut(port, at))
		}
		if end := p.engine.clock() + int64(p.cfg.Drain); port.pool.set(nil, nil, end) {
			p.drainAt(end)
		}
	}
	for _, closed := range closing {
		<-closed
	}
	f.troubled = false
	for i, port := range f.ports {
		was := port.problems
		port.problems = make(map[place]string)
		for _, at := range wanted[i] {
			p.openAt(port, at, was)
		}
		f.troubled = f.troubled || len(port.problems) > 0
	}
	f.listened = f.service
}

// openAt opens a port at a place, or notes why that does not work. A problem is told once.
func (p *Proxy) openAt(port *port, at place, told map[place]string) {
	if port.open[at] != nil {
		return
	}
	reason, problem := p.tryOpen(port, at)
	if problem == "" {
		p.taken[at] = port
		return
	}
	port.problems[at] = problem
	if told[at] != problem {
		port.pool.tell(reason, problem)
	}
}

func (p *Proxy) tryOpen(port *port, at place) (reason, problem string) {
	if other := p.taken[at]; other != nil {
		return reasonPortTaken, fmt.Sprintf("%s %s is taken by service port %s", at.protocol, at.address, other.pool.name)
	}
	if reason, problem := p.claim(at.address.Addr()); problem != "" {
		return reason, problem
	}
	closer, err := p.engine.listen(at.address, at.protocol, port.pool)
	if err != nil {
		p.disclaim(at.address.Addr())
		return whyNot(at, err)
	}
	port.open[at] = closer
	return "", ""
}

// shut closes a port at a place. What it returns is closed when that is done.
func (p *Proxy) shut(port *port, at place) <-chan struct{} {
	closed := port.open[at]()
	p.disclaim(at.address.Addr())
	delete(port.open, at)
	delete(p.taken, at)
	return closed
}

func (p *Proxy) newPort(n name, spec service.Port) *port {
	label := n.namespace + "/" + n.name + ":" + cmp.Or(spec.Name, fmt.Sprint(spec.Port))
	told := &teller{about: n, news: p.news}
	return &port{pool: newPool(label, told.tell), open: make(map[place]func() <-chan struct{})}
}

// stick sets the affinity that a service asks for. Clients that have an
// endpoint keep it, unless the time-out changes.
func (t *port) stick(s service.Spec) {
	if s.SessionAffinity != service.AffinityClientIP {
		t.pool.sticky.Store(nil)
		return
	}
	timeout := 3 * time.Hour
	if c := s.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
		timeout = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
	}
	if old := t.pool.sticky.Load(); old == nil || old.timeout != timeout {
		t.pool.sticky.Store(newSticky(timeout))
	}
}

// portsOf returns the ports that clients can come to.
func portsOf(s *service.Service) []service.Port {
	if s == nil || s.Spec.Type == service.ExternalName || s.Spec.ClusterIP == service.Headless {
		return nil
	}
	ports := slices.Clone(s.Spec.Ports)
	for i := range ports {
		ports[i].Protocol = cmp.Or(ports[i].Protocol, pod.TCP)
	}
	return ports
}

// places returns where the clients of each port of a service are to come to.
func (p *Proxy) places(s *service.Service) [][]place {
	var all [][]place
	for _, spec := range portsOf(s) {
		var at []place
		add := func(address netip.Addr, port int) {
			here := place{netip.AddrPortFrom(address.Unmap(), uint16(port)), spec.Protocol}
			if !slices.Contains(at, here) {
				at = append(at, here)
			}
		}
		if ip, err := netip.ParseAddr(s.Spec.ClusterIP); err == nil && p.cfg.Portals != NoPortals {
			add(ip, spec.Port)
		}
		for _, text := range s.Spec.ExternalIPs {
			if ip, err := netip.ParseAddr(text); err == nil {
				add(ip, spec.Port)
			}
		}
		if spec.NodePort != 0 {
			for _, ip := range p.cfg.NodeAddresses {
				add(ip, spec.NodePort)
			}
		}
		all = append(all, at)
	}
	return all
}

// addresses returns the endpoints of a port, those that are ready and those that are not.
func (f *front) addresses(spec service.Port) (ready, unready []netip.AddrPort) {
	if f.endpoints == nil {
		return nil, nil
	}
	for _, subset := range f.endpoints.Subsets {
		for _, ep := range subset.Ports {
			if ep.Name != spec.Name || cmp.Or(ep.Protocol, pod.TCP) != spec.Protocol {
				continue
			}
			ready = appendAddresses(ready, subset.Addresses, ep.Port)
			unready = appendAddresses(unready, subset.NotReadyAddresses, ep.Port)
		}
	}
	return ready, unready
}

func appendAddresses(to []netip.AddrPort, from []service.EndpointAddress, port int) []netip.AddrPort {
	to = slices.Grow(to, len(from))
	for i := range from {
		if ip, err := netip.ParseAddr(from[i].IP); err == nil {
			to = append(to, netip.AddrPortFrom(ip.Unmap(), uint16(port)))
		}
	}
	return to
}
