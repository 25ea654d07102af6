package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// patience is how long a test waits for what must come, tick how often it looks.
const (
	patience = 2 * time.Minute
	tick     = 5 * time.Millisecond
)

// rig is an orchestrator and a proxy that run until the test ends.
type rig struct {
	t      testing.TB
	client *orchestrator.Client
	proxy  *proxy.Proxy
}

func newRig(t testing.TB, cfg proxy.Config) *rig {
	return newRigOf(t, cfg, orchestrator.Config{})
}

func newRigOf(t testing.TB, cfg proxy.Config, of orchestrator.Config) *rig {
	of.Dial = new(fake.Machines).Dial
	o, err := orchestrator.New(of)
	require.NoError(t, err)
	cfg.Client = o.Client()
	if cfg.NodeAddresses == nil {
		cfg.NodeAddresses = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	p, err := proxy.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		if t.Failed() {
			for _, s := range p.Status() {
				t.Logf("%+v", s)
			}
			for _, e := range o.Client().Events(orchestrator.EventFilter{}) {
				t.Log(e.InvolvedObject.Name, e.Reason, e.Message, e.Count)
			}
		}
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	})
	return &rig{t: t, client: o.Client(), proxy: p}
}

// portals are addresses that no other test of this process has.
var portals atomic.Uint32

// portal returns an address for a service, in a corner of the default range that
// hardly any other process of tests has. After 2,048 they come again.
func portal() string {
	pid, n := os.Getpid(), int(portals.Add(1))
	return fmt.Sprintf("127.%d.%d.%d", 241+pid%14, pid/14%32*8+n>>8%8, n%256)
}

// nodePort returns a port of the range for them that nobody listens on now, and
// with which hardly any other process of tests begins its search.
func nodePort(t testing.TB) int {
	t.Helper()
	for i := range 2768 {
		port := 30000 + (os.Getpid()+int(portals.Add(1))+i)%2768
		at := fmt.Sprintf(":%d", port)
		tcp, err := net.Listen("tcp", at)
		if err != nil {
			continue
		}
		tcp.Close()
		udp, err := net.ListenPacket("udp", at)
		if err == nil {
			udp.Close()
			return port
		}
	}
	require.FailNow(t, "no node port is free")
	return 0
}

// refusing returns an address at which nobody listens, and nobody can: it is a
// client's end of a connection.
func refusing(t testing.TB, network string) string {
	t.Helper()
	at := backend(t, "peer")
	if network == "udp" {
		at = echoUDP(t, "peer")
	}
	c, err := net.Dial(network, at)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

// inTime does what has to be done within a time that the proxy is given, and with
// twice the time where the machine took longer over it: then do returns false.
func inTime(t *testing.T, limit time.Duration, do func(limit time.Duration) bool) {
	t.Helper()
	for !do(limit) {
		require.Less(t, limit, patience, "the machine is too slow")
		limit *= 2
	}
}

// serve adds a service of one port with the endpoints, waits until it
// listens, and returns where.
func (r *rig) serve(s *service.Service, endpoints ...string) string {
	r.t.Helper()
	if s.Name == "" {
		s.Name = "web"
	}
	if s.Spec.ClusterIP == "" {
		s.Spec.ClusterIP = portal()
	}
	if s.Spec.Ports == nil {
		s.Spec.Ports = []service.Port{{Port: 8000}}
	}
	_, err := r.client.Services().Create(r.t.Context(), s)
	require.NoError(r.t, err)
	if len(endpoints) > 0 {
		r.endpoints(s.Name, endpoints...)
	}
	r.until(func() bool {
		status := r.proxy.Service("default", s.Name)
		return len(status) > 0 && len(status[0].Listening) > 0 && len(status[0].Endpoints) >= len(endpoints)
	}, "the proxy listens")
	return net.JoinHostPort(s.Spec.ClusterIP, fmt.Sprint(s.Spec.Ports[0].Port))
}

// endpoints makes the addresses the endpoints of a service, and waits until the proxy knows.
func (r *rig) endpoints(name string, addresses ...string) {
	r.t.Helper()
	e := &service.Endpoints{Meta: labels.Meta{Name: name}}
	for _, a := range addresses {
		at := netip.MustParseAddrPort(a)
		e.Subsets = append(e.Subsets, service.Subset{
			Addresses: []service.EndpointAddress{{IP: at.Addr().String()}},
			Ports:     []service.EndpointPort{{Port: int(at.Port())}},
		}, service.Subset{
			Addresses: []service.EndpointAddress{{IP: at.Addr().String()}},
			Ports:     []service.EndpointPort{{Port: int(at.Port()), Protocol: pod.UDP}},
		})
	}
	_, err := r.client.Endpoints().Apply(r.t.Context(), e)
	require.NoError(r.t, err)
	r.until(func() bool {
		ready := 0
		for _, e := range r.status(name).Endpoints {
			if !e.Leaving {
				ready++
			}
		}
		return ready == len(addresses)
	}, "the proxy has the endpoints")
}

func (r *rig) status(name string) proxy.Status {
	if all := r.proxy.Service("default", name); len(all) > 0 {
		return all[0]
	}
	return proxy.Status{}
}

// until waits for something that must become true.
func (r *rig) until(met func() bool, what string) {
	r.t.Helper()
	require.Eventually(r.t, met, patience, tick, what)
}

// backend is a server that says its name to each connection, and then echoes.
func backend(t testing.TB, name string) string {
	return backendAt(t, "127.0.0.1:0", name)
}

func backendAt(t testing.TB, address, name string) string {
	return server(t, address, func(c net.Conn) {
		fmt.Fprintln(c, name)
		io.Copy(c, c)
	})
}

// server accepts connections until the test ends; each is closed when handle returns.
func server(t testing.TB, address string, handle func(net.Conn)) string {
	ln, err := net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return ln.Addr().String()
}

// client is a connection with a reader.
type client struct {
	net.Conn
	*bufio.Reader
	t testing.TB
}

func (c client) Read(b []byte) (int, error) { return c.Reader.Read(b) }

func dial(t testing.TB, address string) client {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return client{c, bufio.NewReader(c), t}
}

// line reads one.
func (c client) line() string {
	c.t.Helper()
	text, err := c.ReadString('\n')
	require.NoError(c.t, err)
	return text[:len(text)-1]
}

// say writes a line and reads what comes back.
func (c client) say(text string) string {
	c.t.Helper()
	_, err := fmt.Fprintln(c, text)
	require.NoError(c.t, err)
	return c.line()
}

// endless is a reader without end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// blackHole returns an address that answers nothing to who would connect: its
// queue is full.
func blackHole(t testing.TB) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	at := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for full := 0; full < 3; full++ { // a client may find no time for what is not full, but not again and again
		c, err := net.DialTimeout("tcp", at, 200*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			full = 0
		}
	}
	return at
}
