package service

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// Rule lets clients reach services, or keeps them away, by the address that
// they come from. As text it is
//
//	(allow|deny) (SOURCE|all) [tcp|udp] [PORT[-PORT]]
//
// such as "allow 10.0.0.0/8", "deny 2001:db8::1 tcp" and "allow all udp 53". See
// Allow for what several of them say together.
type Rule struct {
	Deny     bool
	Source   netip.Prefix // zero: all, IPv4 and IPv6
	Protocol pod.Protocol // empty: TCP and UDP
	Ports    PortRange    // of services; zero: all
}

// ParseRule reads a rule. The error says what is wrong with which word.
func ParseRule(text string) (Rule, error) {
	r, err := parseRule(strings.Fields(text))
	if err != nil {
		return Rule{}, fmt.Errorf("parse rule %q: %w", text, err)
	}
	return r, nil
}

func parseRule(words []string) (r Rule, err error) {
	if len(words) < 2 {
		return r, errors.New("must be allow or deny, a source, and if need be tcp or udp, and ports")
	}
	switch words[0] {
	case "allow":
	case "deny":
		r.Deny = true
	default:
		return r, fmt.Errorf("%q must be allow or deny", words[0])
	}
	if words[1] != "all" {
		if r.Source, err = parseSource(words[1]); err != nil {
			return r, err
		}
	}
	words = words[2:]
	if len(words) > 0 {
		switch words[0] {
		case "tcp":
			r.Protocol, words = pod.TCP, words[1:]
		case "udp":
			r.Protocol, words = pod.UDP, words[1:]
		}
	}
	if len(words) > 0 {
		if r.Ports, err = parsePorts(words[0]); err != nil {
			return r, err
		}
		words = words[1:]
	}
	if len(words) > 0 {
		return r, fmt.Errorf("%q is one word too many", words[0])
	}
	return r, nil
}

// parseSource reads an address or a range of them.
func parseSource(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q must be all, an address, or a range of addresses such as 10.0.0.0/8 or 2001:db8::/32", text)
	}
	return plain(p), nil
}

// plain returns the range without bits that do not count, as IPv4 where it is
// IPv4 in the form of IPv6.
func plain(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func parsePorts(text string) (PortRange, error) {
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	first, err1 := strconv.ParseUint(low, 10, 16)
	last, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || first < 1 || first > last {
		return PortRange{}, fmt.Errorf("%q must be a port of 1 to 65535, or two with the lower one first, such as 8000-8080", text)
	}
	return PortRange{int(first), int(last)}, nil
}

// String returns the rule as ParseRule reads it.
func (r Rule) String() string {
	words := []string{"allow", "all"}
	if r.Deny {
		words[0] = "deny"
	}
	if r.Source.IsValid() {
		words[1] = r.Source.String()
	}
	if r.Protocol != "" {
		words = append(words, strings.ToLower(string(r.Protocol)))
	}
	switch {
	case r.Ports == PortRange{}:
	case r.Ports.First == r.Ports.Last:
		words = append(words, strconv.Itoa(r.Ports.First))
	default:
		words = append(words, fmt.Sprintf("%d-%d", r.Ports.First, r.Ports.Last))
	}
	return strings.Join(words, " ")
}
