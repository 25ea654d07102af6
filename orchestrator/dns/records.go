package dns

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// answerService answers for a service, or for something below it.
func (z *zone) answerService(n name, s *service.Service, text string, qtype uint16) reply {
	if s.Spec.Type == service.ExternalName {
		if n.kind != aService {
			return nxdomain()
		}
		return z.answerElsewhere(s, text, qtype)
	}
	headless := s.Spec.ClusterIP == service.Headless
	switch {
	case n.kind == aService && headless:
		return z.addresses(text, qtype, z.endpointIPs(s))
	case n.kind == aService:
		return z.addresses(text, qtype, parseIPs(s.Spec.ClusterIP))
	case n.kind == anEndpoint && headless:
		return z.answerEndpoint(n, s, text, qtype)
	case n.kind == aPort && headless:
		return z.answerEndpointPorts(n, s, text, qtype)
	case n.kind == aPort:
		return z.answerPort(n, s, text, qtype)
	case n.kind == aProtocol && z.hasProtocol(n, s):
		return nodata()
	}
	return nxdomain()
}

// answerElsewhere leads to the name that stands for a service. What that is in
// the cluster is part of the answer.
func (z *zone) answerElsewhere(s *service.Service, text string, qtype uint16) reply {
	target := dns.Fqdn(s.Spec.ExternalName)
	r := reply{answer: []dns.RR{&dns.CNAME{Hdr: z.header(text, dns.TypeCNAME), Target: target}}}
	if qtype == dns.TypeCNAME {
		return r
	}
	if z.hops++; z.hops > 8 {
		return r // in a circle
	}
	next := z.answer(target, qtype)
	if next.outside {
		r.goOn = target
		return r
	}
	next.answer = append(r.answer, next.answer...)
	return next
}

// addresses answers with the addresses of the type that was asked for, each time
// beginning with another.
func (z *zone) addresses(text string, qtype uint16, ips []netip.Addr) reply {
	records := z.addressRecords(text, qtype, ips)
	if len(records) == 0 {
		return nodata()
	}
	first := int(z.turn) % len(records)
	records = slices.Concat(records[first:], records[:first])
	return reply{answer: records[:min(len(records), mostAddresses)]}
}

// addressRecords returns an A or AAAA record for each address of that type.
func (z *zone) addressRecords(text string, qtype uint16, ips []netip.Addr) []dns.RR {
	var records []dns.RR
	for _, ip := range ips {
		switch {
		case qtype == dns.TypeA && ip.Is4():
			records = append(records, &dns.A{Hdr: z.header(text, dns.TypeA), A: ip.AsSlice()})
		case qtype == dns.TypeAAAA && ip.Is6():
			records = append(records, &dns.AAAA{Hdr: z.header(text, dns.TypeAAAA), AAAA: ip.AsSlice()})
		}
	}
	return records
}

// parseIPs returns those of the texts that are addresses, each once, in order.
func parseIPs(texts ...string) []netip.Addr {
	var ips []netip.Addr
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil {
			ips = append(ips, ip.Unmap())
		}
	}
	slices.SortFunc(ips, netip.Addr.Compare)
	return slices.Compact(ips)
}

// subsets returns where the traffic of a service goes.
func (z *zone) subsets(s *service.Service) []service.Subset {
	e, err := z.view.Endpoints().Get(s.Namespace, s.Name)
	if err != nil {
		return nil
	}
	return e.Subsets
}

// endpointIPs returns the addresses of the endpoints that are ready.
func (z *zone) endpointIPs(s *service.Service) []netip.Addr {
	var texts []string
	for _, subset := range z.subsets(s) {
		for _, a := range subset.Addresses {
			texts = append(texts, a.IP)
		}
	}
	return parseIPs(texts...)
}

// answerEndpoint answers for one endpoint of a headless service.
func (z *zone) answerEndpoint(n name, s *service.Service, text string, qtype uint16) reply {
	var texts []string
	for _, subset := range z.subsets(s) {
		for i := range subset.Addresses {
			if a := &subset.Addresses[i]; hostOf(a) == n.endpoint {
				texts = append(texts, a.IP)
			}
		}
	}
	if len(texts) == 0 {
		return nxdomain()
	}
	return z.addresses(text, qtype, parseIPs(texts...))
}

