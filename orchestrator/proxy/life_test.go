package proxy_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// event waits for an event about a service.
func (r *rig) event(name, reason string) labels.Event {
	r.t.Helper()
	var found labels.Event
	r.until(func() bool {
		events := r.client.Events(orchestrator.EventFilter{Kind: "Service", Name: name, Reason: reason})
		if len(events) > 0 {
			found = events[0]
		}
		return len(events) > 0
	}, reason)
	return found
}

// from dials from a given address of this machine.
func from(t *testing.T, source, address string) client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: patience}
	c, err := d.DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return client{c, bufio.NewReader(c), t}
}

// closed waits for the end of a connection, in order or not.
func (c client) closed() error {
	c.t.Helper()
	_, err := c.ReadByte()
	require.Error(c.t, err)
	require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded)
	return err
}

// turnedAway finds that a connection is closed at once: the client may see that
// while it connects or later.
func turnedAway(t *testing.T, source, address string) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: patience}
	c, err := d.DialContext(t.Context(), "tcp", address)
	if err == nil {
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		_, err = c.Read(make([]byte, 1))
	}
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestAffinity(t *testing.T) {
	r := newRig(t, proxy.Config{})
	a, b, c := backend(t, "a"), backend(t, "b"), backend(t, "c")
	at := r.serve(&service.Service{Spec: service.Spec{SessionAffinity: service.AffinityClientIP}}, a, b, c)
	for range 3 {
		require.Equal(t, "a", from(t, "127.0.0.1", at).line())
		require.Equal(t, "b", from(t, "127.0.0.2", at).line())
	}
	// Whoever loses their endpoint gets another, and stays there when it is back.
	r.endpoints("web", b, c)
	other := from(t, "127.0.0.1", at).line()
	require.NotEqual(t, "a", other)
	r.endpoints("web", a, b, c)
	for range 3 {
		require.Equal(t, other, from(t, "127.0.0.1", at).line())
		require.Equal(t, "b", from(t, "127.0.0.2", at).line())
	}
}

// After a time of silence, here a second, the affinity of a client begins anew.
func TestAffinityEnds(t *testing.T) {
	r := newRig(t, proxy.Config{})
	second := int64(1)
	at := r.serve(&service.Service{Spec: service.Spec{
		SessionAffinity:       service.AffinityClientIP,
		SessionAffinityConfig: &service.StickyRules{ClientIP: &service.ClientIPRules{TimeoutSeconds: &second}},
	}}, backend(t, "a"), backend(t, "b"), backend(t, "c"))
	seen := map[string]bool{}
	r.until(func() bool {
		wait := time.NewTimer(1100 * time.Millisecond)
		<-wait.C
		seen[from(t, "127.0.0.2", at).line()] = true
		return len(seen) > 1
	}, "another endpoint")
}

// A connection to a removed endpoint goes on for the grace; others are left alone.
func TestDrain(t *testing.T) {
	for _, drain := range []time.Duration{time.Hour, 100 * time.Millisecond} {
		r := newRig(t, proxy.Config{Drain: drain})
		a, b := backend(t, "a"), backend(t, "b")
		at := r.serve(&service.Service{}, a, b)
		gone := dial(t, at)
		require.Equal(t, "a", gone.line())
		stays := dial(t, at)
		require.Equal(t, "b", stays.line())
		r.endpoints("web", b)
		for range 4 {
			require.Equal(t, "b", dial(t, at).line())
		}
		if drain == time.Hour {
			require.Equal(t, "still", gone.say("still"))
		} else {
			gone.closed()
			require.EqualValues(t, 1, r.status("web").Drained)
		}
		require.Equal(t, "hello", stays.say("hello"))
	}
}

