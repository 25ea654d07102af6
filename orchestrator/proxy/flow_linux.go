package proxy

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// flow is a connection through the proxy: two sockets, and what is on its way
// between them.
type flow struct {
	client, server end
	pool           *pool
	backend        *backend // that server is connected to, or being connected
	tried          []*backend
	source         netip.AddrPort
	state          flowState

	// kept is what the client has sent so far, while it may have to be sent to
	// another endpoint; nil once the endpoint answered, or where it is too much.
	kept []byte

	began      int64 // when the connection was accepted
	last       int64 // when something was moved; before that, when the state began
	prev, next *flow // in the list that state says
}

type flowState byte

const (
	over    flowState = iota
	waiting           // for an endpoint that takes it
	connecting
	established
)

// end is one of the two sockets of a flow, with what was read from it and not
// yet taken by the other.
type end struct {
	flow *flow
	peer *end
	fd   int
	slot int32

	readable bool // as far as we know
	closing  bool // the other side has ended or broken: read until that shows
	eof      bool // it showed
	shut     bool // we have ended our side
	dropped  bool // the peer takes no more: nothing is read any longer
	queued   bool // in loop.due
	full     byte // reads in a row that filled all of scratch

	held   []byte // what waits for the peer, in buffer
	buffer []byte
	pipe   *pipe // what else waits for the peer
}

// fullReads is how many reads in a row fill scratch before bytes are spliced.
const fullReads = 2

const streamEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff

// open begins a flow for a connection that was accepted.
func (l *loop) open(p *pool, fd int, source netip.AddrPort) {
	f := l.newFlow()
	f.pool, f.source, f.client.fd, f.began = p, source, fd, l.now
	var errno unix.Errno
	if f.client.slot, errno = l.add(fd, streamEvents, &f.client); errno != 0 {
		abort(fd)
		l.leave(p)
		l.flows = append(l.flows, f)
		return
	}
	l.next(f)
}

func (l *loop) newFlow() *flow {
	if n := len(l.flows); n > 0 {
		f := l.flows[n-1]
		l.flows = l.flows[:n-1]
		return f
	}
	f := &flow{}
	f.reset()
	return f
}

// reset makes a flow as new, but for the room that it has.
func (f *flow) reset() {
	clear(f.tried)
	*f = flow{tried: f.tried[:0]}
	f.client = end{flow: f, peer: &f.server, fd: -1}
	f.server = end{flow: f, peer: &f.client, fd: -1}
}

func (f *flow) ends() [2]*end { return [2]*end{&f.client, &f.server} }

// next connects to the next endpoint, until one does not fail at once.
func (l *loop) next(f *flow) {
	for {
		b := f.pool.pick(f.source.Addr(), f.tried, l.now)
		if b == nil {
			l.unserved(f)
			return
		}
		if len(f.tried) > 0 {
			f.pool.tally.retried.Add(1)
		}
		f.tried = append(f.tried, b)
		errno := l.dial(f, b)
		if errno == 0 {
			return
		}
		b.drop()
		l.blame(f.pool, b, errno)
	}
}

// dial begins to connect to an endpoint.
func (l *loop) dial(f *flow, b *backend) unix.Errno {
	fd, errno := socket(b.address.Addr(), unix.SOCK_STREAM)
	if errno != 0 {
		return errno
	}
	set(fd, noDelay[0], noDelay[1], noDelay[2])
	to := toSocketAddress(b.address)
	if errno = connect(fd, &to); errno == 0 || errno == unix.EINPROGRESS {
		f.server = end{flow: f, peer: &f.client, fd: fd}
		f.server.slot, errno = l.add(fd, streamEvents, &f.server)
	}
	if errno != 0 {
		closeFD(fd)
		f.server.fd = -1
		return errno
	}
	f.backend, f.state, f.last = b, connecting, l.now
	l.connecting.append(f)
	return 0
}

// failed goes on to the next endpoint where one could not be connected to.
func (l *loop) failed(f *flow, why unix.Errno) {
	l.blame(f.pool, f.backend, why)
	l.another(f)
}

// another gives up connecting to an endpoint, and goes on to the next.
func (l *loop) another(f *flow) {
	l.connecting.remove(f)
	l.hangUp(f)
	l.next(f)
}

// hangUp closes the socket to the endpoint.
func (l *loop) hangUp(f *flow) {
	f.backend.drop()
	l.drop(f.server.slot)
	abort(f.server.fd)
	l.release(&f.server)
	f.server.fd = -1
}

