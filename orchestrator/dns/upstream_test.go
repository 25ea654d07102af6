package dns_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	wire "github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/dns"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/service"
)

// other is a name server elsewhere.
func other(t *testing.T, handle func(w wire.ResponseWriter, m *wire.Msg)) netip.AddrPort {
	t.Helper()
	var udp net.PacketConn
	var tcp net.Listener
	for tcp == nil { // a port that is free for UDP may be taken for TCP
		var err error
		udp, err = net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		if tcp, err = net.Listen("tcp", udp.LocalAddr().String()); err != nil {
			require.NoError(t, udp.Close())
		}
	}
	for _, s := range []*wire.Server{{PacketConn: udp}, {Listener: tcp}} {
		s.Handler = wire.HandlerFunc(handle)
		started, ended := make(chan struct{}), make(chan error, 1)
		s.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			require.NoError(t, s.Shutdown())
			require.NoError(t, <-ended)
		})
	}
	return udp.LocalAddr().(*net.UDPAddr).AddrPort()
}

// says answers every question about an address with one.
func says(ip string) func(wire.ResponseWriter, *wire.Msg) {
	return func(w wire.ResponseWriter, asked *wire.Msg) {
		m := new(wire.Msg)
		m.SetReply(asked)
		if asked.Question[0].Name == "absent.example.com." {
			m.Rcode = wire.RcodeNameError
		} else if asked.Question[0].Qtype == wire.TypeA {
			m.Answer = []wire.RR{&wire.A{
				Hdr: wire.RR_Header{Name: asked.Question[0].Name, Rrtype: wire.TypeA, Class: wire.ClassINET, Ttl: 60}, A: net.ParseIP(ip),
			}}
		}
		_ = w.WriteMsg(m)
	}
}

// fails answers with a code and nothing else.
func fails(code int) func(wire.ResponseWriter, *wire.Msg) {
	return func(w wire.ResponseWriter, asked *wire.Msg) { _ = w.WriteMsg(new(wire.Msg).SetRcode(asked, code)) }
}

func TestUpstream(t *testing.T) {
	r := serve(t, dns.Config{Patience: patience, Upstream: []netip.AddrPort{other(t, fails(wire.RcodeServerFailure)), other(t, fails(wire.RcodeRefused)), other(t, says("192.0.2.7"))}})
	r.apply(named("web", "127.240.0.1"), &service.Service{Meta: labels.Meta{Name: "elsewhere"}, Spec: service.Spec{Type: service.ExternalName, ExternalName: "db.example.com"}})
	require.Equal(t, "NOERROR; A 127.240.0.1", r.dig("web", wire.TypeA), "ours are not asked for elsewhere")
	require.Zero(t, r.server.Status().Forwarded)
	require.Equal(t, "NOERROR; A 192.0.2.7", r.dig("www.example.com", wire.TypeA))
	require.Equal(t, "NOERROR; A 192.0.2.7", r.dig("example.com", wire.TypeA), "what looks like a service, and is none")
	require.Equal(t, "NXDOMAIN", r.dig("absent.example.com", wire.TypeA))
	require.Equal(t, "NOERROR; A 192.0.2.7; CNAME db.example.com.", r.dig("elsewhere", wire.TypeA))
	require.Equal(t, "NXDOMAIN", r.dig("absent.default.svc.cluster.local", wire.TypeA), "not even names that are not there")
	said := r.ask("udp", "www.example.com", wire.TypeA)
	require.True(t, said.RecursionAvailable)
	require.False(t, said.Authoritative)
}

// A server that says nothing costs its patience, and is followed by the next; if
// none says anything that is SERVFAIL, also for those who are too many.
func TestUpstreamSilent(t *testing.T) {
	silent := func(wire.ResponseWriter, *wire.Msg) {}
	for _, network := range []string{"udp", "tcp"} {
		answer := ""
		for most := 50 * time.Millisecond; answer != "NOERROR; A 192.0.2.7"; most *= 2 { // on a slow machine the other one needs more, too
			require.Less(t, most, time.Minute, answer)
			r := serve(t, dns.Config{Patience: most, Upstream: []netip.AddrPort{other(t, silent), other(t, says("192.0.2.7"))}})
			answer = r.over(network, "www.example.com", wire.TypeA)
		}
	}

	r := serve(t, dns.Config{Patience: 50 * time.Millisecond, Upstream: []netip.AddrPort{other(t, silent)}})
	require.Equal(t, "SERVFAIL", r.dig("www.example.com", wire.TypeA))
	require.Equal(t, dns.Status{Queries: 2, Forwarded: 2, Failed: 2}, r.server.Status())
}

