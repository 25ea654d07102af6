package service_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

func TestAllocate(t *testing.T) {
	transcript.Files(t, "testdata/allocate-*.txt", func(*testing.T) transcript.Handler {
		return (&estate{services: make(map[string]*service.Service)}).handle
	})
}

// estate is an allocator and the services that have something of it.
type estate struct {
	allocator *service.Allocator
	services  map[string]*service.Service
}

func (x *estate) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "ranges":
		var err error
		if x.allocator, err = service.NewAllocator(rangesOf(t, c.Word(0), c.Word(1))); err != nil {
			return err.Error()
		}
		held := make(map[string]*service.Service)
		for name, s := range x.services { // kept, as over a restart
			held[name] = s
		}
		return x.hold(held)
	case "service":
		return x.assign(t, c)
	case "delete":
		x.allocator.Release(x.services[c.Word(0)])
		delete(x.services, c.Word(0))
		return ""
	case "taken":
		ips, ports := x.allocator.Taken()
		return fmt.Sprint(ips, " addresses, ", ports, " ports")
	}
	c.Unknown()
	return ""
}

// hold takes in services by name.
func (x *estate) hold(services map[string]*service.Service) string {
	var b strings.Builder
	for _, name := range sortedNames(services) {
		if err := x.allocator.Hold(services[name]); err != nil {
			fmt.Fprintln(&b, name, err)
		}
	}
	return b.String()
}

// assign makes or changes a service and shows what it has then.
func (x *estate) assign(t testing.TB, c *transcript.Command) string {
	s := &service.Service{Meta: labels.Meta{Name: c.Word(0)}, Spec: service.Spec{
		Type: service.Type(c.Text("type", "")), ClusterIP: c.Text("ip", ""), ExternalName: c.Text("external", ""),
	}}
	for _, w := range c.Words()[1:] {
		text, at, asked := strings.Cut(w, "@")
		text, protocol, _ := strings.Cut(text, "/")
		p := servicePort(c, text+">1/"+protocol)
		p.TargetPort = pod.IntOrString{}
		if p.Name == "" && len(c.Words()) > 2 {
			p.Name = strings.ToLower(fmt.Sprint("n", p.Port, protocol))
		}
		if asked {
			p.NodePort = atoi(c, at)
		}
		s.Spec.Ports = append(s.Spec.Ports, p)
	}
	s.Default()
	old := x.services[s.Name]
	if old != nil {
		s.Inherit(old)
	}
	require.NoError(t, s.Validate())
	if err := x.allocator.Assign(s, old); err != nil {
		return err.Error()
	}
	require.True(t, s.Complete())
	x.services[s.Name] = s
	text := s.Spec.ClusterIP
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 {
			text += fmt.Sprintf(" %d/%s@%d", p.Port, p.Protocol, p.NodePort)
		}
	}
	return text
}

func sortedNames(m map[string]*service.Service) []string {
	set := make(labels.Set)
	for name := range m {
		set[name] = ""
	}
	return strings.FieldsFunc(strings.ReplaceAll(set.String(), "=", ""), func(r rune) bool { return r == ',' })
}

func rangesOf(t testing.TB, cidr, ports string) service.Ranges {
	t.Helper()
	c, err := service.ParseCIDR(cidr)
	require.NoError(t, err)
	p, err := service.ParsePortRange(ports)
	require.NoError(t, err)
	return service.Ranges{CIDR: c, Ports: p}
}

