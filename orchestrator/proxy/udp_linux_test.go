package proxy

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A session lasts Config.Session from the last datagram on, in whichever direction that
// went; those that nobody uses do not wait for those that are used.
func TestUsedSessionsStay(t *testing.T) {
	l := &loop{e: &engine{cfg: Config{Session: time.Minute}.withDefaults()}, scratch: make([]byte, 16)}
	u := &udpListener{e: l.e, pool: newPool("default/web:dns", func(string, string) {}), fd: -1, sessions: make(map[sessionKey]*session)}
	begin := func(local byte) *session {
		s := &session{listener: u, fd: -1, backend: &backend{}, key: sessionKey{local: netip.AddrFrom4([4]byte{127, 0, 0, local})}}
		u.sessions[s.key] = s
		l.sessions.append(s)
		return s
	}
	asks, answers, silent := begin(1), begin(2), begin(3)
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	defer unix.Close(ends[0])
	defer unix.Close(ends[1])

	l.now = int64(40 * time.Second)
	l.forward(asks, []byte("a question"))
	answers.fd = ends[0]
	_, err = unix.Write(ends[1], []byte("an answer"))
	require.NoError(t, err)
	answers.ready(l, 0)
	answers.fd = -1

	left := func(at time.Duration) (list []*session) {
		l.now = int64(at)
		l.expire()
		for s := l.sessions.first; s != nil; s = s.next {
			require.Same(t, s, u.sessions[s.key])
			list = append(list, s)
		}
		require.Len(t, u.sessions, len(list))
		return list
	}
	require.Equal(t, []*session{silent, asks, answers}, left(time.Minute-1))
	require.Equal(t, []*session{asks, answers}, left(time.Minute))
	require.Equal(t, []*session{asks, answers}, left(100*time.Second-1))
	require.Empty(t, left(100*time.Second))
}
