package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	wire "github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/dns"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// rig is a server over real sockets, and the orchestrator whose services it knows.
type rig struct {
	*testing.T
	client *orchestrator.Client
	server *dns.Server
	at     netip.AddrPort
}

// serve runs a server on ports that are free.
func serve(t *testing.T, cfg dns.Config) *rig {
	t.Helper()
	o, err := orchestrator.New(orchestrator.Config{Dial: func(context.Context, *node.Node) (orchestrator.Runtime, error) {
		return nil, net.ErrClosed // there are no nodes
	}})
	require.NoError(t, err)
	r := &rig{T: t, client: o.Client()}
	listening := make(chan []netip.AddrPort, 1)
	cfg.Client = r.client
	cfg.Listening = func(on []netip.AddrPort) { listening <- on }
	if cfg.Listen == nil {
		cfg.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	}
	r.server, err = dns.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- r.server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	})
	select {
	case on := <-listening:
		r.at = on[0]
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return r
}

// apply stores objects.
func (r *rig) apply(objects ...labels.Object) {
	r.Helper()
	_, err := r.client.Apply(r.Context(), objects...)
	require.NoError(r, err)
}

// ask sends a question over UDP or TCP.
func (r *rig) ask(network, name string, qtype uint16, change ...func(*wire.Msg)) *wire.Msg {
	r.Helper()
	m := new(wire.Msg).SetQuestion(wire.Fqdn(name), qtype)
	for _, c := range change {
		c(m)
	}
	client := wire.Client{Net: network, Timeout: patience, UDPSize: 4096}
	said, _, err := client.Exchange(m, r.at.String())
	require.NoError(r, err, "%s %s", name, wire.TypeToString[qtype])
	require.Equal(r, m.Question, said.Question)
	return said
}

// dig returns the answer in a line: the status, and the records without name and
// class. Over UDP and TCP it must be the same.
func (r *rig) dig(name string, qtype uint16) string {
	r.Helper()
	text := r.over("udp", name, qtype)
	require.Equal(r, text, r.over("tcp", name, qtype), "UDP and TCP")
	return text
}

// over is dig over one of them.
func (r *rig) over(network, name string, qtype uint16) string {
	r.Helper()
	said := r.ask(network, name, qtype)
	var records []string
	for _, rr := range said.Answer {
		fields := strings.Fields(rr.String())
		records = append(records, strings.Join(fields[3:], " "))
	}
	slices.Sort(records)
	return strings.Join(append([]string{wire.RcodeToString[said.Rcode]}, records...), "; ")
}

func named(name, ip string, ports ...service.Port) *service.Service {
	if len(ports) == 0 {
		ports = []service.Port{{Name: "http", Port: 80}, {Name: "dns", Port: 53, Protocol: pod.UDP}}
	}
	return &service.Service{Meta: labels.Meta{Name: name}, Spec: service.Spec{ClusterIP: ip, Ports: ports}}
}

// endpoints of a service, one for each "address" or "address=hostname".
func endpoints(name string, port int, texts ...string) *service.Endpoints {
	subset := service.Subset{Ports: []service.EndpointPort{{Name: "http", Port: port}}}
	for _, text := range texts {
		ip, host, _ := strings.Cut(text, "=")
		subset.Addresses = append(subset.Addresses, service.EndpointAddress{IP: ip, Hostname: host})
	}
	subset.NotReadyAddresses = []service.EndpointAddress{{IP: "10.7.7.7"}}
	return &service.Endpoints{Meta: labels.Meta{Name: name}, Subsets: []service.Subset{subset}}
}

