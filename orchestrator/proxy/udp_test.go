package proxy_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// echoUDP answers datagrams with a name and what they said, until the test ends.
func echoUDP(t testing.TB, name string) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, from, err := c.ReadFrom(buffer)
			if err != nil {
				return
			}
			c.WriteTo([]byte(name+" "+string(buffer[:n])), from)
		}
	}()
	return c.LocalAddr().String()
}

func dialUDP(t testing.TB, address string) net.Conn {
	c, err := net.Dial("udp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// askUDP sends a datagram and returns the answer.
func askUDP(t testing.TB, c net.Conn, text string) string {
	t.Helper()
	_, err := fmt.Fprint(c, text)
	require.NoError(t, err)
	buffer := make([]byte, 64<<10)
	n, err := c.Read(buffer)
	require.NoError(t, err)
	return string(buffer[:n])
}

func udpService() *service.Service {
	return &service.Service{Spec: service.Spec{Ports: []service.Port{{Port: 5300, Protocol: pod.UDP}}}}
}

// A client stays with an endpoint while it sends, each client with the next;
// when its endpoint is removed it gets another.
func TestUDP(t *testing.T) {
	r := newRig(t, proxy.Config{})
	a, b := echoUDP(t, "a"), echoUDP(t, "b")
	at := r.serve(udpService(), a, b)
	one, two := dialUDP(t, at), dialUDP(t, at)
	for _, text := range []string{"1", "", "\xff\x00 garbage", string(make([]byte, 60000))} {
		require.Equal(t, "a "+text, askUDP(t, one, text))
		require.Equal(t, "b "+text, askUDP(t, two, text))
	}
	require.Equal(t, 2, r.status("web").Active)
	r.endpoints("web", b)
	require.Equal(t, "b again", askUDP(t, one, "again"))
	require.Equal(t, "b still", askUDP(t, two, "still"))
}

// An endpoint that is not there costs the client nothing, not even the first datagram.
func TestUDPRetry(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(udpService(), refusing(t, "udp"), echoUDP(t, "b"))
	for range 4 {
		require.Equal(t, "b hello", askUDP(t, dialUDP(t, at), "hello"))
	}
	require.NotZero(t, r.status("web").Retried)
}

// A session without datagrams ends, and the next datagram begins another.
func TestUDPSessionsEnd(t *testing.T) {
	inTime(t, 50*time.Millisecond, func(session time.Duration) bool {
		r := newRig(t, proxy.Config{Session: session})
		c := dialUDP(t, r.serve(udpService(), echoUDP(t, "a"), echoUDP(t, "b")))
		for _, text := range []string{"a 1", "b 2"} {
			_, err := fmt.Fprint(c, text[2:])
			require.NoError(t, err)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(10*session)))
			answer := make([]byte, 8)
			n, err := c.Read(answer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return false // the session had ended before the answer came
			}
			require.NoError(t, err)
			require.Equal(t, text, string(answer[:n]))
			r.until(func() bool { return r.status("web").Active == 0 }, "the session ends")
		}
		return true
	})
}

// On a port of all addresses the answer comes from the address that was asked,
// in IPv4 and IPv6.
func TestUDPNodePort(t *testing.T) {
	r := newRig(t, proxy.Config{NodeAddresses: []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}})
	s := udpService()
	s.Spec.Type, s.Spec.Ports[0].NodePort = service.NodePort, nodePort(t)
	r.serve(s, echoUDP(t, "a"))
	for _, host := range []string{"127.0.0.1", "127.1.2.3", "::1"} {
		at := net.JoinHostPort(host, fmt.Sprint(s.Spec.Ports[0].NodePort))
		require.Equal(t, "a hello", askUDP(t, dialUDP(t, at), "hello")) // a connected socket hears that address alone
	}
}

// A flood from many sources is bounded, and those who were there go on.
func TestUDPLimit(t *testing.T) {
	r := newRig(t, proxy.Config{PerService: 3})
	at := r.serve(udpService(), echoUDP(t, "a"))
	first := dialUDP(t, at)
	require.Equal(t, "a 1", askUDP(t, first, "1"))
	for range 20 {
		_, err := fmt.Fprint(dialUDP(t, at), "flood")
		require.NoError(t, err)
	}
	r.until(func() bool { return r.status("web").Limited == 18 }, "the rest is dropped")
	require.Equal(t, "a 2", askUDP(t, first, "2"))
	require.Equal(t, 3, r.status("web").Active)
}
