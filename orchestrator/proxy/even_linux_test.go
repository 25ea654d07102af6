package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// twoLoops is an engine of two loops, in front of a server that says back what it hears.
func twoLoops(t *testing.T) (e *engine, p *pool, at string) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	e, err = newEngine(Config{Loops: 2}.withDefaults())
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() { e.run(); close(ended) }()
	t.Cleanup(func() { e.stop(); <-ended; e.close() })

	p = newPool("web", func(string, string) {})
	p.target.Store(&service.Target{})
	p.set([]netip.AddrPort{netip.MustParseAddrPort(server.Addr().String())}, nil, 0)
	at = fmt.Sprintf("127.255.%d.%d:8000", os.Getpid()/250%250, 1+os.Getpid()%250) // where hardly any other process is
	closer, err := e.listen(netip.MustParseAddrPort(at), pod.TCP, p)
	require.NoError(t, err)
	t.Cleanup(func() { <-closer() })
	return e, p, at
}

// in calls a function in the loop.
func (l *loop) in(f func()) {
	done := make(chan struct{})
	l.do(func() { f(); close(done) })
	<-done
}

// talker is a client that asks and hears the same, over and over.
func talker(t *testing.T, at string) (stop func()) {
	t.Helper()
	c, err := net.Dial("tcp", at)
	require.NoError(t, err)
	say := func(in *bufio.Reader) {
		_, err := io.WriteString(c, "hello, are you there?\n")
		require.NoError(t, err)
		answer, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "hello, are you there?\n", answer)
	}
	in := bufio.NewReader(c)
	say(in)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer c.Close()
		for {
			select {
			case <-end:
				return
			default:
				say(in)
			}
		}
	}()
	return func() { close(end); <-ended }
}

// Connections that stay are spread over the loops again where they no longer are,
// and nothing that passes through them is lost on the way.
func TestLoopsAreEven(t *testing.T) {
	e, p, at := twoLoops(t)
	one, other := e.loops[0], e.loops[1]
	const clients = 10
	for range clients {
		t.Cleanup(talker(t, at))
	}
	for range 3 {
		handed := 0
		one.in(func() {
			for f := one.idle.first; f != nil; {
				next := f.next
				if f.empty() {
					one.hand(f, other)
					handed++
				}
				f = next
			}
		})
		require.Positive(t, handed)
		require.Eventually(t, func() bool {
			return one.active.Load() == clients/2 && other.active.Load() == clients/2
		}, time.Minute, time.Millisecond)
	}
	require.EqualValues(t, clients, p.active.Load())
	require.EqualValues(t, clients, e.active.Load())
}

// A connection whose endpoint's time ends while it is between two loops ends too.
func TestDrainBetweenLoops(t *testing.T) {
	e, p, at := twoLoops(t)
	c, err := net.Dial("tcp", at)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "x")
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 1))
	require.NoError(t, err)
	from, to := e.loops[0], e.loops[1]
	if to.active.Load() > 0 {
		from, to = to, from
	}
	from.in(func() {
		p.set(nil, nil, 1)
		from.hand(from.idle.first, to)
	})
	_, err = c.Read(make([]byte, 1))
	require.ErrorContains(t, err, "reset")
	require.EqualValues(t, 1, p.tally.drained.Load())
	require.Eventually(t, func() bool { return p.active.Load() == 0 }, time.Minute, time.Millisecond)
}
