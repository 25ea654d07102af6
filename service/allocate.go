package service

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/coracle-dev/coracle/labels"
)

// Allocator knows which service has which cluster IP and which node ports, and
// chooses those that a service does not ask for itself. No two services have the
// same address, nor the same node port.
//
// It is a value in memory that follows from the services there are: Hold each of
// them and it is what it was. It is for one goroutine at a time.
type Allocator struct {
	ranges Ranges
	ips    pool[netip.Addr]
	ports  pool[int]
}

// NewAllocator returns an allocator of ranges of which nothing is taken. The
// first address of a range is never given out, nor the last one of IPv4: they
// look like those of a network.
//
// Of the rest, some at the beginning are chosen last, so that they are free for
// those who ask for one: a sixteenth of the addresses, but 16 to 256, and a
// thirty-second of the ports, but 16 to 128. Ranges that are less than twice as
// large have no such part.
func NewAllocator(r Ranges) (*Allocator, error) {
	if err := checkCIDR(r.CIDR); err != nil {
		return nil, fmt.Errorf("range of addresses %q: %w", r.CIDR, err)
	}
	if err := r.Ports.check(); err != nil {
		return nil, fmt.Errorf("range of ports %q: %w", r.Ports, err)
	}
	size := 1 << (r.CIDR.Addr().BitLen() - r.CIDR.Bits())
	a := &Allocator{ranges: r}
	a.ips = newPool(size, 16, 256, a.numberOf, a.addressOf)
	a.ips.reserve(0)
	if r.CIDR.Addr().Is4() {
		a.ips.reserve(size - 1)
	}
	a.ports = newPool(r.Ports.Last-r.Ports.First+1, 32, 128,
		func(port int) (int, bool) { return port - r.Ports.First, r.Ports.Contains(port) },
		func(n int) int { return r.Ports.First + n })
	return a, nil
}

// numberOf returns which address of the range ip is; false if it is none of them.
func (a *Allocator) numberOf(ip netip.Addr) (int, bool) {
	if !a.ranges.CIDR.Contains(ip) {
		return 0, false
	}
	b, first := ip.As16(), a.ranges.CIDR.Addr().As16()
	return int(binary.BigEndian.Uint32(b[12:]) - binary.BigEndian.Uint32(first[12:])), true
}

// addressOf returns address n of the range.
func (a *Allocator) addressOf(n int) netip.Addr {
	b := a.ranges.CIDR.Addr().As16()
	binary.BigEndian.PutUint32(b[12:], binary.BigEndian.Uint32(b[12:])+uint32(n))
	return netip.AddrFrom16(b).Unmap()
}

// Assign gives s, which must be valid and have its defaults, the cluster IP and
// the node ports that its type needs: those that it asks for, or others. What old,
// its former version, had and s does not ask for is free again; nil: s is new.
//
// The error is a labels.FieldErrors with each field that asks for what another
// service has, for what is outside of its range (unless old had it), or for what
// there is no more of. Nothing is changed then, neither a nor s.
func (a *Allocator) Assign(s, old *Service) error {
	me := owner(s)
	if old != nil {
		a.Release(old)
	}
	got := s.Spec.Copy()
	var errs labels.FieldErrors
	a.assignIP(&errs, &got, old, me)
	a.assignPorts(&errs, &got, old, me)
	if err := errs.Err(); err != nil {
		a.release(&got, me)
		if old != nil {
			a.hold(&old.Spec, me)
		}
		return err
	}
	s.Spec.ClusterIP, s.Spec.Ports = got.ClusterIP, got.Ports
	return nil
}

// assignIP gives a service its cluster IP.
func (a *Allocator) assignIP(errs *labels.FieldErrors, s *Spec, old *Service, me string) {
	const path = "spec.clusterIP"
	switch {
	case s.Type == ExternalName || s.ClusterIP == Headless:
	case s.ClusterIP == "":
		ip, ok := a.ips.choose()
		if !ok {
			errs.Add(path, nil, fmt.Sprintf("every address of %s is taken", a.ranges.CIDR))
			return
		}
		s.ClusterIP = ip.String()
		a.ips.take(ip, me)
	default:
		ip, err := netip.ParseAddr(s.ClusterIP)
		if err == nil && (old == nil || old.Spec.ClusterIP != s.ClusterIP) {
			err = a.mayHave(ip.Unmap())
		}
		if err == nil {
			err = claim(&a.ips, ip.Unmap(), me)
		}
		if err != nil {
			errs.Add(path, s.ClusterIP, err.Error())
			s.ClusterIP = ""
		}
	}
}

// mayHave returns why no service is given an address.
func (a *Allocator) mayHave(ip netip.Addr) error {
	n, in := a.numberOf(ip)
	switch {
	case !in:
		return fmt.Errorf("must be in %s", a.ranges.CIDR)
	case n == 0:
		return fmt.Errorf("must not be the first address of %s", a.ranges.CIDR)
	case n == a.ips.size-1 && ip.Is4():
		return fmt.Errorf("must not be the last address of %s", a.ranges.CIDR)
	}
	return nil
}

// claim gives a key to its owner, unless somebody else has it.
func claim[K comparable](p *pool[K], k K, me string) error {
	if other, taken := p.owners[k]; taken && other != me {
		return fmt.Errorf("is taken by service %q", other)
	}
	p.take(k, me)
	return nil
}