func TestUpstreamIsBounded(t *testing.T) {
	var under atomic.Int32
	release := make(chan struct{})
	hangs := func(w wire.ResponseWriter, asked *wire.Msg) {
		under.Add(1)
		<-release
		says("192.0.2.7")(w, asked)
	}
	r := serve(t, dns.Config{Patience: patience, Forwards: 3, Upstream: []netip.AddrPort{other(t, hangs)}})
	r.apply(named("web", "127.240.0.1"))
	first := make(chan int, 3)
	for range 3 {
		go func() {
			client := wire.Client{Timeout: patience}
			said, _, err := client.Exchange(new(wire.Msg).SetQuestion("www.example.com.", wire.TypeA), r.at.String())
			if err != nil {
				first <- -1
				return
			}
			first <- said.Rcode
		}()
	}
	require.Eventually(t, func() bool { return under.Load() == 3 }, patience, time.Millisecond)
	require.Equal(t, "SERVFAIL", r.dig("www.example.com", wire.TypeA), "the fourth does not wait")
	require.Equal(t, "NOERROR; A 127.240.0.1", r.dig("web", wire.TypeA), "and ours go on")
	close(release)
	for range 3 {
		require.Equal(t, wire.RcodeSuccess, <-first)
	}
}

// What comes cut short from elsewhere is fetched over TCP.
func TestUpstreamTruncated(t *testing.T) {
	cut := func(w wire.ResponseWriter, asked *wire.Msg) {
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			m := new(wire.Msg).SetReply(asked)
			m.Truncated = true
			_ = w.WriteMsg(m)
			return
		}
		says("192.0.2.7")(w, asked)
	}
	r := serve(t, dns.Config{Patience: patience, Upstream: []netip.AddrPort{other(t, cut)}})
	require.Equal(t, "NOERROR; A 192.0.2.7", r.dig("www.example.com", wire.TypeA))
}

func TestConfig(t *testing.T) {
	client := new(orchestrator.Client)
	local := netip.MustParseAddrPort("127.0.0.1:53")
	for want, cfg := range map[string]dns.Config{
		"config field Client: is required": {},
		"config field Listen[0]: ":         {Client: client, Listen: []netip.AddrPort{{}}},
		"config field Upstream[0]: ":       {Client: client, Upstream: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:53")}},
		"config field Upstream[1]: 127.0.0.1:53: must not be one that the server listens on itself": {
			Client: client, Listen: []netip.AddrPort{local}, Upstream: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), local}},
		`config field Domain: "a_b": `:                     {Client: client, Domain: "a_b"},
		`config field Namespace: "A": `:                    {Client: client, Namespace: "A"},
		"config field Patience: -1s: must not be negative": {Client: client, Patience: -time.Second},
		"config field Forwards: -1: ":                      {Client: client, Forwards: -1},
		"config field Connections: -1: ":                   {Client: client, Connections: -1},
	} {
		_, err := dns.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

// A port that is taken is an error that names it, and Run runs once.
func TestRunErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	on := taken.Addr().(*net.TCPAddr).AddrPort()
	s, err := dns.New(dns.Config{Client: new(orchestrator.Client), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0"), on}})
	require.NoError(t, err)
	require.ErrorContains(t, s.Run(t.Context()), "run dns server: listen on "+on.String()+": listen tcp")
	require.ErrorContains(t, s.Run(t.Context()), "Run was called before")
}

// A server that is told to end while it begins, ends.
func TestRunWithAnEndedContext(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	require.NoError(t, err)
	for range 100 {
		s, err := dns.New(dns.Config{Client: o.Client(), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}})
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- s.Run(ended) }()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "Run does not return")
		}
	}
}

func TestSystemUpstream(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	require.NoError(t, os.WriteFile(file, []byte("search example.com\nnameserver 192.0.2.1\nnameserver fd00::1\n"), 0o600))
	servers, err := dns.UpstreamFrom(file)
	require.NoError(t, err)
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[fd00::1]:53")}, servers)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = dns.UpstreamFrom(file)
	require.ErrorContains(t, err, "has none")
	_, err = dns.UpstreamFrom(file + ".absent")
	require.ErrorContains(t, err, "read name servers: ")
}