// An endpoint that comes back within the grace keeps its connections.
func TestDrainIsCalledOff(t *testing.T) {
	inTime(t, 100*time.Millisecond, func(drain time.Duration) bool {
		r := newRig(t, proxy.Config{Drain: drain})
		a, b := backend(t, "a"), backend(t, "b")
		at := r.serve(&service.Service{}, a, b)
		back := dial(t, at)
		require.Equal(t, "a", back.line())
		stays := dial(t, at)
		require.Equal(t, "b", stays.line())
		began := time.Now()
		r.endpoints("web", b)
		r.endpoints("web", a, b)
		if time.Since(began) >= drain {
			return false
		}
		wait := time.NewTimer(2 * drain)
		<-wait.C
		require.Equal(t, "hello", back.say("hello"))
		require.Equal(t, "hello", stays.say("hello"))
		require.Zero(t, r.status("web").Drained)
		return true
	})
}

// A connection that is still being made goes on to another endpoint when the
// grace is over, and the removed one is there until then.
func TestDrainBeforeItIsConnected(t *testing.T) {
	r := newRig(t, proxy.Config{Connect: time.Hour, Drain: 100 * time.Millisecond})
	hole := blackHole(t)
	at := r.serve(&service.Service{}, hole)
	c := dial(t, at)
	active := func() bool { return len(r.status("web").Endpoints) > 0 && r.status("web").Endpoints[0].Active == 1 }
	r.until(active, "it is being connected")
	r.endpoints("web", backend(t, "b"))
	require.Equal(t, "b", c.line())
	require.EqualValues(t, 1, r.status("web").Retried)
	require.Zero(t, r.status("web").Drained)
}

// An endpoint that is not ready keeps its connections and gets no others.
func TestNotReady(t *testing.T) {
	r := newRig(t, proxy.Config{Drain: -1})
	a, b := backend(t, "a"), backend(t, "b")
	at := r.serve(&service.Service{}, a, b)
	kept := dial(t, at)
	require.Equal(t, "a", kept.line())
	_, err := r.client.Endpoints().Patch(t.Context(), "", "web", func(e *service.Endpoints) error {
		for i := range e.Subsets {
			if s := &e.Subsets[i]; s.Ports[0].Port == int(netip.MustParseAddrPort(a).Port()) {
				s.NotReadyAddresses, s.Addresses = s.Addresses, nil
			}
		}
		return nil
	})
	require.NoError(t, err)
	r.until(func() bool { return r.leaving("web") == 1 }, "it is not ready")
	for range 4 {
		require.Equal(t, "b", dial(t, at).line())
	}
	require.Equal(t, "hello", kept.say("hello"))
}

func (r *rig) leaving(name string) int {
	n := 0
	for _, e := range r.status(name).Endpoints {
		if e.Leaving {
			n++
		}
	}
	return n
}

// The service's address is closed when it goes, and so are its connections after the grace.
func TestServiceGoes(t *testing.T) {
	for _, drain := range []time.Duration{time.Hour, 100 * time.Millisecond} {
		r := newRig(t, proxy.Config{Drain: drain})
		at := r.serve(&service.Service{}, backend(t, "a"))
		c := dial(t, at)
		require.Equal(t, "a", c.line())
		require.NoError(t, r.client.Services().Delete(t.Context(), "", "web", orchestrator.DeleteOptions{}))
		r.until(func() bool { return len(r.proxy.Service("default", "web")) == 0 }, "the port is gone")
		_, err := net.Dial("tcp", at)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		if drain == time.Hour {
			require.Equal(t, "still", c.say("still"))
		} else {
			c.closed()
		}
		// And the address can be had again at once.
		s := &service.Service{Meta: labels.Meta{Name: "next"}}
		s.Spec.ClusterIP, _, _ = net.SplitHostPort(at)
		r.serve(s, backend(t, "n"))
		require.Equal(t, "n", dial(t, at).line())
	}
}

func TestNoEndpoints(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{})
	turnedAway(t, "127.0.0.1", at)
	require.Equal(t, "no endpoint is ready: connections are closed", r.event("web", "NoEndpoints").Message)
	require.EqualValues(t, 1, r.status("web").Unserved)
	r.endpoints("web", backend(t, "a"))
	require.Equal(t, "a", dial(t, at).line())
}

