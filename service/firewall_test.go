package service_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

func rules(t testing.TB, texts ...string) []service.Rule {
	var all []service.Rule
	for _, text := range texts {
		r, err := service.ParseRule(text)
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

// The table in the comment of Allow, and what is not obvious from it.
func TestAllow(t *testing.T) {
	for _, c := range []struct {
		rules  []string
		ranges []string
		source string
		port   int
		want   string // "" before the colon: denied
	}{
		{nil, nil, "10.1.2.3", 80, "yes: nothing speaks against"},
		{[]string{"deny 10.0.0.0/8"}, nil, "10.1.2.3", 80, `no: denied by rule "deny 10.0.0.0/8"`},
		{[]string{"deny 10.0.0.0/8", "allow 10.1.0.0/16"}, nil, "10.1.2.3", 80, `no: denied by rule "deny 10.0.0.0/8"`},
		{[]string{"deny 10.0.0.0/8", "deny 10.1.0.0/16"}, nil, "10.1.2.3", 80, `no: denied by rule "deny 10.1.0.0/16"`},
		{[]string{"allow 10.0.0.0/8"}, nil, "10.1.2.3", 80, `yes: allowed by rule "allow 10.0.0.0/8"`},
		{[]string{"allow 10.0.0.0/8", "allow all", "allow 10.1.2.3"}, nil, "10.1.2.3", 80, `yes: allowed by rule "allow 10.1.2.3/32"`},
		{[]string{"allow 10.0.0.0/8"}, nil, "192.0.2.1", 80, "no: matches no allow rule"},
		{[]string{"allow 10.0.0.0/8 tcp 443"}, nil, "192.0.2.1", 80, "yes: nothing speaks against"},
		{[]string{"allow 10.0.0.0/8 tcp 443"}, nil, "192.0.2.1", 443, "no: matches no allow rule"},
		{[]string{"allow 10.0.0.0/8 udp"}, nil, "192.0.2.1", 443, "yes: nothing speaks against"},
		{[]string{"allow all", "deny 2001:db8::/32 tcp 22"}, nil, "2001:db8::1", 22, `no: denied by rule "deny 2001:db8::/32 tcp 22"`},
		{[]string{"allow all", "deny 2001:db8::/32 tcp 22"}, nil, "2001:db8::1", 23, `yes: allowed by rule "allow all"`},
		{nil, []string{"192.0.2.0/24"}, "10.1.2.3", 80, "no: not in source ranges"},
		{[]string{"allow 10.0.0.0/8"}, []string{"10.1.0.0/16"}, "10.1.2.3", 80, `yes: allowed by rule "allow 10.0.0.0/8"`},
		{[]string{"allow 10.0.0.0/8"}, []string{"10.1.0.0/16"}, "10.2.0.1", 80, "no: not in source ranges"},
		{[]string{"deny 10.1.2.3"}, []string{"10.1.0.0/16"}, "10.1.2.3", 80, `no: denied by rule "deny 10.1.2.3/32"`},
		{[]string{"deny all"}, nil, "::1", 80, `no: denied by rule "deny all"`},
		{[]string{"deny 10.0.0.0/8"}, nil, "::ffff:10.1.2.3", 80, `no: denied by rule "deny 10.0.0.0/8"`},
		{[]string{"deny ::ffff:10.0.0.0/104"}, nil, "10.1.2.3", 80, `no: denied by rule "deny 10.0.0.0/8"`},
		{[]string{"deny fe80::/10"}, nil, "fe80::1%eth0", 80, `no: denied by rule "deny fe80::/10"`},
		{[]string{"deny 0.0.0.0/0"}, nil, "::1", 80, "yes: nothing speaks against"},
		{nil, []string{"not a range"}, "10.1.2.3", 80, "no: not in source ranges"},
		{[]string{"deny all 1-79", "deny all 81-65535"}, nil, "10.1.2.3", 80, "yes: nothing speaks against"},
	} {
		s := &service.Service{Spec: service.Spec{LoadBalancerSourceRanges: c.ranges}}
		to := service.NewTarget(s, service.Port{Port: c.port})
		for range 2 { // the order of rules does not matter
			v := service.Allow(service.NewRules(rules(t, c.rules...)...), netip.MustParseAddr(c.source), to)
			got := "no: " + v.String()
			if v.Allowed {
				got = "yes: " + v.String()
			}
			require.Equal(t, c.want, got, "%v %v %s:%d", c.rules, c.ranges, c.source, c.port)
			slices.Reverse(c.rules)
		}
	}
}

// Rules that are found fast say the same as rules that are read one by one.
func TestAllowAgreesWithAScan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	verdicts := map[service.Cause]int{}
	for range 2000 {
		var all []service.Rule
		for range random.IntN(8) {
			all = append(all, randomRule(random))
		}
		compiled := service.NewRules(all...)
		for range 20 {
			source, to := randomAddr(random), service.Target{Protocol: pod.TCP, Port: 1 + random.IntN(4)}
			if random.IntN(2) == 0 {
				to.Protocol = pod.UDP
			}
			got := service.Allow(compiled, source, to)
			verdicts[got.Cause]++
			want := scan(all, source, to)
			require.Equal(t, want.Cause, got.Cause, "%v: %s to %v", all, source, to)
			require.Equal(t, want.Rule.Source.Bits(), got.Rule.Source.Bits(), "%v: %s to %v", all, source, to)
		}
	}
	require.Len(t, verdicts, 4, verdicts)
}

// scan is Allow as its comment says it, without ranges.
func scan(rules []service.Rule, source netip.Addr, to service.Target) service.Verdict {
	best := map[bool]*service.Rule{}
	claimed := false
	for i, r := range rules {
		if r.Protocol != "" && r.Protocol != to.Protocol || r.Ports.First > to.Port || r.Ports.Last != 0 && r.Ports.Last < to.Port {
			continue
		}
		claimed = claimed || !r.Deny
		if r.Source.IsValid() && !r.Source.Contains(source) {
			continue
		}
		if b := best[r.Deny]; b == nil || max(b.Source.Bits(), 0) < max(r.Source.Bits(), 0) {
			best[r.Deny] = &rules[i]
		}
	}
	switch {
	case best[true] != nil:
		return service.Verdict{Rule: *best[true], Cause: service.CauseDenied}
	case best[false] != nil:
		return service.Verdict{Rule: *best[false], Cause: service.CauseListed}
	case claimed:
		return service.Verdict{Cause: service.CauseUnlisted}
	}
	return service.Verdict{Cause: service.CauseOpen}
}

func randomAddr(random *rand.Rand) netip.Addr {
	if random.IntN(3) == 0 {
		return netip.AddrFrom16([16]byte{0x20, 1, byte(random.IntN(2)), byte(random.IntN(4))})
	}
	return netip.AddrFrom4([4]byte{10, byte(random.IntN(2)), byte(random.IntN(4)), byte(random.IntN(4))})
}

func randomRule(random *rand.Rand) service.Rule {
	r := service.Rule{Deny: random.IntN(2) == 0, Protocol: []pod.Protocol{"", pod.TCP, pod.UDP}[random.IntN(3)]}
	if random.IntN(8) > 0 {
		a := randomAddr(random)
		r.Source, _ = a.Prefix(8 + random.IntN(a.BitLen()-7))
	}
	if random.IntN(2) == 0 {
		r.Ports.First = 1 + random.IntN(4)
		r.Ports.Last = r.Ports.First + random.IntN(2)
	}
	return r
}

func TestParseRule(t *testing.T) {
	for text, want := range map[string]string{
		"allow all":                     "allow all",
		" deny  10.1.2.3/8\ttcp 80 ":    "deny 10.0.0.0/8 tcp 80",
		"deny 2001:db8::1 udp 53-53":    "deny 2001:db8::1/128 udp 53",
		"allow ::ffff:192.0.2.1 1-1024": "allow 192.0.2.1/32 1-1024",
	} {
		r, err := service.ParseRule(text)
		require.NoError(t, err)
		require.Equal(t, want, r.String())
	}
	for text, want := range map[string]string{
		"":                         `must be allow or deny, a source`,
		"allow":                    `must be allow or deny, a source`,
		"permit all":               `"permit" must be allow or deny`,
		"allow 10.0.0.0/33":        `"10.0.0.0/33" must be all, an address, or a range`,
		"allow fe80::1%eth0":       `"fe80::1%eth0" must be all, an address`,
		"allow all tcp 0":          `"0" must be a port`,
		"allow all 80-70":          `"80-70" must be a port`,
		"allow all 65536":          `"65536" must be a port`,
		"allow all tcp udp":        `"udp" must be a port`,
		"allow all tcp 80 oh dear": `"oh" is one word too many`,
	} {
		_, err := service.ParseRule(text)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, fmt.Sprintf("parse rule %q", text))
	}
}

