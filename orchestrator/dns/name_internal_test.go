package dns

import (
	"net/netip"
	"strings"
	"testing"

	wire "github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// UpstreamFrom is for the external tests.
var UpstreamFrom = upstreamFrom

// FuzzParse requires that no name is too odd to be taken apart, and that an
// address is found under the name that others give it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", ".", "web", "web.default.svc.cluster.local", "_http._tcp.web.default.svc.cluster.local", ".svc", "..svc", "svc",
		"1.0.240.127.in-addr.arpa", "1.0.0.in-addr.arpa", "x.ip6.arpa", strings.Repeat("0.", 32) + "ip6.arpa", strings.Repeat("0.0", 21) + ".ip6.arpa",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := parse(text, "cluster.local", "default")
		if n.kind == anAddress {
			require.True(t, n.ip.IsValid())
			again, err := wire.ReverseAddr(n.ip.String())
			require.NoError(t, err)
			ip, ok := reversed(strings.TrimSuffix(again, "."))
			require.True(t, ok)
			require.Equal(t, n.ip, ip)
		}
		if n.kind >= aService && n.kind < anAddress {
			require.NotEmpty(t, n.namespace+n.service+text)
		}
	})
}

func TestReversed(t *testing.T) {
	for _, text := range []string{"127.240.0.1", "fd00::1", "2001:db8::567:89ab", "0.0.0.0"} {
		name, err := wire.ReverseAddr(text)
		require.NoError(t, err)
		ip, ok := reversed(strings.TrimSuffix(name, "."))
		require.True(t, ok)
		require.Equal(t, netip.MustParseAddr(text), ip)
	}
}