func TestAnswers(t *testing.T) {
	r := serve(t, dns.Config{})
	elsewhere := &service.Service{Meta: labels.Meta{Name: "elsewhere"}, Spec: service.Spec{Type: service.ExternalName, ExternalName: "db.example.com"}}
	alias := &service.Service{Meta: labels.Meta{Name: "alias"}, Spec: service.Spec{Type: service.ExternalName, ExternalName: "web.default.svc.cluster.local"}}
	circle := &service.Service{Meta: labels.Meta{Name: "circle"}, Spec: service.Spec{Type: service.ExternalName, ExternalName: "circle.default.svc.cluster.local"}}
	team := named("web", "127.240.0.9")
	team.Namespace = "team"
	r.apply(&labels.Namespace{Meta: labels.Meta{Name: "team"}}, &labels.Namespace{Meta: labels.Meta{Name: "empty"}},
		named("web", "127.240.0.1"), team, elsewhere, alias, circle,
		named("db", service.Headless), endpoints("db", 5432, "10.0.0.2=db-1", "10.0.0.1=db-0", "fd00::1"),
		named("nobody", service.Headless))
	for _, tt := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{"web.default.svc.cluster.local", wire.TypeA, "NOERROR; A 127.240.0.1"},
		{"WEB.Default.svc.cluster.LOCAL", wire.TypeA, "NOERROR; A 127.240.0.1"},
		{"web.default.svc", wire.TypeA, "NOERROR; A 127.240.0.1"},
		{"web.default", wire.TypeA, "NOERROR; A 127.240.0.1"},
		{"web", wire.TypeA, "NOERROR; A 127.240.0.1"},
		{"web.team", wire.TypeA, "NOERROR; A 127.240.0.9"},
		{"web.team.svc.cluster.local", wire.TypeA, "NOERROR; A 127.240.0.9"},

		// There, and not in this form.
		{"web.default.svc.cluster.local", wire.TypeAAAA, "NOERROR"},
		{"web.default.svc.cluster.local", wire.TypeMX, "NOERROR"},
		{"svc.cluster.local", wire.TypeA, "NOERROR"},
		{"default.svc.cluster.local", wire.TypeA, "NOERROR"},
		{"empty.svc.cluster.local", wire.TypeA, "NOERROR"},
		{"_tcp.web.default.svc.cluster.local", wire.TypeSRV, "NOERROR"},
		{"_http._tcp.web.default.svc.cluster.local", wire.TypeA, "NOERROR"},
		{"nobody.default.svc.cluster.local", wire.TypeA, "NOERROR"},
		{"_http._tcp.nobody.default.svc.cluster.local", wire.TypeSRV, "NOERROR"},
		{"ns.dns.cluster.local", wire.TypeA, "NOERROR"},

		// Not there.
		{"absent.default.svc.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"web.absent.svc.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"absent.svc.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"x.web.default.svc.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"10-9-9-9.db.default.svc.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"_smtp._tcp.web.default.svc.cluster.local", wire.TypeSRV, "NXDOMAIN"},
		{"_http._udp.web.default.svc.cluster.local", wire.TypeSRV, "NXDOMAIN"},
		{"_smtp._tcp.db.default.svc.cluster.local", wire.TypeSRV, "NXDOMAIN"},
		{"_http._tcp.elsewhere.default.svc.cluster.local", wire.TypeSRV, "NXDOMAIN"},
		{"a.b._http._tcp.web.default.svc.cluster.local", wire.TypeSRV, "NXDOMAIN"},
		{"pod.cluster.local", wire.TypeA, "NXDOMAIN"},
		{"absent", wire.TypeA, "NXDOMAIN"},

		// Headless: all that are ready.
		{"db.default.svc.cluster.local", wire.TypeA, "NOERROR; A 10.0.0.1; A 10.0.0.2"},
		{"db.default.svc.cluster.local", wire.TypeAAAA, "NOERROR; AAAA fd00::1"},
		{"db-1.db.default.svc.cluster.local", wire.TypeA, "NOERROR; A 10.0.0.2"},
		{"fd00--1.db.default.svc.cluster.local", wire.TypeAAAA, "NOERROR; AAAA fd00::1"},
		{"fd00--1.db.default.svc.cluster.local", wire.TypeA, "NOERROR"},

		// Ports.
		{"_http._tcp.web.default.svc.cluster.local", wire.TypeSRV, "NOERROR; SRV 0 100 80 web.default.svc.cluster.local."},
		{"_dns._udp.web.default.svc.cluster.local", wire.TypeSRV, "NOERROR; SRV 0 100 53 web.default.svc.cluster.local."},
		{"_http._tcp.db.default.svc.cluster.local", wire.TypeSRV, "NOERROR; SRV 0 100 5432 db-0.db.default.svc.cluster.local.; " +
			"SRV 0 100 5432 db-1.db.default.svc.cluster.local.; SRV 0 100 5432 fd00--1.db.default.svc.cluster.local."},

		// Names elsewhere.
		{"elsewhere.default.svc.cluster.local", wire.TypeA, "NOERROR; CNAME db.example.com."},
		{"elsewhere.default.svc.cluster.local", wire.TypeCNAME, "NOERROR; CNAME db.example.com."},
		{"alias.default.svc.cluster.local", wire.TypeA, "NOERROR; A 127.240.0.1; CNAME web.default.svc.cluster.local."},
		{"alias.default.svc.cluster.local", wire.TypeAAAA, "NOERROR; CNAME web.default.svc.cluster.local."},

		// The way back.
		{"1.0.240.127.in-addr.arpa", wire.TypePTR, "NOERROR; PTR web.default.svc.cluster.local."},
		{"1.0.0.10.in-addr.arpa", wire.TypePTR, "NOERROR; PTR db-0.db.default.svc.cluster.local."},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", wire.TypePTR, "NOERROR; PTR fd00--1.db.default.svc.cluster.local."},
		{"1.0.240.127.in-addr.arpa", wire.TypeA, "NOERROR"},
		{"7.7.7.10.in-addr.arpa", wire.TypePTR, "NXDOMAIN"},
		{"8.8.8.8.in-addr.arpa", wire.TypePTR, "REFUSED"},
		{"8.8.8.in-addr.arpa", wire.TypePTR, "REFUSED"},

		// The domain, and what is not ours.
		{"cluster.local", wire.TypeNS, "NOERROR; NS ns.dns.cluster.local."},
		{"dns-version.cluster.local", wire.TypeTXT, `NOERROR; TXT "1.1.0"`},
		{"example.com", wire.TypeA, "NXDOMAIN"},
		{"www.example.com", wire.TypeA, "REFUSED"},
		{"local", wire.TypeA, "NXDOMAIN"},
		{".", wire.TypeNS, "REFUSED"},
		{"web.default.svc.cluster.local", wire.TypeAXFR, "REFUSED"},
		{"web.default.svc.cluster.local", wire.TypeANY, `NOERROR; HINFO "RFC8482" ""`},
	} {
		if tt.qtype == wire.TypeAXFR { // over TCP it is another protocol
			require.Equal(t, wire.RcodeRefused, r.ask("udp", tt.name, tt.qtype).Rcode)
			continue
		}
		require.Equal(t, tt.want, r.dig(tt.name, tt.qtype), "%s %s", tt.name, wire.TypeToString[tt.qtype])
	}
	require.LessOrEqual(t, len(r.ask("tcp", "circle.default.svc.cluster.local", wire.TypeA).Answer), 10)
}

