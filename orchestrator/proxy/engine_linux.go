package proxy

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// engine moves the bytes: a few loops, and what they listen on.
type engine struct {
	cfg    Config
	rules  *service.Rules // of the cluster
	epoch  time.Time
	loops  []*loop
	active atomic.Int64 // connections and sessions of all loops

	spare sync.Mutex // guards reserve
	// reserve is a descriptor that is kept for when there are no more: it is
	// closed to accept a connection, which is closed at once, so that nobody
	// hangs in the queue and the loops don't spin.
	reserve int
}

func newEngine(cfg Config) (*engine, error) {
	e := &engine{cfg: cfg, rules: service.NewRules(cfg.Firewall...), epoch: time.Now()}
	var err error
	if e.reserve, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make loops: %w", err)
	}
	for range cfg.Loops {
		l, err := newLoop(e)
		if err != nil {
			for _, l := range e.loops {
				l.closeAll()
				closeFD(l.waker)
			}
			closeFD(e.reserve)
			return nil, fmt.Errorf("make loops: %w", err)
		}
		e.loops = append(e.loops, l)
	}
	return e, nil
}

// clock is the time since the engine was made, in nanoseconds.
func (e *engine) clock() int64 { return int64(time.Since(e.epoch)) }

// run serves until stop is called, and has closed every connection when it returns.
func (e *engine) run() {
	var group sync.WaitGroup
	for _, l := range e.loops {
		group.Go(l.run)
	}
	group.Wait()
	for _, l := range e.loops {
		l.work() // connections that were handed to a loop that had ended
	}
}

// stop ends run. What is open is closed.
func (e *engine) stop() {
	for _, l := range e.loops {
		l.do(func() { l.ended = true })
	}
}

// close gives back what is left, after run has returned and when nobody calls
// any other method any more.
func (e *engine) close() {
	for _, l := range e.loops {
		closeFD(l.waker)
	}
	closeFD(e.reserve)
}

// drain ends, in every loop, the flows to backends whose time is over.
func (e *engine) drain() {
	for _, l := range e.loops {
		l.do(l.drain)
	}
}

// drain ends the flows to backends whose time is over. Those that are not
// connected yet go on to another.
func (l *loop) drain() {
	now := l.e.clock() // l.now may be from before the time was over
	for f := l.idle.first; f != nil; {
		next := f.next
		if f.backend.over(now) {
			f.pool.tally.drained.Add(1)
			l.end(f, true)
		}
		f = next
	}
	for f := l.connecting.first; f != nil; {
		next := f.next
		if f.backend.over(now) {
			l.another(f)
		}
		f = next
	}
}

// listener is a socket that clients come to.
type listener struct {
	e       *engine
	pool    *pool
	fd      int
	sharers atomic.Int32 // loops that it is registered with
}

// accepts is how many connections are accepted before it is the turn of other sockets.
const accepts = 32

// listen opens a port for the pool. The error is that of the system.
func (e *engine) listen(address netip.AddrPort, protocol pod.Protocol, p *pool) (closer func() <-chan struct{}, err error) {
	if protocol == pod.UDP {
		return e.listenUDP(address, p)
	}
	fd, err := listen(address, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	ln := &listener{e: e, pool: p, fd: fd}
	ln.sharers.Store(int32(len(e.loops)))
	slots := make([]int32, len(e.loops))
	for i, l := range e.loops {
		l.do(func() {
			slots[i], _ = l.add(fd, unix.EPOLLIN|unix.EPOLLEXCLUSIVE, ln)
		})
	}
	return func() <-chan struct{} {
		closed := make(chan struct{})
		for i, l := range e.loops {
			l.do(func() {
				ln.ready(l, 0) // those that wait were let in before the end
				l.forget(fd, slots[i])
				if ln.sharers.Add(-1) == 0 {
					closeFD(fd)
					close(closed)
				}
			})
		}
		return closed
	}, nil
}

// ready accepts connections.
func (ln *listener) ready(l *loop, _ uint32) {
	for range accepts {
		fd, errno := accept(ln.fd, &l.from)
		switch errno {
		case 0:
			ln.admit(l, fd, addressOf(&l.from))
		case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOBUFS:
			ln.pool.tell(reasonExhausted, "accept: "+errno.Error()+": connections are closed")
			ln.pool.tally.limited.Add(1)
			ln.e.refuseOne(ln.fd)
			return
		case unix.ECONNABORTED:
		default:
			return
		}
	}
}

// admit opens a flow, here or in a loop that has less to do, unless it is one too many.
func (ln *listener) admit(l *loop, fd int, source netip.AddrPort) {
	p := ln.pool
	if !ln.e.enter(p, source) {
		abort(fd)
		return
	}
	calm := l.calmest()
	mine, least := l.active.Load(), calm.active.Load()
	if mine <= least+2+least/2 {
		l.active.Add(1)
		l.open(p, fd, source)
		return
	}
	calm.active.Add(1)
	calm.do(func() { calm.open(p, fd, source) })
}

// enter counts a connection or session in, if it may be.
func (e *engine) enter(p *pool, source netip.AddrPort) bool {
	if v := service.Allow(e.rules, source.Addr(), *p.target.Load()); !v.Allowed {
		p.tally.denied.Add(1)
		p.tell(reasonDenied, "client "+source.Addr().String()+": "+v.String())
		return false
	}
	if e.active.Load() >= int64(e.cfg.Connections) || p.active.Load() >= int64(e.cfg.PerService) {
		p.tally.limited.Add(1)
		p.tell(reasonLimit, "too many connections: more are closed at once")
		return false
	}
	p.tally.connections.Add(1)
	p.active.Add(1)
	e.active.Add(1)
	return true
}

// refuseOne closes the first connection that waits, when there are no descriptors.
func (e *engine) refuseOne(fd int) {
	e.spare.Lock()
	defer e.spare.Unlock()
	closeFD(e.reserve)
	var from unix.RawSockaddrAny
	if conn, errno := accept(fd, &from); errno == 0 {
		abort(conn)
	}
	e.reserve, _ = unix.Eventfd(0, unix.EFD_CLOEXEC)
}