// With Wait a client that comes while no endpoint takes it gets the next that does.
func TestWait(t *testing.T) {
	r := newRig(t, proxy.Config{Wait: patience})
	at := r.serve(&service.Service{})
	c, gone := dial(t, at), dial(t, at)
	r.until(func() bool { return r.status("web").Active == 2 }, "they wait")
	gone.Conn.(*net.TCPConn).SetLinger(0)
	gone.Conn.Close()
	r.until(func() bool { return r.status("web").Active == 1 }, "one gave up")
	r.endpoints("web", backend(t, "a"))
	require.Equal(t, "a", c.line())
	require.Zero(t, r.status("web").Unserved)
}

// A wait ends.
func TestWaitEnds(t *testing.T) {
	r := newRig(t, proxy.Config{Wait: 50 * time.Millisecond})
	turnedAway(t, "127.0.0.1", r.serve(&service.Service{})) // maybe before the client knows that it is connected
	require.EqualValues(t, 1, r.status("web").Unserved)
}

func TestSourceRanges(t *testing.T) {
	r := newRig(t, proxy.Config{Firewall: []service.Rule{{Deny: true, Source: netip.MustParsePrefix("127.0.5.0/24")}}})
	at := r.serve(&service.Service{Spec: service.Spec{LoadBalancerSourceRanges: []string{"127.0.4.0/23"}}}, backend(t, "a"))
	require.Equal(t, "a", from(t, "127.0.4.1", at).line())
	turnedAway(t, "127.0.5.1", at)
	require.Equal(t, `client 127.0.5.1: denied by rule "deny 127.0.5.0/24"`, r.event("web", "SourceDenied").Message)
	turnedAway(t, "127.0.0.1", at)
	require.EqualValues(t, 2, r.status("web").Denied)
	require.Equal(t, 1, r.status("web").Active)
}

func TestIPv6(t *testing.T) {
	r := newRig(t, proxy.Config{NodeAddresses: []netip.Addr{netip.MustParseAddr("::1")}})
	port := nodePort(t)
	s := &service.Service{Spec: service.Spec{Type: service.NodePort, Ports: []service.Port{{Port: 8000, NodePort: port}}}}
	r.serve(s, backendAt(t, "[::1]:0", "six"), backend(t, "four"))
	at := net.JoinHostPort("::1", fmt.Sprint(port))
	require.Equal(t, "six", dial(t, at).line())
	require.Equal(t, "four", dial(t, at).line())
}

// What can't be listened on is told and tried again; the other ports work.
func TestBadPlaces(t *testing.T) {
	r := newRig(t, proxy.Config{})
	taken, err := net.Listen("tcp", portal()+":8000")
	require.NoError(t, err)
	host, _, _ := net.SplitHostPort(taken.Addr().String())
	for name, s := range map[string]service.Spec{
		"taken":    {ClusterIP: host, Ports: []service.Port{{Port: 8000}}},
		"external": {ClusterIP: portal(), ExternalIPs: []string{"198.51.100.7"}, Ports: []service.Port{{Port: 8000}}},
	} {
		_, err := r.client.Services().Create(t.Context(), &service.Service{Meta: labels.Meta{Name: name}, Spec: s})
		require.NoError(t, err)
	}
	require.Contains(t, r.event("taken", "PortTaken").Message, "is taken by another program")
	require.Contains(t, r.event("external", "PortalUnreachable").Message, "198.51.100.7:8000 is not an address of this machine")
	require.Len(t, r.status("external").Listening, 1)
	require.Equal(t, "a", dial(t, r.serve(&service.Service{}, backend(t, "a"))).line())
	taken.Close()
	r.until(func() bool { return len(r.status("taken").Listening) == 1 }, "it is tried again")
	require.Empty(t, r.status("taken").Problems)
}
