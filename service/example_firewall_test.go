package service_test

import (
	"fmt"
	"net/netip"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// A cluster that is open to one network but for one machine, and a service that
// is open to a part of it.
func ExampleAllow() {
	var rules []service.Rule
	for _, text := range []string{"allow 10.0.0.0/8", "deny 10.1.2.3 tcp"} {
		r, err := service.ParseRule(text)
		if err != nil {
			fmt.Println(err)
		}
		rules = append(rules, r)
	}
	cluster := service.NewRules(rules...)
	web := &service.Service{Spec: service.Spec{LoadBalancerSourceRanges: []string{"10.1.0.0/16"}}}
	to := service.NewTarget(web, service.Port{Protocol: pod.TCP, Port: 80})
	for _, source := range []string{"10.1.0.1", "10.1.2.3", "10.2.0.1", "192.0.2.1"} {
		v := service.Allow(cluster, netip.MustParseAddr(source), to)
		fmt.Println(source, v.Allowed, v)
	}
	// Output:
	// 10.1.0.1 true allowed by rule "allow 10.0.0.0/8"
	// 10.1.2.3 false denied by rule "deny 10.1.2.3/32 tcp"
	// 10.2.0.1 false not in source ranges
	// 192.0.2.1 false not in source ranges
}

// A rule without ports is about all of them.
func ExampleRules() {
	rules := service.NewRules(service.Rule{Deny: true, Source: netip.MustParsePrefix("192.0.2.0/24")})
	to := service.Target{Protocol: pod.UDP, Port: 53}
	fmt.Println(service.Allow(rules, netip.MustParseAddr("192.0.2.1"), to))
	fmt.Println(service.Allow(nil, netip.MustParseAddr("192.0.2.1"), to))
	// Output:
	// denied by rule "deny 192.0.2.0/24"
	// nothing speaks against
}

// A target is a port of a service, with the ranges that the service lets in.
func ExampleNewTarget() {
	web := &service.Service{Spec: service.Spec{LoadBalancerSourceRanges: []string{"2001:db8::/32"}}}
	to := service.NewTarget(web, service.Port{Port: 443})
	v := service.Allow(nil, netip.MustParseAddr("2001:db9::1"), to)
	fmt.Println(to.Protocol, to.Port, v.Allowed, v.Cause == service.CauseOutOfRange)
	// Output: TCP 443 false true
}

func ExampleParseRule() {
	r, err := service.ParseRule("deny 2001:db8::/32 tcp 8000-8080")
	fmt.Println(r.Deny, r.Source, r.Protocol, r.Ports.First, r.Ports.Last, err)
	_, err = service.ParseRule("deny everybody")
	fmt.Println(err)
	// Output:
	// true 2001:db8::/32 TCP 8000 8080 <nil>
	// parse rule "deny everybody": "everybody" must be all, an address, or a range of addresses such as 10.0.0.0/8 or 2001:db8::/32
}

// A verdict explains itself.
func ExampleVerdict() {
	v := service.Verdict{Cause: service.CauseUnlisted}
	fmt.Println(v.Allowed, v)
	// Output: false matches no allow rule
}
