package service

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Resolution is where the traffic of a service goes, and why it goes nowhere else.
type Resolution struct {
	Endpoints *Endpoints // with the name, the namespace and the labels of the service
	Events    []labels.Event
}

// The reasons of the events.
const (
	// EventNoPods: the selector matches no pod.
	EventNoPods = "NoPods"
	// EventNoTargetPort: some pods have no port of the name that a target port has.
	EventNoTargetPort = "NoTargetPort"
)

// Selects reports whether the endpoints of s follow from its selector. Those of
// a service without one, or that is a name elsewhere, are for somebody else to write.
func (s *Service) Selects() bool { return len(s.Spec.Selector) > 0 && s.Spec.Type != ExternalName }

// Selector returns what the pods of s match; nothing but a service that Selects has pods.
func (s *Service) Selector() labels.Selector { return labels.SelectorFromSet(s.Spec.Selector) }

// Resolve returns the endpoints of s, which must have its defaults, among pods,
// which are those that its selector matches in its namespace, in any order.
//
// A pod takes part once it has an address, until it has ended or its deletion
// was asked for. It is ready where its Ready condition is true. A service that
// publishes addresses which are not ready takes all of them for ready, also
// those on their way out: what its clients look for is the pods, not an answer.
//
// A target port that is a name is looked up in each pod anew: among the ports of
// its containers, by name and protocol. A pod without it takes no part in that
// port. A headless service may have no ports: then its addresses have none. A
// pod whose subdomain is the name of the service has its hostname there.
//
// Ports that the same addresses offer share a subset, as in core/v1. Subsets are
// in the order of their ports: by name, number and protocol; addresses by number,
// and then by the uid of their pod. So equal pods give equal endpoints.
func Resolve(s *Service, pods []*pod.Pod) Resolution {
	x := resolver{s: s}
	x.take(pods)
	x.offerAll()
	return Resolution{Endpoints: &Endpoints{
		Meta:    labels.Meta{Namespace: s.Namespace, Name: s.Name, Labels: maps.Clone(s.Labels)},
		Subsets: x.subsets(),
	}, Events: x.events(len(pods))}
}

// Moves reports whether the endpoints of some service may change as a pod
// becomes now what it was; each is nil where there is none.
func Moves(old, now *pod.Pod) bool {
	if old == nil || now == nil {
		return old != now
	}
	return old.Status.PodIP != now.Status.PodIP || old.Deleting() != now.Deleting() ||
		old.Status.Phase.Terminal() != now.Status.Phase.Terminal() ||
		old.Status.Is(pod.Ready) != now.Status.Is(pod.Ready) ||
		old.UID != now.UID || old.Spec.NodeName != now.Spec.NodeName || !old.Labels.Equal(now.Labels)
}

// resolver is one Resolve at work.
type resolver struct {
	s      *Service
	places []place
	offers []offer
	known  map[EndpointPort]int // offers by port
	lost   map[string]int       // by target port: how many pods do not have it
}

// place is a pod that takes part.
type place struct {
	ip    netip.Addr
	ready bool
	pod   *pod.Pod
}

// offer is a port and the places that have it, as indexes.
type offer struct {
	port EndpointPort
	at   []int
}

// take chooses and sorts the pods that take part.
func (x *resolver) take(pods []*pod.Pod) {
	x.places = make([]place, 0, len(pods))
	for _, p := range pods {
		ip, err := netip.ParseAddr(p.Status.PodIP)
		if err != nil || p.Status.Phase.Terminal() {
			continue
		}
		ready := p.Status.Is(pod.Ready)
		if x.s.Spec.PublishNotReadyAddresses {
			ready = true
		} else if p.Deleting() {
			continue
		}
		x.places = append(x.places, place{ip, ready, p})
	}
	slices.SortFunc(x.places, func(a, b place) int {
		return cmp.Or(a.ip.Compare(b.ip), cmp.Compare(a.pod.UID, b.pod.UID))
	})
}

