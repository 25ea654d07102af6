package dns

import (
	"net/netip"
	"strings"

	"github.com/coracle-dev/coracle/service"
)

// kind is what a name stands for.
type kind byte

const (
	outside     kind = iota // nothing of the cluster
	nothing                 // of the cluster, and there is no such thing
	branch                  // nothing itself, but there are names below it
	apex                    // the domain
	nameServer              // this server
	version                 // of the rules that the names follow
	inNamespace             // a namespace: a branch, if it is there
	aService
	anEndpoint // of a headless service
	aPort      // _http._tcp of a service
	aProtocol  // _tcp of a service: a branch
	anAddress  // a name for reverse lookup
)

// name is a name that was asked for, taken apart.
type name struct {
	kind               kind
	namespace, service string
	endpoint           string     // anEndpoint: hostname, or address with dashes
	port, protocol     string     // aPort: without "_"
	ip                 netip.Addr // anAddress
	short              bool       // without the domain: outside, if there is no such service
}

// parse takes a name apart, which is in lower case and without the dot at its end.
//
//	web                                    short for the next, in a namespace that is given
//	web.default                            short for the next
//	web.default.svc                        the same without the domain
//	web.default.svc.cluster.local          a service
//	db-0.db.default.svc.cluster.local      an endpoint of a headless service
//	_http._tcp.web.default.svc.cluster.local
func parse(text, domain, namespace string) name {
	if ip, ok := reversed(text); ok {
		return name{kind: anAddress, ip: ip}
	}
	if text == domain {
		return name{kind: apex}
	}
	if below, ok := strings.CutSuffix(text, "."+domain); ok {
		return inDomain(below)
	}
	if below, ok := strings.CutSuffix(text, ".svc"); ok {
		return inServices(strings.Split(below, "."))
	}
	switch parts := strings.Split(text, "."); {
	case text == "" || len(parts) > 2:
		return name{kind: outside}
	case len(parts) == 1:
		return name{kind: aService, service: text, namespace: namespace, short: true}
	default:
		return name{kind: aService, service: parts[0], namespace: parts[1], short: true}
	}
}

// inDomain is parse for what stands before the domain.
func inDomain(text string) name {
	switch text {
	case "svc", "dns":
		return name{kind: branch}
	case "ns.dns":
		return name{kind: nameServer}
	case "dns-version":
		return name{kind: version}
	}
	if below, ok := strings.CutSuffix(text, ".svc"); ok {
		return inServices(strings.Split(below, "."))
	}
	return name{kind: nothing}
}

// inServices is parse for the labels before svc.
func inServices(parts []string) name {
	n := len(parts)
	found := name{kind: nothing, namespace: parts[n-1]}
	if n > 1 {
		found.service = parts[n-2]
	}
	switch {
	case n == 1:
		found.kind = inNamespace
	case n == 2:
		found.kind = aService
	case n == 3 && parts[0] == "_tcp" || n == 3 && parts[0] == "_udp":
		found.kind, found.protocol = aProtocol, parts[0][1:]
	case n == 3:
		found.kind, found.endpoint = anEndpoint, parts[0]
	case n == 4 && strings.HasPrefix(parts[0], "_") && strings.HasPrefix(parts[1], "_"):
		found.kind, found.port, found.protocol = aPort, parts[0][1:], parts[1][1:]
	}
	return found
}

// reversed returns the address that a name for reverse lookup stands for.
func reversed(text string) (netip.Addr, bool) {
	if below, ok := strings.CutSuffix(text, ".in-addr.arpa"); ok {
		parts := strings.Split(below, ".")
		if len(parts) != 4 {
			return netip.Addr{}, false
		}
		ip, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
		return ip, err == nil
	}
	below, ok := strings.CutSuffix(text, ".ip6.arpa")
	if !ok || len(below) != 63 {
		return netip.Addr{}, false
	}
	var digits strings.Builder
	for i := 62; i >= 0; i -= 2 {
		digits.WriteByte(below[i])
		if i%8 == 0 && i > 0 {
			digits.WriteByte(':')
		}
		if i > 0 && below[i-1] != '.' {
			return netip.Addr{}, false
		}
	}
	ip, err := netip.ParseAddr(digits.String())
	return ip, err == nil
}

// hostOf is the name of an endpoint within its service.
func hostOf(a *service.EndpointAddress) string {
	if a.Hostname != "" {
		return a.Hostname
	}
	return strings.NewReplacer(".", "-", ":", "-").Replace(a.IP)
}
