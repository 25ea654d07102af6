package proxy_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

func TestRoundRobin(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{}, backend(t, "a"), backend(t, "b"), backend(t, "c"))
	counts := map[string]int{}
	for range 30 {
		c := dial(t, at)
		counts[c.line()]++
		require.Equal(t, "hello", c.say("hello"))
		c.Conn.Close()
	}
	require.Equal(t, map[string]int{"a": 10, "b": 10, "c": 10}, counts)
}

// One that refuses costs the client nothing, and the others share what it would have had.
func TestRetry(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{}, backend(t, "a"), refusing(t, "tcp"), backend(t, "b"))
	counts := map[string]int{}
	for range 40 {
		counts[dial(t, at).line()]++
	}
	require.InDelta(t, 20, counts["a"], 1, counts)
	require.InDelta(t, 20, counts["b"], 1, counts)
	status := r.status("web")
	require.NotZero(t, status.Retried)
	require.Zero(t, status.Unserved)
}

// What is sent before the end of one side arrives, and the other side may go on.
func TestHalfClose(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{}, server(t, "127.0.0.1:0", func(c net.Conn) {
		all, err := io.ReadAll(c)
		if err == nil {
			sum := sha256.Sum256(all)
			c.Write(sum[:])
		}
	}))
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, 5 << 20} {
		sent := make([]byte, size)
		random.Read(sent)
		c := dial(t, at)
		_, err := c.Write(sent)
		require.NoError(t, err)
		require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		want := sha256.Sum256(sent)
		require.Equal(t, want[:], got, "%d bytes", size)
	}
}

// Much in both directions at once, through many connections.
func TestBulk(t *testing.T) {
	r := newRig(t, proxy.Config{})
	at := r.serve(&service.Service{}, server(t, "127.0.0.1:0", func(c net.Conn) { io.Copy(c, c); c.(*net.TCPConn).CloseWrite() }))
	sent := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{2}).Read(sent)
	var group sync.WaitGroup
	for range 16 {
		c := dial(t, at)
		group.Go(func() {
			if _, err := c.Write(sent); err != nil {
				t.Error(err)
			}
			c.Conn.(*net.TCPConn).CloseWrite()
		})
		group.Go(func() {
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%d bytes came back of %d: %v", len(got), len(sent), err)
			}
		})
	}
	group.Wait()
	r.until(func() bool { return r.status("web").Active == 0 }, "all have ended")
	status := r.status("web") // bytes are counted when the other side has them
	require.EqualValues(t, 16*len(sent), status.Endpoints[0].Sent)
	require.EqualValues(t, 16*len(sent), status.Endpoints[0].Received)
}
