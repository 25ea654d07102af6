package proxy

import (
	"slices"

	"golang.org/x/sys/unix"
)

// pump moves what there is from one end of a flow to the other, until one of
// them would have to wait, or it is the turn of others.
func (l *loop) pump(src *end) {
	for moved := 0; moved < share; {
		n, errno := l.step(src)
		moved += n
		switch {
		case errno == again:
			return
		case errno != 0:
			l.broken(src)
			return
		case src.eof && !src.waits():
			l.pass(src)
			return
		}
	}
	if !src.queued {
		src.queued = true
		l.due = append(l.due, src)
	}
}

// step moves a piece: first what waits, then what can be read. It returns how
// much the peer took, and again where one of them has to wait.
func (l *loop) step(src *end) (int, unix.Errno) {
	switch {
	case src.dropped:
		return 0, again
	case len(src.held) > 0:
		n, errno := l.send(src, src.held)
		if src.held = src.held[n:]; len(src.held) == 0 {
			l.release(src)
		}
		return n, errno
	case src.pipe != nil && src.pipe.filled > 0:
		n, errno := splice(src.pipe.out, src.peer.fd, src.pipe.filled)
		src.pipe.filled -= n
		l.count(src, n, errno)
		return n, errno
	case src.eof:
		return 0, 0
	case !src.readable:
		return 0, again
	case src.full >= fullReads && l.spliced(src):
		return 0, 0
	}
	return l.copy(src)
}

// copy reads a piece and hands it to the peer; what it does not take is held.
func (l *loop) copy(src *end) (int, unix.Errno) {
	n, errno := receive(src.fd, l.scratch)
	switch {
	case errno == again:
		src.readable = false
		return 0, again
	case errno != 0:
		l.culprit = src
		return 0, errno
	case n == 0:
		return 0, l.sawEnd(src)
	case n == scratchSize:
		src.full++
	default:
		src.full = 0
		src.readable = src.closing // what was read was all, unless there is an end to see
	}
	l.keep(src, l.scratch[:n])
	taken, errno := l.send(src, l.scratch[:n])
	if errno != 0 && errno != again {
		return 0, errno
	}
	if taken < n {
		l.hold(src, l.scratch[taken:n])
		return taken, again
	}
	return taken, 0
}

// spliced moves a piece into a pipe, which the next step empties. It says
// whether that is a way: there may be no pipe.
func (l *loop) spliced(src *end) bool {
	if src.flow.kept != nil {
		return false
	}
	if src.pipe == nil {
		if src.pipe = l.newPipe(); src.pipe == nil {
			return false
		}
	}
	n, errno := splice(src.fd, src.pipe.in, src.pipe.size)
	src.pipe.filled = n
	if errno == 0 && n > 0 {
		return true
	}
	l.release(src) // nothing to read, or its end: a read will say which
	src.full = 0
	return false
}

// sawEnd takes in that src has ended: its peer is to see it, unless another
// endpoint can do better.
func (l *loop) sawEnd(src *end) unix.Errno {
	if src == &src.flow.server && src.flow.kept != nil {
		l.culprit = src
		return unix.ECONNRESET
	}
	src.eof = true
	return 0
}

// pass ends the peer's side after the last byte, and the flow where both have ended.
func (l *loop) pass(src *end) {
	dst := src.peer
	if dst.dropped || dst.eof && !dst.waits() {
		l.end(src.flow, false)
		return
	}
	if !dst.shut {
		dst.shut = true
		shutdown(dst.fd)
	}
}

// broken ends a flow of which one socket, the culprit, failed while bytes were
// moved from src. Where the endpoint has not answered yet and all that it was
// sent is kept, another one gets it. A socket that takes no more may still have
// something to say.
func (l *loop) broken(src *end) {
	f := src.flow
	if l.culprit == &f.server {
		f.backend.failed.Add(1)
		if f.kept != nil {
			l.replay(f)
			return
		}
	}
	if l.culprit == src {
		l.end(f, true)
		return
	}
	src.dropped = true
	l.release(src)
	src.peer.readable, src.peer.closing = true, true
	l.pump(src.peer)
}

// replay begins anew with another endpoint.
func (l *loop) replay(f *flow) {
	f.backend.shunned.Store(l.now + int64(l.e.cfg.Shun))
	l.idle.remove(f)
	l.hangUp(f)
	l.release(&f.client) // it is all in kept
	f.state = connecting
	l.next(f)
}

// keep adds to what would be sent to another endpoint, and stops where the
// endpoint answers or it is too much.
func (l *loop) keep(src *end, b []byte) {
	f := src.flow
	switch {
	case f.kept == nil:
	case src == &f.server || len(f.kept)+len(b) > l.e.cfg.Replay:
		f.kept = nil
	default:
		f.kept = append(f.kept, b...)
	}
}

// send hands bytes from src to its peer, and returns how many it took.
func (l *loop) send(src *end, b []byte) (int, unix.Errno) {
	n, errno := send(src.peer.fd, b)
	l.count(src, n, errno)
	return n, errno
}

// count takes in how much of src its peer took.
func (l *loop) count(src *end, n int, errno unix.Errno) {
	f := src.flow
	if errno != 0 {
		l.culprit = src.peer
		return
	}
	f.last = l.now
	if l.idle.last != f {
		l.idle.remove(f)
		l.idle.append(f)
	}
	if src == &f.client {
		f.backend.sent.Add(uint64(n))
	} else {
		f.backend.received.Add(uint64(n))
	}
}

// waits says whether something is on the way from e to its peer.
func (e *end) waits() bool { return len(e.held) > 0 || e.pipe != nil && e.pipe.filled > 0 }

// hold keeps bytes until the peer takes them. There are none before.
func (l *loop) hold(e *end, b []byte) {
	if n := len(l.buffers); n > 0 && len(b) <= scratchSize {
		e.buffer, l.buffers = l.buffers[n-1], l.buffers[:n-1]
	} else {
		e.buffer = make([]byte, max(len(b), scratchSize))
	}
	e.held = e.buffer[:copy(e.buffer, b)]
}

// release gives back the room of what waits.
func (l *loop) release(e *end) {
	if e.buffer != nil && len(l.buffers) < spareRoom {
		l.buffers = append(l.buffers, e.buffer)
	}
	e.buffer, e.held = nil, nil
	if e.pipe == nil {
		return
	}
	if e.pipe.filled == 0 && len(l.pipes) < spareRoom {
		l.pipes = append(l.pipes, e.pipe)
	} else {
		e.pipe.close()
	}
	e.pipe = nil
}

// spareRoom is how many buffers, and pipes, are kept for the next who needs one.
const spareRoom = 64

// pipe is where spliced bytes wait.
type pipe struct {
	in, out, size int
	filled        int
}

// pipeSize is asked for; what the system allows may be less.
const pipeSize = 1 << 20

func (l *loop) newPipe() *pipe {
	if n := len(l.pipes); n > 0 {
		p := l.pipes[n-1]
		l.pipes = slices.Delete(l.pipes, n-1, n)
		return p
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil
	}
	size, err := unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize)
	if err != nil {
		size, _ = unix.FcntlInt(uintptr(fds[1]), unix.F_GETPIPE_SZ, 0)
	}
	return &pipe{in: fds[1], out: fds[0], size: size}
}

func (p *pipe) close() {
	closeFD(p.in)
	closeFD(p.out)
}
