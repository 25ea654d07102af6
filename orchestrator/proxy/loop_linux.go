package proxy

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop is one thread that moves bytes: it waits for sockets, with epoll, and
// does what can be done without waiting. Everything of a connection belongs to
// one loop at a time, so that nothing of it needs a lock.
//
// Sockets are told of edge-triggered: they are registered once for good, and a
// flag remembers what they can do until they say that they can't.
type loop struct {
	e     *engine
	ep    int
	waker int // an eventfd that says that there are jobs

	mu   sync.Mutex
	jobs []func() // what others want done here, in order
	done []func() // the ones before, for their room

	slots []slot
	free  []int32
	due   []*end // with more to move than was their share

	yielded int64 // when others of the program could run
	evened  int64 // when it was last compared with other loops

	now    int64        // on the engine's clock, when the last events came
	active atomic.Int64 // connections

	waiting    flowList // by when they last found no endpoint
	connecting flowList // by when they began
	idle       flowList // by when something was last moved
	flows      []*flow  // ended ones, for their room
	sessions   sessionList

	culprit *end // the socket that failed last

	scratch []byte
	buffers [][]byte
	pipes   []*pipe
	events  [256]unix.EpollEvent
	from    unix.RawSockaddrAny
	message message
	ended   bool
}

// slot is what epoll's data points to. The generation tells events that were
// under way when a slot was given up.
type slot struct {
	what       source
	generation int32
}

// source is a socket with something to do.
type source interface {
	ready(l *loop, events uint32)
}

// Sizes of a loop. scratchSize is what is moved in one call; where more waits,
// it is moved without copying. share is what one connection moves before it is
// the turn of another.
const (
	scratchSize = 64 << 10
	share       = 1 << 20
)

// yieldPeriod is how often a busy loop lets other goroutines run. Without that
// Go's scheduler would do it by signals, and its watchdog take a tenth of a processor.
const yieldPeriod = 4 * time.Millisecond

func newLoop(e *engine) (*loop, error) {
	l := &loop{e: e, scratch: make([]byte, scratchSize)}
	var err error
	if l.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if l.waker, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		closeFD(l.ep)
		return nil, err
	}
	if _, errno := l.add(l.waker, unix.EPOLLIN|unix.EPOLLET, wakeUp{}); errno != 0 {
		l.closeAll()
		closeFD(l.waker)
		return nil, errno
	}
	return l, nil
}

// wakeUp is the source that does nothing but end the wait.
type wakeUp struct{}

func (wakeUp) ready(*loop, uint32) {}

// do has the loop call a function, soon.
func (l *loop) do(job func()) {
	l.mu.Lock()
	l.jobs = append(l.jobs, job)
	first := len(l.jobs) == 1
	l.mu.Unlock()
	if first {
		one := [8]byte{1} // any number but 0 and the largest
		unix.Write(l.waker, one[:])
	}
}

// run serves until a job sets ended.
func (l *loop) run() {
	for !l.ended {
		n := epollWait(l.ep, l.events[:], l.patience())
		l.now = l.e.clock()
		if l.now-l.yielded > int64(yieldPeriod) {
			l.yielded = l.now
			runtime.Gosched()
		}
		for i := range n {
			event := &l.events[i]
			if s := l.slots[event.Fd]; s.generation == event.Pad && s.what != nil {
				s.what.ready(l, event.Events)
			}
		}
		l.resume()
		l.expire()
		l.even()
		l.work()
	}
	l.closeAll()
}

// work calls the jobs.
func (l *loop) work() {
	l.mu.Lock()
	l.jobs, l.done = l.done[:0], l.jobs
	l.mu.Unlock()
	for i, job := range l.done {
		job()
		l.done[i] = nil
	}
}

// resume moves more of those that had their share.
func (l *loop) resume() {
	due := l.due
	l.due = nil
	for _, e := range due {
		e.queued = false
		if e.flow.state == established {
			l.pump(e)
		}
	}
}

// patience returns for how many milliseconds there is nothing to do but wait.
func (l *loop) patience() int {
	if len(l.due) > 0 {
		return 0
	}
	until := int64(-1)
	sooner := func(at int64) {
		if until < 0 || at < until {
			until = at
		}
	}
	if f := l.waiting.first; f != nil {
		sooner(f.last + int64(waitStep))
	}
	if f := l.connecting.first; f != nil {
		sooner(f.last + int64(l.e.cfg.Connect))
	}
	if f := l.idle.first; f != nil {
		sooner(f.last + int64(l.e.cfg.Idle))
	}
	if s := l.sessions.first; s != nil {
		sooner(s.last + int64(l.e.cfg.Session))
	}
	if until < 0 {
		return -1
	}
	return int(min(max(until-l.now, 0)/int64(time.Millisecond)+1, 1<<30))
}

// expire ends what has waited too long.
func (l *loop) expire() {
	for f := l.waiting.first; f != nil && f.last+int64(waitStep) <= l.now; f = l.waiting.first {
		l.waiting.remove(f)
		l.next(f)
	}
	for f := l.connecting.first; f != nil && f.last+int64(l.e.cfg.Connect) <= l.now; f = l.connecting.first {
		l.failed(f, unix.ETIMEDOUT)
	}
	for f := l.idle.first; f != nil && f.last+int64(l.e.cfg.Idle) <= l.now; f = l.idle.first {
		l.tooIdle(f)
	}
	for s := l.sessions.first; s != nil && s.last+int64(l.e.cfg.Session) <= l.now; s = l.sessions.first {
		l.endSession(s)
	}
}

// add registers a socket and returns its slot.
func (l *loop) add(fd int, events uint32, what source) (int32, unix.Errno) {
	var at int32
	if n := len(l.free); n > 0 {
		at, l.free = l.free[n-1], l.free[:n-1]
	} else {
		at = int32(len(l.slots))
		l.slots = append(l.slots, slot{})
	}
	l.slots[at].what = what
	event := unix.EpollEvent{Events: events, Fd: at, Pad: l.slots[at].generation}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(l.ep), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	if errno != 0 {
		l.drop(at)
	}
	return at, errno
}

// drop gives a slot up: no event of it is told any more. Closing the socket ends its registration.
func (l *loop) drop(at int32) {
	l.slots[at].what = nil
	l.slots[at].generation++
	l.free = append(l.free, at)
}

// forget ends the registration of a socket that stays open.
func (l *loop) forget(fd int, at int32) {
	unix.EpollCtl(l.ep, unix.EPOLL_CTL_DEL, fd, nil)
	l.drop(at)
}

// closeAll closes what the loop has open, but for the waker, which others use.
func (l *loop) closeAll() {
	for _, s := range l.slots {
		switch s := s.what.(type) {
		case *end:
			l.end(s.flow, true)
		case *session:
			l.endSession(s)
		}
	}
	for _, p := range l.pipes {
		p.close()
	}
	closeFD(l.ep)
	l.ep = -1 // what is added now fails
}
