package service

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Rules are rules in a form in which the one that matters is found fast, among
// many: a look-up costs what different lengths of ranges there are, and not
// what rules there are. No rules (nil, or the zero Rules) let everybody in.
//
// They do not change, and may be used by any number of goroutines.
type Rules struct {
	families [2]family // IPv4, IPv6
	// claimed has a bit for each port that a rule of kind allow speaks of: only
	// those whom such a rule names may reach it. By protocol; nil: none.
	claimed [2][]uint64
}

// family has the rules for one kind of addresses.
type family struct {
	lengths []int // of ranges, the longest first
	bySize  map[netip.Prefix][]Rule
}

// NewRules prepares rules. Their order does not matter.
func NewRules(rules ...Rule) *Rules {
	r := &Rules{}
	for _, rule := range rules {
		if !rule.Source.IsValid() {
			for _, everywhere := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
				r.add(netip.PrefixFrom(everywhere, 0), rule)
			}
		} else {
			rule.Source = plain(rule.Source)
			r.add(rule.Source, rule)
		}
		if !rule.Deny {
			r.claim(rule)
		}
	}
	return r
}

// add files a rule under its range.
func (r *Rules) add(source netip.Prefix, rule Rule) {
	f := &r.families[familyOf(source.Addr())]
	if f.bySize == nil {
		f.bySize = make(map[netip.Prefix][]Rule)
	}
	if at, found := slices.BinarySearchFunc(f.lengths, source.Bits(), func(have, want int) int { return want - have }); !found {
		f.lengths = slices.Insert(f.lengths, at, source.Bits())
	}
	f.bySize[source] = append(f.bySize[source], rule)
}

// claim notes the ports that an allow rule speaks of.
func (r *Rules) claim(rule Rule) {
	first, last := 0, 65535
	if (rule.Ports != PortRange{}) {
		first, last = rule.Ports.First, rule.Ports.Last
	}
	for i, protocol := range []pod.Protocol{pod.TCP, pod.UDP} {
		if rule.Protocol != "" && rule.Protocol != protocol {
			continue
		}
		if r.claimed[i] == nil {
			r.claimed[i] = make([]uint64, 65536/64)
		}
		for port := max(first, 0); port <= min(last, 65535); port++ {
			r.claimed[i][port/64] |= 1 << (port % 64)
		}
	}
}