// blame counts what went wrong with an endpoint, and leaves it out for a while.
func (l *loop) blame(p *pool, b *backend, why unix.Errno) {
	switch why {
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOBUFS, unix.EADDRNOTAVAIL:
		p.tell(reasonExhausted, "connect to "+b.address.String()+": "+why.Error())
		return // not the endpoint's fault
	case unix.ECONNREFUSED:
		b.refused.Add(1)
	case unix.ETIMEDOUT:
		b.failed.Add(1)
		p.tell(reasonSilent, "endpoint "+b.address.String()+" does not answer within "+l.e.cfg.Connect.String())
	default:
		b.failed.Add(1)
		p.tell(reasonUnreachable, "endpoint "+b.address.String()+": "+why.Error())
	}
	b.shunned.Store(l.now + int64(l.e.cfg.Shun))
}

// unserved ends a flow that no endpoint takes, or has it wait for one.
func (l *loop) unserved(f *flow) {
	if l.now-f.began < int64(l.e.cfg.Wait) {
		clear(f.tried)
		f.tried, f.state, f.last = f.tried[:0], waiting, l.now
		l.waiting.append(f)
		return
	}
	f.pool.tally.unserved.Add(1)
	if len(f.tried) == 0 {
		f.pool.tell(reasonNoEndpoints, "no endpoint is ready: connections are closed")
	} else {
		f.pool.tell(reasonAllFailed, "no endpoint takes connections: they are closed")
	}
	f.state = over
	l.end(f, true)
}

// waitStep is how long a waiting flow waits before it tries again.
const waitStep = 10 * time.Millisecond

// connected begins to move bytes.
func (l *loop) connected(f *flow) {
	l.connecting.remove(f)
	f.state, f.last = established, l.now
	l.idle.append(f)
	f.backend.connections.Add(1)
	for _, o := range keepAlive {
		set(f.server.fd, o[0], o[1], o[2])
	}
	if l.e.cfg.Replay > 0 && f.kept == nil {
		f.kept = make([]byte, 0, 512)
	} else if len(f.kept) > 0 {
		l.hold(&f.client, f.kept)
	}
	l.pump(&f.client)
	if f.state == established && f.server.readable {
		l.pump(&f.server)
	}
}

// ready takes in what a socket can do, and does it.
func (e *end) ready(l *loop, events uint32) {
	const bad = unix.EPOLLERR | unix.EPOLLHUP
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|bad) != 0 {
		e.readable = true
	}
	if events&(unix.EPOLLRDHUP|bad) != 0 {
		e.closing = true
	}
	f := e.flow
	if f.state < established {
		switch {
		case e == &f.client && events&bad != 0: // it no longer waits
			l.end(f, true)
		case e == &f.client:
		case events&bad != 0:
			l.failed(f, failure(e.fd))
		case events&unix.EPOLLOUT != 0:
			l.connected(f)
		}
		return
	}
	if e.peer.waits() {
		l.pump(e.peer)
	}
	if e.readable && f.state == established {
		l.pump(e)
	}
}

// end closes both sockets; so that the clients see it break, or in order.
func (l *loop) end(f *flow, broken bool) {
	shut := closeFD
	if broken {
		shut = abort
	}
	for _, e := range f.ends() {
		if e.fd >= 0 {
			l.drop(e.slot)
			shut(e.fd)
			l.release(e)
		}
	}
	switch f.state {
	case established:
		f.backend.drop()
		l.idle.remove(f)
	case connecting:
		f.backend.drop()
		l.connecting.remove(f)
	case waiting:
		l.waiting.remove(f)
	}
	l.bury(f)
}

// bury keeps the room of a flow whose sockets are closed.
func (l *loop) bury(f *flow) {
	l.leave(f.pool)
	f.reset()
	l.flows = append(l.flows, f)
}

// leave counts a connection out.
func (l *loop) leave(p *pool) {
	l.active.Add(-1)
	l.e.active.Add(-1)
	p.active.Add(-1) // last: whoever sees there is room finds it
}

// tooIdle ends a flow through which nothing has moved for long.
func (l *loop) tooIdle(f *flow) {
	if f.server.waits() {
		f.pool.tally.stalled.Add(1)
		f.pool.tell(reasonStalled, "client "+f.source.String()+" takes nothing: its connection is closed")
	}
	l.end(f, true)
}

// flowList is a list in the order of flow.last.
type flowList struct{ first, last *flow }

func (q *flowList) append(f *flow) {
	f.prev, f.next = q.last, nil
	if q.last != nil {
		q.last.next = f
	} else {
		q.first = f
	}
	q.last = f
}

func (q *flowList) remove(f *flow) {
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		q.first = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		q.last = f.prev
	}
	f.prev, f.next = nil, nil
}