// What an answer says beside its records: who answers, for how long it holds, and
// the addresses that come along.
func TestAnswersInDetail(t *testing.T) {
	r := serve(t, dns.Config{TTL: 30 * time.Second, Domain: "Example.Test."})
	r.apply(named("web", "127.240.0.1"))
	said := r.ask("udp", "_http._tcp.web.default.svc.example.test", wire.TypeSRV)
	require.True(t, said.Authoritative)
	require.False(t, said.RecursionAvailable)
	require.Equal(t, uint32(30), said.Answer[0].Header().Ttl)
	require.Equal(t, "web.default.svc.example.test.\t30\tIN\tA\t127.240.0.1", said.Extra[0].String())

	said = r.ask("udp", "absent.default.svc.example.test", wire.TypeA)
	require.Equal(t, wire.RcodeNameError, said.Rcode)
	soa := said.Ns[0].(*wire.SOA)
	require.Equal(t, "example.test.", soa.Hdr.Name)
	require.Equal(t, uint32(30), soa.Minttl)

	// The case of the question is that of the answer: some clients insist.
	said = r.ask("udp", "wEb.DEFAULT.svc.example.test", wire.TypeA)
	require.Equal(t, "wEb.DEFAULT.svc.example.test.", said.Answer[0].Header().Name)
}

// What changes shows at once, and the way back soon.
func TestAnswersFollowChanges(t *testing.T) {
	r := serve(t, dns.Config{})
	r.apply(named("web", "127.240.0.1"))
	require.Equal(t, "NOERROR; A 127.240.0.1", r.dig("web", wire.TypeA))
	pointer := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return r.over("udp", "1.0.240.127.in-addr.arpa", wire.TypePTR) == want }, patience, time.Millisecond)
	}
	pointer("NOERROR; PTR web.default.svc.cluster.local.")
	require.NoError(t, r.client.Services().Delete(t.Context(), "", "web", orchestrator.DeleteOptions{}))
	require.Equal(t, "NXDOMAIN", r.dig("web.default.svc", wire.TypeA))
	pointer("NXDOMAIN")
	r.apply(named("other", "127.240.0.1"))
	pointer("NOERROR; PTR other.default.svc.cluster.local.")
	r.apply(named("db", service.Headless), endpoints("db", 80, "127.240.0.1"))
	pointer("NOERROR; PTR 127-240-0-1.db.default.svc.cluster.local.; PTR other.default.svc.cluster.local.")
	r.apply(endpoints("db", 80, "10.0.0.1"))
	pointer("NOERROR; PTR other.default.svc.cluster.local.")
}