// What can be read is written so that it reads as the same.
func FuzzParseRule(f *testing.F) {
	for _, text := range []string{"allow all", "deny 10.0.0.0/8 tcp 80-90", "allow 2001:db8::/32 udp", "deny ::ffff:1.2.3.4/100 7"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := service.ParseRule(text)
		if err != nil {
			return
		}
		again, err := service.ParseRule(r.String())
		require.NoError(t, err)
		require.Equal(t, r, again)
		v := service.Allow(service.NewRules(r), r.Source.Addr(), service.Target{Protocol: pod.TCP, Port: 80})
		require.Equal(t, v.Cause != service.CauseDenied && v.Cause != service.CauseUnlisted, v.Allowed)
	})
}

// BenchmarkAllow asks among many rules of all lengths, and among none.
func BenchmarkAllow(b *testing.B) {
	for _, n := range []int{0, 10, 1000, 100_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			address := func() netip.Addr {
				return netip.AddrFrom4([4]byte{byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)), 1})
			}
			all := make([]service.Rule, n)
			for i := range all {
				source, _ := address().Prefix(8 + random.IntN(25))
				all[i] = service.Rule{Deny: i%2 == 0, Source: source}
			}
			compiled := service.NewRules(all...)
			sources := make([]netip.Addr, 1024)
			for i := range sources {
				sources[i] = address()
			}
			to := service.Target{Protocol: pod.TCP, Port: 80}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				service.Allow(compiled, sources[i%len(sources)], to)
			}
		})
	}
}