// assignPorts gives a service its node ports: first those that it asks for.
func (a *Allocator) assignPorts(errs *labels.FieldErrors, s *Spec, old *Service, me string) {
	if !s.needsNodePorts() {
		return
	}
	for i := range s.Ports {
		p := &s.Ports[i]
		if p.NodePort == 0 {
			continue
		}
		var err error
		if !a.ranges.Ports.Contains(p.NodePort) && !hadNodePort(old, p.NodePort) {
			err = fmt.Errorf("must be in %s", a.ranges.Ports)
		} else {
			err = claim(&a.ports, p.NodePort, me)
		}
		if err != nil {
			errs.Add(at("spec.ports", i)+".nodePort", p.NodePort, err.Error())
			p.NodePort = 0
		}
	}
	for i := range s.Ports {
		p := &s.Ports[i]
		if p.NodePort != 0 || len(*errs) > 0 {
			continue
		}
		if p.NodePort = s.siblingPort(p); p.NodePort != 0 {
			continue
		}
		port, ok := a.ports.choose()
		if !ok {
			errs.Add(at("spec.ports", i)+".nodePort", nil, fmt.Sprintf("every port of %s is taken", a.ranges.Ports))
			continue
		}
		p.NodePort = port
		a.ports.take(port, me)
	}
}

// siblingPort returns the node port of the port that has the number of p and
// another protocol, if p may have it too: one number then stands for both.
func (s *Spec) siblingPort(p *Port) int {
	for i := range s.Ports {
		if q := &s.Ports[i]; q.NodePort != 0 && q.Port == p.Port && !s.hasNodePort(q.NodePort, p) {
			return q.NodePort
		}
	}
	return 0
}

// hasNodePort reports whether a port of the protocol of p has the node port.
func (s *Spec) hasNodePort(number int, p *Port) bool {
	for i := range s.Ports {
		if q := &s.Ports[i]; q.NodePort == number && q.Protocol == p.Protocol {
			return true
		}
	}
	return false
}

func hadNodePort(old *Service, number int) bool {
	if old == nil {
		return false
	}
	for i := range old.Spec.Ports {
		if old.Spec.Ports[i].NodePort == number {
			return true
		}
	}
	return false
}

// needsNodePorts reports whether the ports are to be reached on the nodes too.
func (s *Spec) needsNodePorts() bool { return s.Type == NodePort || s.Type == LoadBalancer }

// Release takes back what s has.
func (a *Allocator) Release(s *Service) { a.release(&s.Spec, owner(s)) }

func (a *Allocator) release(s *Spec, me string) {
	if ip, err := netip.ParseAddr(s.ClusterIP); err == nil {
		a.ips.give(ip.Unmap(), me)
	}
	for i := range s.Ports {
		a.ports.give(s.Ports[i].NodePort, me)
	}
}

// Hold takes in what a stored service has, be it in the ranges or not: it keeps
// it. The error says what of it another service has too, or is outside of its range.
func (a *Allocator) Hold(s *Service) error { return a.hold(&s.Spec, owner(s)) }

func (a *Allocator) hold(s *Spec, me string) error {
	var errs labels.FieldErrors
	if ip, err := netip.ParseAddr(s.ClusterIP); err == nil {
		if err = claim(&a.ips, ip.Unmap(), me); err == nil {
			err = a.mayHave(ip.Unmap())
		}
		if err != nil {
			errs.Add("spec.clusterIP", s.ClusterIP, err.Error())
		}
	}
	for i := range s.Ports {
		number := s.Ports[i].NodePort
		if number == 0 {
			continue
		}
		err := claim(&a.ports, number, me)
		if err == nil && !a.ranges.Ports.Contains(number) {
			err = fmt.Errorf("must be in %s", a.ranges.Ports)
		}
		if err != nil {
			errs.Add(at("spec.ports", i)+".nodePort", number, err.Error())
		}
	}
	return errs.Err()
}

// Owner returns the service that has a cluster IP, as namespace/name; empty where none has.
func (a *Allocator) Owner(ip netip.Addr) string { return a.ips.owners[ip.Unmap()] }

// PortOwner returns the service that has a node port, as namespace/name; empty where none has.
func (a *Allocator) PortOwner(nodePort int) string { return a.ports.owners[nodePort] }

// Taken returns how many addresses and how many node ports are taken.
func (a *Allocator) Taken() (addresses, ports int) { return len(a.ips.owners), len(a.ports.owners) }

// Complete reports whether s has everything that Assign would give it.
func (s *Service) Complete() bool {
	if s.Spec.ClusterIP == "" && s.Spec.Type != ExternalName {
		return false
	}
	for i := range s.Spec.Ports {
		if s.Spec.needsNodePorts() && s.Spec.Ports[i].NodePort == 0 {
			return false
		}
	}
	return true
}

// Inherit gives s the cluster IP and the node ports that old, its former version,
// was given, where s needs them and asks for none of its own, and takes away those
// that it repeats and no longer needs. Ports are the same where their names are.
func (s *Service) Inherit(old *Service) {
	if _, err := netip.ParseAddr(old.Spec.ClusterIP); err == nil {
		switch {
		case s.Spec.Type == ExternalName && s.Spec.ClusterIP == old.Spec.ClusterIP:
			s.Spec.ClusterIP = ""
		case s.Spec.Type != ExternalName && s.Spec.ClusterIP == "":
			s.Spec.ClusterIP = old.Spec.ClusterIP
		}
	}
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		for _, was := range old.Spec.Ports {
			switch {
			case was.Name != p.Name || was.NodePort == 0:
			case !s.Spec.needsNodePorts() && p.NodePort == was.NodePort:
				p.NodePort = 0
			case s.Spec.needsNodePorts() && p.NodePort == 0 && !s.Spec.hasNodePort(was.NodePort, p):
				p.NodePort = was.NodePort
			}
		}
	}
}

// owner is what an allocator calls a service.
func owner(s *Service) string { return s.Namespace + "/" + s.Name }
