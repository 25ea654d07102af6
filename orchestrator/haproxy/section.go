package haproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// Made is a load balancer that there is.
type Made struct {
	UID     string     `json:"uid"`     // of its service
	Service string     `json:"service"` // its namespace and name
	Address netip.Addr `json:"address"` // that clients come to
	Ports   []int      `json:"ports"`
	Nodes   []string   `json:"nodes"` // by name

	targets []target
}

// target is a node as HAProxy reaches it.
type target struct{ name, host string }

// plan says what the load balancer of a service is to be, beside all others.
func (b *Balancer) plan(balance orchestrator.Balance, all []Made) (Made, error) {
	s := balance.Service
	m := Made{UID: s.UID, Service: s.Namespace + "/" + s.Name, Nodes: []string{}}
	for _, p := range s.Spec.Ports {
		if p.Protocol == pod.UDP {
			return m, fmt.Errorf("port %d is UDP, and HAProxy passes TCP only", p.Port)
		}
		if p.NodePort == 0 {
			return m, fmt.Errorf("port %d has no node port to send to", p.Port)
		}
		m.Ports = append(m.Ports, p.Port)
	}
	for _, n := range balance.Nodes {
		m.Nodes = append(m.Nodes, n.Name)
		m.targets = append(m.targets, target{n.Name, n.Address()})
	}
	var err error
	m.Address, err = b.choose(s, m.Ports, all)
	return m, err
}

// free returns which of the ports another program has, if HAProxy does not have
// it. An HAProxy that has just been replaced gives its ports up a moment later.
func (m Made) free(ctx context.Context, all []Made) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	again := time.NewTicker(look)
	defer again.Stop()
	for _, p := range m.Ports {
		if slices.ContainsFunc(all, func(o Made) bool { return o.UID == m.UID && o.Address == m.Address && slices.Contains(o.Ports, p) }) {
			continue
		}
		at := net.TCPAddrFromAddrPort(netip.AddrPortFrom(m.Address, uint16(p)))
		ln, err := net.ListenTCP("tcp", at)
		for err != nil && ctx.Err() == nil {
			<-again.C
			ln, err = net.ListenTCP("tcp", at)
		}
		if err != nil {
			return fmt.Errorf("port %d of %s can not be had: %w", p, m.Address, err)
		}
		ln.Close()
	}
	return nil
}

// choose returns the address for a service: the one it asks for, or has, or the
// first on which its ports are free.
func (b *Balancer) choose(s *service.Service, ports []int, all []Made) (netip.Addr, error) {
	candidates := b.Addresses
	if asked := s.Spec.LoadBalancerIP; asked != "" {
		a, err := netip.ParseAddr(asked)
		if err != nil || !slices.Contains(b.Addresses, a) {
			return a, fmt.Errorf("loadBalancerIP %q is not one of %v", asked, b.Addresses)
		}
		candidates = []netip.Addr{a}
	} else if i := slices.IndexFunc(all, func(m Made) bool { return m.UID == s.UID }); i >= 0 && slices.Contains(b.Addresses, all[i].Address) {
		candidates = append([]netip.Addr{all[i].Address}, b.Addresses...)
	}
	var taken error
	for _, a := range candidates {
		if taken = conflict(a, ports, s.UID, all); taken == nil {
			return a, nil
		}
	}
	return netip.Addr{}, taken
}

// conflict says which other service has one of the ports of an address.
func conflict(a netip.Addr, ports []int, uid string, all []Made) error {
	for _, m := range all {
		if m.UID == uid || m.Address != a {
			continue
		}
		for _, p := range ports {
			if slices.Contains(m.Ports, p) {
				return fmt.Errorf("port %d of %s is taken by service %q", p, a, m.Service)
			}
		}
	}
	return nil
}

// section is the file of a service: what it is for, as JSON in a comment, and
// what HAProxy is to do.
func (m Made) section(s *service.Service) string {
	head, _ := json.Marshal(m) // strings and numbers can be written
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n", head)
	for _, p := range s.Spec.Ports {
		fmt.Fprintf(&text, "\nlisten %s-%d\n", m.UID, p.Port)
		fmt.Fprintf(&text, "    bind %s\n", net.JoinHostPort(m.Address.String(), strconv.Itoa(p.Port)))
		if len(s.Spec.LoadBalancerSourceRanges) > 0 {
			var ranges []string
			for _, r := range s.Spec.LoadBalancerSourceRanges {
				if source, err := netip.ParsePrefix(r); err == nil {
					ranges = append(ranges, source.Masked().String())
				}
			}
			if len(ranges) == 0 {
				fmt.Fprintf(&text, "    tcp-request connection reject\n")
			} else {
				fmt.Fprintf(&text, "    tcp-request connection reject unless { src %s }\n", strings.Join(ranges, " "))
			}
		}
		if s.Spec.SessionAffinity == service.AffinityClientIP {
			fmt.Fprintf(&text, "    stick-table type ipv6 size 100k expire %ds\n    stick on src\n", stickFor(s))
		}
		for _, t := range m.targets {
			fmt.Fprintf(&text, "    server %s %s check\n", t.name, net.JoinHostPort(t.host, strconv.Itoa(p.NodePort)))
		}
	}
	return text.String()
}

// stickFor returns for how many seconds of silence a client keeps its node.
func stickFor(s *service.Service) int64 {
	if c := s.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
		return *c.ClientIP.TimeoutSeconds
	}
	return 10800
}

// readMade reads what a section is for.
func readMade(text string) (Made, error) {
	first, _, _ := strings.Cut(text, "\n")
	head, ok := strings.CutPrefix(first, "# ")
	var m Made
	if !ok {
		return m, errors.New("line 1 must say what the file is for")
	}
	if err := json.Unmarshal([]byte(head), &m); err != nil {
		return m, fmt.Errorf("line 1 must say what the file is for: %w", err)
	}
	return m, nil
}
