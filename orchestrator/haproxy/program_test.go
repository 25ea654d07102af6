package haproxy

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// One that is slow is asked until it answers; one that has gone is not waited for.
func TestSlowAnswers(t *testing.T) {
	dir, err := os.MkdirTemp("", "haproxy") // short enough for the name of a socket
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	b := &Balancer{Dir: dir, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	require.False(t, b.answers(t.Context()), "there is none")
	ln, err := net.Listen("unix", b.socket())
	require.NoError(t, err)
	go func() {
		for n := 0; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			if n > 0 { // it has no time for the first who asks
				bufio.NewReader(c).ReadString('\n')
				c.Write([]byte("Name: HAProxy\n"))
				c.Close()
			}
		}
	}()
	require.True(t, b.answers(t.Context()))
	require.NoError(t, ln.Close())
	require.False(t, b.answers(t.Context()), "it has gone")
}