func (r *Rules) claims(protocol pod.Protocol, port int) bool {
	bits := r.claimed[0]
	if protocol == pod.UDP {
		bits = r.claimed[1]
	}
	return bits != nil && port >= 0 && port < 65536 && bits[port/64]&(1<<(port%64)) != 0
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// find returns the rule that decides: the deny rule with the longest range of
// those that match, or else the allow rule.
func (r *Rules) find(source netip.Addr, protocol pod.Protocol, port int) (found Rule, ok bool) {
	f := &r.families[familyOf(source)]
	for _, length := range f.lengths {
		at, err := source.Prefix(length)
		if err != nil {
			continue // no address: nothing matches
		}
		for _, rule := range f.bySize[at] {
			if rule.Protocol != "" && rule.Protocol != protocol || rule.Ports != (PortRange{}) && !rule.Ports.Contains(port) {
				continue
			}
			if rule.Deny {
				return rule, true
			}
			if !ok {
				found, ok = rule, true
			}
		}
	}
	return found, ok
}

// Target is what a client wants to reach: one port of a service.
type Target struct {
	Protocol pod.Protocol
	Port     int    // of the service, whatever port of the machine the client came to
	Ranges   *Rules // that the service lets in; nil: all
}

// NewTarget returns a port of a service as what a client wants to reach. Ranges
// that are none, which Service.Validate finds, let nobody in.
func NewTarget(s *Service, p Port) Target {
	t := Target{Protocol: p.Protocol, Port: p.Port}
	if t.Protocol == "" {
		t.Protocol = pod.TCP
	}
	if len(s.Spec.LoadBalancerSourceRanges) == 0 {
		return t
	}
	var rules []Rule
	for _, text := range s.Spec.LoadBalancerSourceRanges {
		if source, err := netip.ParsePrefix(text); err == nil {
			rules = append(rules, Rule{Source: source})
		}
	}
	t.Ranges = NewRules(rules...)
	return t
}

// Verdict says whether a client may reach a service, and why.
type Verdict struct {
	Allowed bool
	Rule    Rule // that decided, where Cause says so
	Cause   Cause
}

// Cause says what a verdict comes from.
type Cause string

// What decides, the first of these that applies.
const (
	CauseDenied     Cause = "denied by rule"         // a deny rule matches
	CauseOutOfRange Cause = "not in source ranges"   // the service has ranges, and the source is in none
	CauseUnlisted   Cause = "matches no allow rule"  // there are allow rules for this port, and none matches
	CauseListed     Cause = "allowed by rule"        // an allow rule matches
	CauseOpen       Cause = "nothing speaks against" // no rule is about this
)

// String explains the verdict.
func (v Verdict) String() string {
	if v.Cause == CauseDenied || v.Cause == CauseListed {
		return fmt.Sprintf("%s %q", v.Cause, v.Rule)
	}
	return string(v.Cause)
}

// Allow says whether a source may reach a port of a service. The rules are those
// of the cluster; the service has ranges of its own (loadBalancerSourceRanges),
// which hold for every way in. Both must let the source in.
//
// A deny rule wins over every allow rule, however long their ranges. Among those
// that match and say the same, the one with the longest range is the one that
// decided. Where no allow rule speaks of a port, everybody may reach it; where
// one does, only those whom an allow rule names.
//
//	rules                                  source        port   verdict
//	(none)                                 10.1.2.3      80     allowed: nothing speaks against
//	deny 10.0.0.0/8                        10.1.2.3      80     denied by "deny 10.0.0.0/8"
//	deny 10.0.0.0/8, allow 10.1.0.0/16     10.1.2.3      80     denied by "deny 10.0.0.0/8"
//	deny 10.0.0.0/8, deny 10.1.0.0/16      10.1.2.3      80     denied by "deny 10.1.0.0/16"
//	allow 10.0.0.0/8                       10.1.2.3      80     allowed by "allow 10.0.0.0/8"
//	allow 10.0.0.0/8                       192.0.2.1     80     denied: matches no allow rule
//	allow 10.0.0.0/8 tcp 443               192.0.2.1     80     allowed: nothing speaks against
//	allow all, deny 2001:db8::/32 tcp 22   2001:db8::1   22     denied by the second
//	(none), ranges 192.0.2.0/24            10.1.2.3      80     denied: not in source ranges
//	allow 10.0.0.0/8, ranges 10.1.0.0/16   10.1.2.3      80     allowed by "allow 10.0.0.0/8"
//	allow 10.0.0.0/8, ranges 10.1.0.0/16   10.2.0.1      80     denied: not in source ranges
//
// An IPv4 address in the form of IPv6 is the IPv4 address. A zone does not count.
func Allow(rules *Rules, source netip.Addr, to Target) Verdict {
	source = source.Unmap().WithZone("")
	var found Rule
	var ok bool
	if rules != nil {
		if found, ok = rules.find(source, to.Protocol, to.Port); ok && found.Deny {
			return Verdict{Rule: found, Cause: CauseDenied}
		}
	}
	if to.Ranges != nil {
		if _, in := to.Ranges.find(source, to.Protocol, to.Port); !in {
			return Verdict{Cause: CauseOutOfRange}
		}
	}
	switch {
	case ok:
		return Verdict{Allowed: true, Rule: found, Cause: CauseListed}
	case rules != nil && rules.claims(to.Protocol, to.Port):
		return Verdict{Cause: CauseUnlisted}
	}
	return Verdict{Allowed: true, Cause: CauseOpen}
}