// answerPort says where a named port of a service with an address is.
func (z *zone) answerPort(n name, s *service.Service, text string, qtype uint16) reply {
	for _, p := range s.Spec.Ports {
		if p.Name != n.port || !same(p.Protocol, n.protocol) {
			continue
		}
		if qtype != dns.TypeSRV {
			return nodata()
		}
		target := z.fqdn(s)
		return reply{answer: []dns.RR{z.srv(text, target, p.Port)}, extra: z.both(target, parseIPs(s.Spec.ClusterIP))}
	}
	return nxdomain()
}

// answerEndpointPorts says where a named port of a headless service is: at each of its endpoints.
func (z *zone) answerEndpointPorts(n name, s *service.Service, text string, qtype uint16) reply {
	var r reply
	there := slices.ContainsFunc(s.Spec.Ports, func(p service.Port) bool { return p.Name == n.port && same(p.Protocol, n.protocol) })
	for _, subset := range z.subsets(s) {
		for _, p := range subset.Ports {
			if p.Name != n.port || !same(p.Protocol, n.protocol) {
				continue
			}
			there = true
			for i := range subset.Addresses {
				target := hostOf(&subset.Addresses[i]) + "." + z.fqdn(s)
				r.answer = append(r.answer, z.srv(text, target, p.Port))
				r.extra = append(r.extra, z.both(target, parseIPs(subset.Addresses[i].IP))...)
			}
		}
	}
	switch {
	case !there:
		return nxdomain()
	case qtype != dns.TypeSRV || len(r.answer) == 0:
		return nodata()
	}
	if most := mostAddresses / 2; len(r.answer) > most {
		r.answer, r.extra = r.answer[:most], nil
	}
	return r
}

// hasProtocol reports whether there are names of ports below one of a protocol.
func (z *zone) hasProtocol(n name, s *service.Service) bool {
	return slices.ContainsFunc(s.Spec.Ports, func(p service.Port) bool { return p.Name != "" && same(p.Protocol, n.protocol) })
}

func same(p pod.Protocol, lower string) bool {
	if p == "" {
		p = pod.TCP
	}
	return strings.ToLower(string(p)) == lower
}

func (z *zone) srv(text, target string, port int) dns.RR {
	return &dns.SRV{Hdr: z.header(text, dns.TypeSRV), Weight: 100, Port: uint16(port), Target: target}
}

// both returns the records of all addresses, whatever their type.
func (z *zone) both(text string, ips []netip.Addr) []dns.RR {
	return append(z.addressRecords(text, dns.TypeA, ips), z.addressRecords(text, dns.TypeAAAA, ips)...)
}

// fqdn is the full name of a service, with the dot at its end.
func (c *Config) fqdn(s *service.Service) string {
	return s.Name + "." + s.Namespace + ".svc." + c.Domain + "."
}

// answerAddress answers which name an address has.
func (z *zone) answerAddress(n name, text string, qtype uint16) reply {
	names := z.reverse.of(n.ip)
	switch {
	case len(names) == 0 && (n.ip.IsPrivate() || n.ip.IsLoopback() || n.ip.IsLinkLocalUnicast()):
		return reply{outside: true, code: dns.RcodeNameError}
	case len(names) == 0:
		return reply{outside: true, code: dns.RcodeRefused}
	case qtype != dns.TypePTR:
		return nodata()
	}
	var r reply
	for _, target := range names {
		r.answer = append(r.answer, &dns.PTR{Hdr: z.header(text, dns.TypePTR), Ptr: target})
	}
	return r
}

// answerApex answers for the domain itself.
func (z *zone) answerApex(text string, qtype uint16) reply {
	switch qtype {
	case dns.TypeSOA:
		return reply{answer: []dns.RR{z.soa()}}
	case dns.TypeNS:
		return reply{answer: []dns.RR{&dns.NS{Hdr: z.header(text, dns.TypeNS), Ns: "ns.dns." + z.Domain + "."}}}
	}
	return nodata()
}

// soa says who is responsible for the domain, and how long it holds that
// something is not there. Its serial number is the revision of the store.
func (z *zone) soa() dns.RR {
	return &dns.SOA{
		Hdr: z.header(z.Domain, dns.TypeSOA), Ns: "ns.dns." + z.Domain + ".", Mbox: "hostmaster." + z.Domain + ".",
		Serial: uint32(z.view.Revision()), Refresh: 7200, Retry: 1800, Expire: 86400, Minttl: z.ttl(),
	}
}