// No two services ever share an address or a node port, whatever is asked for,
// changed, refused and given back, and over restarts.
func TestNothingIsSharedEver(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	ranges := rangesOf(t, "10.9.0.0/23", "30000-30299") // small: both run out now and then
	a, err := service.NewAllocator(ranges)
	require.NoError(t, err)
	w := &ownership{ips: map[string]string{}, ports: map[int]string{}, services: map[string]*service.Service{}}
	refused := 0
	for i := range 100_000 {
		name := fmt.Sprintf("s%d", rng.IntN(900))
		switch old := w.services[name]; {
		case old != nil && rng.IntN(3) == 0:
			a.Release(old)
			w.forget(old)
		default:
			s := randomService(rng, name)
			if old != nil {
				s.Inherit(old)
			}
			if s.Validate() != nil {
				continue
			}
			if old != nil {
				w.forget(old)
			}
			if err := a.Assign(s, old); err != nil {
				refused++
				if s = old; s == nil {
					continue
				}
			}
			w.take(t, s)
		}
		if i%1000 != 0 {
			continue
		}
		ips, ports := a.Taken()
		require.Equal(t, []int{len(w.ips), len(w.ports)}, []int{ips, ports})
		if i%20_000 == 0 { // a restart
			a, err = service.NewAllocator(ranges)
			require.NoError(t, err)
			for _, s := range w.services {
				require.NoError(t, a.Hold(s))
			}
		}
	}
	require.Greater(t, refused, 1000, "conflicts and exhaustion are among what is tried")
	require.Greater(t, len(w.services), 100)
}

// ownership is an independent record of who has what.
type ownership struct {
	ips      map[string]string
	ports    map[int]string
	services map[string]*service.Service
}

func (w *ownership) take(t *testing.T, s *service.Service) {
	w.services[s.Name] = s
	if ip := s.Spec.ClusterIP; ip != "" && ip != service.Headless {
		require.Empty(t, w.ips[ip], "%s has %s, wants %s", w.ips[ip], ip, s.Name)
		w.ips[ip] = s.Name
	}
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 {
			require.Contains(t, []string{"", s.Name}, w.ports[p.NodePort])
			w.ports[p.NodePort] = s.Name
		}
	}
}

func (w *ownership) forget(s *service.Service) {
	delete(w.services, s.Name)
	delete(w.ips, s.Spec.ClusterIP)
	for _, p := range s.Spec.Ports {
		delete(w.ports, p.NodePort)
	}
}

func randomService(rng *rand.Rand, name string) *service.Service {
	s := &service.Service{Meta: labels.Meta{Name: name}, Spec: service.Spec{
		Type: []service.Type{"", service.NodePort, service.LoadBalancer, service.ExternalName}[rng.IntN(4)],
	}}
	if s.Spec.Type == service.ExternalName {
		s.Spec.ExternalName = "example.com"
	} else if n := rng.IntN(1200); n < 500 {
		s.Spec.ClusterIP = netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}).String()
	} else if n > 1100 {
		s.Spec.ClusterIP = service.Headless
	}
	for i := range 1 + rng.IntN(3) {
		p := service.Port{Name: fmt.Sprint("p", i), Port: 80 + rng.IntN(2), Protocol: []pod.Protocol{pod.TCP, pod.UDP}[rng.IntN(2)]}
		if rng.IntN(3) == 0 {
			p.NodePort = 29_990 + rng.IntN(320)
		}
		s.Spec.Ports = append(s.Spec.Ports, p)
	}
	s.Default()
	return s
}