// An answer that is too long is cut short, and whole over TCP; EDNS says how
// long it may be. Each answer begins with another address.
func TestLongAnswers(t *testing.T) {
	r := serve(t, dns.Config{})
	var ips []string
	for i := range 200 {
		ips = append(ips, fmt.Sprintf("10.0.%d.%d", i/100, i%100+1))
	}
	r.apply(named("many", service.Headless), endpoints("many", 80, ips...))
	const name = "many.default.svc.cluster.local"
	for _, tt := range []struct {
		size uint16 // 0: without EDNS
		most int
	}{{0, 512}, {100, 512}, {800, 800}, {4096, 1232}} {
		said := r.ask("udp", name, wire.TypeA, func(m *wire.Msg) {
			if tt.size > 0 {
				m.SetEdns0(tt.size, false)
			}
		})
		require.True(t, said.Truncated)
		said.Compress = true // as it came
		require.LessOrEqual(t, said.Len(), tt.most)
		require.Greater(t, said.Len(), tt.most-64, "as much as there is room for")
		require.Equal(t, tt.size > 0, said.IsEdns0() != nil)
	}
	first := make(map[string]bool)
	for range 20 {
		said := r.ask("tcp", name, wire.TypeA)
		require.False(t, said.Truncated)
		require.Len(t, said.Answer, 200)
		first[said.Answer[0].String()] = true
	}
	require.Greater(t, len(first), 10)
	require.Equal(t, uint64(4), r.server.Status().Truncated)

	ips = nil
	for i := range 5000 {
		ips = append(ips, fmt.Sprintf("10.1.%d.%d", i/200, i%200+1))
	}
	r.apply(endpoints("many", 80, ips...))
	require.Len(t, r.ask("tcp", name, wire.TypeA).Answer, 1000)
	require.Len(t, r.ask("tcp", "_http._tcp."+name, wire.TypeSRV).Answer, 500)
}

// Odd messages are refused, each in its way, and none is left to hang.
func TestOddMessages(t *testing.T) {
	r := serve(t, dns.Config{})
	r.apply(named("web", "127.240.0.1"))
	require.Equal(t, wire.RcodeBadVers, r.ask("udp", "web", wire.TypeA, func(m *wire.Msg) {
		m.SetEdns0(1232, false)
		m.IsEdns0().SetVersion(1)
	}).Rcode)
	require.Equal(t, wire.RcodeRefused, r.ask("udp", "web", wire.TypeA, func(m *wire.Msg) { m.Question[0].Qclass = wire.ClassCHAOS }).Rcode)
	require.Equal(t, wire.RcodeNotImplemented, r.ask("udp", "web", wire.TypeSOA, func(m *wire.Msg) { m.Opcode = wire.OpcodeNotify }).Rcode)

	conn, err := net.Dial("udp", r.at.String())
	require.NoError(t, err)
	defer conn.Close()
	for _, garbage := range []string{"", "x", strings.Repeat("\xff", 600), strings.Repeat("\x00", 12)} {
		_, err = conn.Write([]byte(garbage))
		require.NoError(t, err)
	}
	require.Equal(t, "NOERROR; A 127.240.0.1", r.dig("web", wire.TypeA), "it is still there")
}

// More connections than there is room for wait, and none is lost.
func TestConnectionsAreBounded(t *testing.T) {
	r := serve(t, dns.Config{Connections: 2})
	r.apply(named("web", "127.240.0.1"))
	began := time.Now()
	var held []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", r.at.String())
		require.NoError(t, err)
		held = append(held, conn)
	}
	answered := make(chan string, 1)
	go func() {
		client := wire.Client{Net: "tcp", Timeout: patience}
		said, _, err := client.Exchange(new(wire.Msg).SetQuestion("web.", wire.TypeA), r.at.String())
		answered <- fmt.Sprint(said != nil && len(said.Answer) == 1, err)
	}()
	for range 20 { // time enough for an answer
		r.over("udp", "web", wire.TypeA)
	}
	early := len(answered)
	if time.Since(began) < time.Second { // later the server may have given up those who hold the places, who ask nothing
		require.Zero(t, early, "there was no place for it")
	}
	for _, conn := range held {
		require.NoError(t, conn.Close())
	}
	require.Equal(t, "true <nil>", <-answered)
}

func TestIPv6(t *testing.T) {
	r := serve(t, dns.Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("[::1]:0"), netip.MustParseAddrPort("127.0.0.1:0")}})
	r.apply(named("web", "127.240.0.1"))
	require.Equal(t, "NOERROR; A 127.240.0.1", r.dig("web", wire.TypeA))
}

// A Go program finds services by name.
func TestResolver(t *testing.T) {
	r := serve(t, dns.Config{})
	r.apply(named("web", "127.240.0.1"))
	ips, err := dns.Resolver(r.at).LookupHost(t.Context(), "web.default.svc.cluster.local")
	require.NoError(t, err)
	require.Equal(t, []string{"127.240.0.1"}, ips)
	_, records, err := dns.Resolver(r.at).LookupSRV(t.Context(), "http", "tcp", "web.default.svc.cluster.local")
	require.NoError(t, err)
	require.Equal(t, uint16(80), records[0].Port)
	var missing *net.DNSError
	_, err = dns.Resolver(r.at).LookupHost(t.Context(), "absent.default.svc.cluster.local.")
	require.ErrorAs(t, err, &missing)
	require.True(t, missing.IsNotFound)
}
