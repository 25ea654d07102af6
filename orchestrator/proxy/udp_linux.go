package proxy

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// udpListener is a socket that clients send datagrams to. It belongs to one loop.
type udpListener struct {
	e        *engine
	pool     *pool
	fd       int
	slot     int32
	sessions map[sessionKey]*session
}

// sessionKey tells the clients of a listener apart, and by which address of
// the machine they came: they expect the answers from there.
type sessionKey struct {
	client netip.AddrPort
	local  netip.Addr // invalid where the listener has but one
}

// session is a client of UDP and its endpoint.
type session struct {
	listener *udpListener
	key      sessionKey
	client   socketAddress
	fd       int
	slot     int32
	backend  *backend
	tried    []*backend
	// first is what may have to be sent to another endpoint: the newest
	// datagram, until one comes back. It is nil then.
	first []byte

	last       int64 // when a datagram passed
	prev, next *session
}

// datagrams is how many are moved before it is the turn of other sockets.
const datagrams = 64

var udpTurn atomic.Uint32

func (e *engine) listenUDP(address netip.AddrPort, p *pool) (closer func() <-chan struct{}, err error) {
	fd, err := listen(address, unix.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	u := &udpListener{e: e, pool: p, fd: fd, sessions: make(map[sessionKey]*session)}
	l := e.loops[int(udpTurn.Add(1))%len(e.loops)]
	l.do(func() { u.slot, _ = l.add(fd, unix.EPOLLIN, u) })
	return func() <-chan struct{} {
		closed := make(chan struct{})
		l.do(func() {
			defer close(closed)
			for _, s := range u.sessions {
				l.endSession(s)
			}
			l.drop(u.slot)
			closeFD(fd)
		})
		return closed
	}, nil
}

// ready passes datagrams on to endpoints.
func (u *udpListener) ready(l *loop, _ uint32) {
	for range datagrams {
		n, errno := l.message.receive(u.fd, l.scratch)
		if errno == again {
			return
		}
		if errno != 0 { // of an earlier answer that did not arrive
			continue
		}
		key := sessionKey{addressOf(&l.message.from), l.message.local()}
		if s := u.session(l, key); s != nil {
			l.forward(s, l.scratch[:n])
		}
	}
}

// session returns the one of a client, a new one if it has none or its
// endpoint was removed; nil if none can be had.
func (u *udpListener) session(l *loop, key sessionKey) *session {
	s := u.sessions[key]
	if s != nil && s.backend.until.Load() == 0 {
		return s
	}
	if s != nil {
		l.endSession(s)
	}
	if !u.e.enter(u.pool, key.client) {
		return nil
	}
	l.active.Add(1)
	s = &session{listener: u, key: key, client: toSocketAddress(key.client), fd: -1, first: []byte{}}
	u.sessions[key] = s
	s.last = l.now
	l.sessions.append(s)
	if !l.assign(s) {
		return nil
	}
	return s
}

// assign connects a session to the next endpoint; without one it ends.
func (l *loop) assign(s *session) bool {
	p := s.listener.pool
	for {
		b := p.pick(s.key.client.Addr(), s.tried, l.now)
		if b == nil {
			p.tally.unserved.Add(1)
			p.tell(reasonNoEndpoints, "no endpoint takes datagrams: they are dropped")
			l.endSession(s)
			return false
		}
		if len(s.tried) > 0 {
			p.tally.retried.Add(1)
		}
		s.tried = append(s.tried, b)
		fd, errno := socket(b.address.Addr(), unix.SOCK_DGRAM)
		if errno == 0 {
			to := toSocketAddress(b.address)
			if errno = connect(fd, &to); errno == 0 {
				s.slot, errno = l.add(fd, unix.EPOLLIN, s)
			}
			if errno != 0 {
				closeFD(fd)
			}
		}
		if errno == 0 {
			s.fd, s.backend = fd, b
			b.connections.Add(1)
			return true
		}
		b.drop()
		l.blame(p, b, errno)
	}
}

// forward sends a client's datagram to its endpoint, and to another one if
// that refuses and has never answered.
func (l *loop) forward(s *session, b []byte) {
	l.used(s)
	if s.first != nil {
		s.first = append(s.first[:0], b...)
	}
	for {
		_, errno := send(s.fd, b)
		if errno == 0 {
			s.backend.sent.Add(uint64(len(b)))
		}
		if errno != unix.ECONNREFUSED || !l.reassign(s) {
			return
		}
	}
}

// reassign gives a session whose endpoint refused another one, if no datagram
// came back from the first; otherwise the session ends.
func (l *loop) reassign(s *session) bool {
	l.blame(s.listener.pool, s.backend, unix.ECONNREFUSED)
	if s.first == nil {
		l.endSession(s)
		return false
	}
	s.hangUp(l)
	return l.assign(s)
}

// ready passes an endpoint's datagrams back to the client.
func (s *session) ready(l *loop, _ uint32) {
	for range datagrams {
		n, errno := receive(s.fd, l.scratch)
		switch errno {
		case 0:
		case unix.ECONNREFUSED:
			if l.reassign(s) {
				l.forward(s, slices.Clone(s.first))
			}
			return
		default:
			return
		}
		l.used(s)
		s.first = nil
		s.backend.received.Add(uint64(n))
		l.message.send(s.listener.fd, l.scratch[:n], &s.client, s.key.local)
	}
}

func (l *loop) used(s *session) {
	s.last = l.now
	if l.sessions.last != s {
		l.sessions.remove(s)
		l.sessions.append(s)
	}
}

// hangUp closes the socket to the endpoint.
func (s *session) hangUp(l *loop) {
	if s.fd < 0 {
		return
	}
	s.backend.drop()
	l.drop(s.slot)
	closeFD(s.fd)
	s.fd = -1
}

func (l *loop) endSession(s *session) {
	s.hangUp(l)
	l.sessions.remove(s)
	delete(s.listener.sessions, s.key)
	l.leave(s.listener.pool)
}

// sessionList is a list in the order of session.last.
type sessionList struct{ first, last *session }

func (q *sessionList) append(s *session) {
	s.prev, s.next = q.last, nil
	if q.last != nil {
		q.last.next = s
	} else {
		q.first = s
	}
	q.last = s
}

func (q *sessionList) remove(s *session) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		q.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		q.last = s.prev
	}
	s.prev, s.next = nil, nil
}