func TestParseRanges(t *testing.T) {
	for _, tt := range []struct{ text, problem string }{
		{"127.240.0.0/12", ""}, {"fd00:1::/112", ""}, {"10.0.0.0/30", ""}, {"fd00::/108", ""},
		{"", "must be like"}, {"10.0.0.0", "must be like"}, {"10.0.0.0/33", "must be like"}, {"10.0.0.1/24", "must begin at its first address: 10.0.0.0/24"},
		{"10.0.0.0/11", "must have 4 to 1048576 addresses: /12 to /30"}, {"10.0.0.0/31", "/12 to /30"}, {"fd00::/64", "/108 to /126"},
		{"0.0.0.0/12", "that one machine may have"}, {"224.0.0.0/24", "that one machine may have"}, {"::ffff:10.0.0.0/120", "must be written as one of IPv4"},
	} {
		_, err := service.ParseCIDR(tt.text)
		if tt.problem == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, fmt.Sprintf("parse range of addresses %q: ", tt.text))
		require.ErrorContains(t, err, tt.problem)
	}
	for _, tt := range []struct{ text, problem string }{
		{"30000-32767", ""}, {"80", ""}, {"1-65535", ""},
		{"", "must be like"}, {"-", "must be like"}, {"80-", "must be like"}, {"+1-2", "must be like"}, {"1-2-3", "must be like"}, {"1-70000", "must be like"},
		{"0-5", "must be within 1-65535"}, {"90-80", "must not end before it begins"},
	} {
		r, err := service.ParsePortRange(tt.text)
		if tt.problem == "" {
			require.NoError(t, err)
			require.Equal(t, tt.text, r.String())
			continue
		}
		require.ErrorContains(t, err, fmt.Sprintf("parse range of ports %q: ", tt.text))
		require.ErrorContains(t, err, tt.problem)
	}
	_, err := service.NewAllocator(service.Ranges{Ports: service.PortRange{First: 1, Last: 2}})
	require.ErrorContains(t, err, "must be given")
	_, err = service.NewAllocator(service.Ranges{CIDR: netip.MustParsePrefix("10.0.0.0/24")})
	require.ErrorContains(t, err, "must be within")
}

// FuzzParseCIDR requires that what is taken for a range can be given out, and
// is the same when it is written and read again.
func FuzzParseCIDR(f *testing.F) {
	for _, seed := range []string{"127.240.0.0/12", "fd00:1::/112", "10.0.0.1/24", "::ffff:1.2.3.0/120", "10.0.0.0/00", "1.2.3.0/24/5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cidr, err := service.ParseCIDR(text)
		if err != nil {
			require.ErrorContains(t, err, "parse range of addresses ")
			return
		}
		again, err := service.ParseCIDR(cidr.String())
		require.NoError(t, err)
		require.Equal(t, cidr, again)
		a, err := service.NewAllocator(service.Ranges{CIDR: cidr, Ports: service.PortRange{First: 1, Last: 1}})
		require.NoError(t, err)
		s := web()
		s.Default()
		require.NoError(t, a.Assign(s, nil))
		require.True(t, cidr.Contains(netip.MustParseAddr(s.Spec.ClusterIP)))
		require.NoError(t, s.Validate())
	})
}

// FuzzParsePortRange requires the same of ports.
func FuzzParsePortRange(f *testing.F) {
	for _, seed := range []string{"30000-32767", "80", "0-1", "2-1", "1-65536", "1--2", " 1-2", "0x10-20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := service.ParsePortRange(text)
		if err != nil {
			require.ErrorContains(t, err, "parse range of ports ")
			return
		}
		again, err := service.ParsePortRange(r.String())
		require.NoError(t, err)
		require.Equal(t, r, again)
		require.True(t, r.Contains(r.First) && r.Contains(r.Last))
		require.False(t, r.Contains(r.First-1) || r.Contains(r.Last+1))
	})
}

// One service more where there are ten thousand, and where all but one address are taken.
func BenchmarkAllocate(b *testing.B) {
	for _, n := range []int{10_000, 1<<20 - 3} {
		a, err := service.NewAllocator(service.Ranges{CIDR: netip.MustParsePrefix("127.240.0.0/12"), Ports: service.PortRange{First: 30000, Last: 32767}})
		require.NoError(b, err)
		for i := range n {
			s := &service.Service{Meta: labels.Meta{Namespace: "default", Name: fmt.Sprint("s", i)}}
			require.NoError(b, a.Assign(s, nil))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := web()
			b.ReportAllocs()
			for b.Loop() {
				s.Spec.ClusterIP = ""
				if err := a.Assign(s, nil); err != nil {
					b.Fatal(err)
				}
				a.Release(s)
			}
		})
	}
}
