package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

func TestLimits(t *testing.T) {
	r := newRig(t, proxy.Config{Connections: 3, PerService: 2})
	one := r.serve(&service.Service{}, backend(t, "a"))
	two := r.serve(&service.Service{Meta: labels.Meta{Name: "two"}}, backend(t, "b"))
	first, second := dial(t, one), dial(t, one)
	first.line()
	second.line()
	turnedAway(t, "127.0.0.1", one) // beyond PerService
	require.Equal(t, "b", dial(t, two).line())
	turnedAway(t, "127.0.0.1", two) // beyond Connections
	r.event("web", "TooManyConnections")
	first.Conn.Close()
	r.until(func() bool { return r.status("web").Active == 1 }, "there is room")
	require.Equal(t, "a", dial(t, one).line())
}

func TestIdle(t *testing.T) {
	inTime(t, 300*time.Millisecond, func(idle time.Duration) bool {
		r := newRig(t, proxy.Config{Idle: idle})
		at := r.serve(&service.Service{}, backend(t, "a"))
		began := time.Now()
		conn, err := net.DialTimeout("tcp", at, patience)
		if time.Since(began) >= idle/2 {
			return false
		}
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(began.Add(patience)))
		c := bufio.NewReader(conn)
		heard, silent := began, time.Duration(0)
		for text := "a\n"; time.Since(began) < 2*idle; text = "x\n" { // longer than Idle, but never silent
			answer, err := c.ReadString('\n')
			silent = max(silent, time.Since(heard))
			if silent >= idle/2 {
				return false
			}
			require.NoError(t, err)
			require.Equal(t, text, answer)
			heard = time.Now()
			fmt.Fprintln(conn, "x")
		}
		_, err = io.Copy(io.Discard, c)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		require.Zero(t, r.status("web").Stalled)
		return true
	})
}

// A client that takes nothing holds up its endpoint, and in the end loses its connection.
func TestStallingClient(t *testing.T) {
	r := newRig(t, proxy.Config{Idle: 300 * time.Millisecond})
	taken := make(chan int64)
	at := r.serve(&service.Service{}, server(t, "127.0.0.1:0", func(c net.Conn) {
		n, _ := io.Copy(c, endless{})
		taken <- n
	}))
	for tries := 0; r.status("web").Stalled == 0; tries++ { // again where the endpoint was silent itself for so long
		require.Less(t, tries, 20)
		c, err := net.DialTimeout("tcp", at, patience)
		if err == nil {
			defer c.Close()
		} else { // it was closed before the client knew that it was connected
			require.ErrorIs(t, err, syscall.ECONNRESET)
		}
		require.Less(t, <-taken, int64(256<<20)) // what sockets and a pipe may hold, not what would be without an end
	}
	require.Contains(t, r.event("web", "ClientStalled").Message, "takes nothing")
	require.EqualValues(t, 1, r.status("web").Stalled)
}

// An endpoint that does not even refuse costs Connect, once, and then others come first.
func TestSilentEndpoint(t *testing.T) {
	r := newRig(t, proxy.Config{Connect: 200 * time.Millisecond, Shun: time.Hour})
	at := r.serve(&service.Service{}, blackHole(t), backend(t, "b"))
	for range 5 {
		require.Equal(t, "b", dial(t, at).line())
	}
	require.Contains(t, r.event("web", "EndpointNotAnswering").Message, "does not answer within 200ms")
	require.EqualValues(t, 1, r.status("web").Retried)
}

// A break is passed on as a break, an end as an end.
func TestBreaks(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{}, server(t, "127.0.0.1:0", func(c net.Conn) {
		b := make([]byte, 1)
		c.Read(b)
		if b[0] == 'b' {
			c.(*net.TCPConn).SetLinger(0)
		}
	}))
	c := dial(t, at)
	c.Write([]byte("b"))
	require.ErrorIs(t, c.closed(), syscall.ECONNRESET)
	c = dial(t, at)
	c.Write([]byte("e"))
	require.ErrorIs(t, c.closed(), io.EOF)
	require.EqualValues(t, 1, r.status("web").Endpoints[0].Failed)
}

// With Replay an endpoint that dies before it answers is not seen by the client.
func TestReplay(t *testing.T) {
	r := newRig(t, proxy.Config{Replay: 1 << 10})
	dying := func(linger bool) string {
		return server(t, "127.0.0.1:0", func(c net.Conn) {
			c.Read(make([]byte, 3))
			if linger {
				c.(*net.TCPConn).SetLinger(0)
			}
		})
	}
	echo := server(t, "127.0.0.1:0", func(c net.Conn) { io.Copy(c, c) })
	at := r.serve(&service.Service{}, dying(true), dying(false), echo)
	for range 6 {
		require.Equal(t, "hello", dial(t, at).say("hello"))
	}
	c := dial(t, at)
	_, err := c.Write(make([]byte, 2<<10))
	require.NoError(t, err)
	require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
	got, _ := io.ReadAll(c)
	require.Contains(t, []int{0, 2 << 10}, len(got), "too much to keep: as the endpoint has it")
}
