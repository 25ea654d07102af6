package process

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// watch waits for the end of one supervisor. It costs a file descriptor and a
// parked goroutine: no thread, no polling.
type watch struct {
	file *os.File // a pidfd: names this very process, even after its id is used again
	over chan struct{}
	stop sync.Once
}

// newWatch watches the process of a pidfd, and owns that from now on. A child of
// this program is reaped when it ends.
func (r *Runtime) newWatch(fd int) *watch {
	unix.SetNonblock(fd, true)
	w := &watch{file: os.NewFile(uintptr(fd), "pidfd"), over: make(chan struct{})}
	go func() {
		ended := w.ended()
		w.close()
		close(w.over)
		if ended { // whoever is told finds that it is over
			r.hint()
		}
	}()
	return w
}

// ended waits until the process has ended; it returns false where the watch is closed first.
func (w *watch) ended() bool {
	conn, err := w.file.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	conn.Read(func(fd uintptr) bool {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, 0); err != nil || n == 0 {
			return false
		}
		gone = true
		unix.Waitid(unix.P_PIDFD, int(fd), nil, unix.WEXITED|unix.WNOHANG, nil)
		return true
	})
	return gone
}

func (w *watch) close() { w.stop.Do(func() { w.file.Close() }) }

// alive reports whether the process has not been seen to end.
func (w *watch) alive() bool {
	select {
	case <-w.over:
		return false
	default:
		return true
	}
}

// wait returns nil once the process has ended, or ctx's error.
func (w *watch) wait(ctx context.Context) error {
	select {
	case <-w.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signal sends to exactly the watched process; one that has ended takes no notice.
func (w *watch) signal(s unix.Signal) {
	conn, err := w.file.SyscallConn()
	if err != nil {
		return
	}
	conn.Control(func(fd uintptr) { unix.PidfdSendSignal(int(fd), s, nil, 0) })
}

func (w *watch) kill() { w.signal(unix.SIGKILL) }

// keep makes w the watch of the attempt in dir, or closes it where there is one already.
func (r *Runtime) keep(dir string, w *watch) *watch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.watches[dir]; old != nil && old.alive() {
		if old != w {
			w.close()
		}
		return old
	}
	r.watches[dir] = w
	if r.closed {
		w.close()
	}
	return w
}

// follow returns the watch of an attempt's supervisor, or nil where none lives.
// A supervisor that this program did not start is found through its lock: if
// the process that holds it is the same before and after the pidfd was opened,
// the pidfd is that process's.
func (r *Runtime) follow(a attempt) (*watch, error) {
	r.mu.Lock()
	w := r.watches[a.dir]
	r.mu.Unlock()
	if w != nil && w.alive() {
		return w, nil
	}
	for {
		pid, _, err := holder(a.path(lockName))
		if isMissing(err) || (err == nil && pid == 0) {
			r.unwatch(a.dir, w)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err == unix.ESRCH {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("pidfd_open", err)
		}
		if again, _, err := holder(a.path(lockName)); err != nil || again != pid {
			unix.Close(fd)
			continue
		}
		return r.keep(a.dir, r.newWatch(fd)), nil
	}
}

// unwatch forgets a watch that has ended.
func (r *Runtime) unwatch(dir string, w *watch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w != nil && r.watches[dir] == w {
		delete(r.watches, dir)
		delete(r.runs, dir)
	}
}

// Close stops watching. What runs goes on, and a later New finds it; no method
// may be called any more. It returns nil, also when called again.
func (r *Runtime) Close() error {
	r.mu.Lock()
	r.closed = true
	open := make([]*watch, 0, len(r.watches))
	for _, w := range r.watches {
		open = append(open, w)
	}
	r.mu.Unlock()
	for _, w := range open {
		w.close()
		<-w.over
	}
	return nil
}