// message is the room for datagrams that come with the address they were sent to.
type message struct {
	header  unix.Msghdr
	vector  unix.Iovec
	from    unix.RawSockaddrAny
	control [64]byte
}

// receive reads a datagram; who sent it, and where to, is in the message then.
func (m *message) receive(fd int, b []byte) (int, unix.Errno) {
	m.vector.Base = unsafe.SliceData(b)
	m.vector.SetLen(len(b))
	m.header = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&m.from)), Namelen: unix.SizeofSockaddrAny, Iov: &m.vector, Iovlen: 1, Control: &m.control[0]}
	m.header.SetControllen(len(m.control))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.header)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// local returns the address that the datagram was sent to, if the socket tells.
func (m *message) local() netip.Addr {
	if m.header.Controllen < unix.SizeofCmsghdr {
		return netip.Addr{}
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&m.control[0]))
	data := unsafe.Pointer(&m.control[unix.CmsgLen(0)])
	switch {
	case head.Level == unix.IPPROTO_IP && head.Type == unix.IP_PKTINFO:
		return netip.AddrFrom4((*unix.Inet4Pktinfo)(data).Addr)
	case head.Level == unix.IPPROTO_IPV6 && head.Type == unix.IPV6_PKTINFO:
		return netip.AddrFrom16((*unix.Inet6Pktinfo)(data).Addr)
	}
	return netip.Addr{}
}

// send writes a datagram to an address, from that of local if it is valid. What
// does not go out now is lost, as datagrams are.
func (m *message) send(fd int, b []byte, to *socketAddress, local netip.Addr) {
	m.vector.Base = unsafe.SliceData(b)
	m.vector.SetLen(len(b))
	m.header = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&to.raw)), Namelen: to.size, Iov: &m.vector, Iovlen: 1}
	if local.IsValid() {
		m.header.Control = &m.control[0]
		m.header.SetControllen(m.from4or6(local))
	}
	unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.header)), unix.MSG_NOSIGNAL)
}

// from4or6 writes that a datagram is to come from an address, and returns the
// length of that.
func (m *message) from4or6(local netip.Addr) int {
	head := (*unix.Cmsghdr)(unsafe.Pointer(&m.control[0]))
	data := unsafe.Pointer(&m.control[unix.CmsgLen(0)])
	if local.Is4() {
		head.Level, head.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		head.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
		*(*unix.Inet4Pktinfo)(data) = unix.Inet4Pktinfo{Spec_dst: local.As4()}
		return unix.CmsgSpace(unix.SizeofInet4Pktinfo)
	}
	head.Level, head.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
	head.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
	*(*unix.Inet6Pktinfo)(data) = unix.Inet6Pktinfo{Addr: local.As16()}
	return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
}