// offerAll finds out which port every pod has for each of the service's.
func (x *resolver) offerAll() {
	if len(x.s.Spec.Ports) == 0 {
		for i := range x.places {
			x.offer(EndpointPort{}, i)
		}
		return
	}
	for i := range x.s.Spec.Ports {
		port := &x.s.Spec.Ports[i]
		for at, p := range x.places {
			number, ok := targetPort(p.pod, port)
			if !ok {
				if x.lost == nil {
					x.lost = make(map[string]int)
				}
				x.lost[port.TargetPort.Name]++
				continue
			}
			x.offer(EndpointPort{Name: port.Name, Port: number, Protocol: port.Protocol}, at)
		}
	}
}

// targetPort returns the number that the target of a service's port has in a pod.
func targetPort(p *pod.Pod, port *Port) (int, bool) {
	ref := port.TargetPort
	if ref.Name == "" {
		return ref.Int, true
	}
	for i := range p.Spec.Containers {
		for _, own := range p.Spec.Containers[i].Ports {
			if own.Name == ref.Name && cmp.Or(own.Protocol, pod.TCP) == cmp.Or(port.Protocol, pod.TCP) {
				return own.ContainerPort, true
			}
		}
	}
	return 0, false
}

// offer notes that a place has a port. Mostly it is the port of the place before.
func (x *resolver) offer(port EndpointPort, at int) {
	i := len(x.offers) - 1
	if i < 0 || x.offers[i].port != port {
		var ok bool
		if i, ok = x.known[port]; !ok {
			if x.known == nil {
				x.known = make(map[EndpointPort]int)
			}
			i = len(x.offers)
			x.known[port] = i
			x.offers = append(x.offers, offer{port: port})
		}
	}
	x.offers[i].at = append(x.offers[i].at, at)
}

// subsets joins the ports that the same places have.
func (x *resolver) subsets() []Subset {
	slices.SortFunc(x.offers, func(a, b offer) int { return comparePorts(a.port, b.port) })
	addresses := x.addresses()
	var subsets []Subset
	known := make(map[string]int)
	for _, o := range x.offers {
		key := fingerprint(o.at)
		i, ok := known[key]
		if !ok {
			i = len(subsets)
			known[key] = i
			subsets = append(subsets, x.subset(o.at, addresses))
		}
		if o.port.Port != 0 {
			subsets[i].Ports = append(subsets[i].Ports, o.port)
		}
	}
	return subsets
}

func comparePorts(a, b EndpointPort) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
}

// fingerprint returns a key that two lists share only if they are equal.
func fingerprint(at []int) string {
	b := make([]byte, 0, 4*len(at))
	for _, i := range at {
		b = append(b, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
	}
	return string(b)
}

// addresses returns that of each place.
func (x *resolver) addresses() []EndpointAddress {
	as := make([]EndpointAddress, len(x.places))
	refs := make([]labels.Reference, len(x.places))
	for i, p := range x.places {
		refs[i] = labels.Reference{Kind: "Pod", Namespace: p.pod.Namespace, Name: p.pod.Name, UID: p.pod.UID}
		as[i] = EndpointAddress{IP: p.pod.Status.PodIP, NodeName: p.pod.Spec.NodeName, TargetRef: &refs[i]}
		if p.pod.Spec.Subdomain == x.s.Name {
			as[i].Hostname = p.pod.Spec.Hostname
		}
	}
	return as
}

// subset returns the addresses of some places, without ports.
func (x *resolver) subset(at []int, addresses []EndpointAddress) Subset {
	var s Subset
	for _, i := range at {
		if x.places[i].ready {
			s.Addresses = append(s.Addresses, addresses[i])
		} else {
			s.NotReadyAddresses = append(s.NotReadyAddresses, addresses[i])
		}
	}
	return s
}

// events says why pods are not reached, for as long as they are not.
func (x *resolver) events(pods int) []labels.Event {
	if pods == 0 {
		return []labels.Event{{Type: labels.Warning, Reason: EventNoPods,
			Message: fmt.Sprintf("no pod matches the selector %s", x.s.Selector())}}
	}
	var events []labels.Event
	for _, name := range slices.Sorted(maps.Keys(x.lost)) {
		events = append(events, labels.Event{Type: labels.Warning, Reason: EventNoTargetPort,
			Message: fmt.Sprintf("%d of %d pods have no port named %q, which is a targetPort", x.lost[name], len(x.places), name)})
	}
	return events
}
