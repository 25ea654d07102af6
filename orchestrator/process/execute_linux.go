package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// execute starts the program and writes down which process it is. A program
// that can't be executed is not an error: the attempt ends with that.
func (s *supervisor) execute() error {
	if s.spec.Fault != "" {
		return nil
	}
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer stdin.Close()
	stdout, stderr, err := s.listen()
	if err != nil {
		return err
	}
	defer stdout.Close()
	defer stderr.Close()
	files := []uintptr{stdin.Fd(), stdout.Fd(), stderr.Fd()}
	pid, err := s.fork(files)
	if err != nil {
		s.spec.Fault = fmt.Sprintf("execute %q: %v", s.spec.Path, err)
		s.spec.FaultCode = exitCodeOf(err)
		return nil
	}
	s.run.PID = pid
	if p, ok := processByID(pid); ok {
		s.run.Birth = p.birth
	}
	if err := writeJSON(runFile, s.run, 0o644, unsynced); err != nil {
		return err // the program dies with this process
	}
	return nil
}

// output is what the program writes to one of its streams.
type output struct {
	reader *os.File
	logged chan struct{} // closes when all of it is in the log and nobody can write to it any more
}

// listen makes the pipes that the program writes to, and copies to the log what
// comes out of them.
func (s *supervisor) listen() (stdout, stderr *os.File, err error) {
	var writers [2]*os.File
	for i, name := range []string{"stdout", "stderr"} {
		o := output{logged: make(chan struct{})}
		if o.reader, writers[i], err = os.Pipe(); err != nil {
			return nil, nil, err
		}
		s.outputs = append(s.outputs, o)
		go func() {
			defer close(o.logged)
			s.log.copy(name, o.reader)
		}()
	}
	return writers[0], writers[1], nil
}

// strangers is how often awaitOutput waits again for what may be another's words.
const strangers = 10

// awaitOutput returns when all that the program said is in the log, however long
// that takes. A stream that somebody else was given is given up when there is
// nothing to read at a tick, or still something after several.
func (s *supervisor) awaitOutput(tick <-chan time.Time) {
	for _, o := range s.outputs {
		for n := 0; n < strangers; {
			select {
			case <-o.logged:
				n = strangers
			case <-tick:
				switch unread, ended := o.state(); {
				case ended: // it is the copying that takes its time
				case unread:
					n++
				default:
					n = strangers
				}
			}
		}
	}
}

// state reports whether there is something to read, and whether nobody can write any more.
func (o output) state() (unread, ended bool) {
	conn, err := o.reader.SyscallConn()
	if err != nil {
		return false, false
	}
	conn.Control(func(fd uintptr) {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		unix.Poll(ready, 0)
		unread, ended = ready[0].Revents&unix.POLLIN != 0, ready[0].Revents&unix.POLLHUP != 0
	})
	return unread, ended
}

// fork starts the program in a process group and control group of its own. It
// is killed by the kernel when the thread that it was started from ends, which
// is why that thread is never given back.
func (s *supervisor) fork(files []uintptr) (pid int, err error) {
	done := make(chan struct{})
	onThread(func() {
		pid, err = s.forkHere(files)
		close(done)
		select {}
	})
	<-done
	return pid, err
}

// onThread runs fn on a thread of its own which is not the first of the process:
// the kernel charges that one's memory, and kills it for want of it.
func onThread(fn func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			done := make(chan struct{})
			onThread(func() {
				close(done)
				fn()
			})
			<-done // not unlocked before the other one has its own thread
			runtime.UnlockOSThread()
			return
		}
		fn()
	}()
}

func (s *supervisor) forkHere(files []uintptr) (int, error) {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	group, leave, err := s.spec.Cgroup.enter(attr)
	if err != nil {
		return 0, err
	}
	defer group.Close()
	pid, err := syscall.ForkExec(s.spec.Path, s.spec.Args, &syscall.ProcAttr{
		Dir: s.spec.Dir, Env: s.spec.Env, Files: files, Sys: attr,
	})
	if back := leave(); back != nil {
		fmt.Fprintln(os.Stderr, "supervise:", back)
	}
	return pid, err
}

// enter arranges that what is started with attr on this thread is in the
// groups. Afterwards the caller closes group and calls leave.
func (g groupPaths) enter(attr *syscall.SysProcAttr) (group *os.File, leave func() error, err error) {
	if g.Unified == "" {
		leave, err = g.join()
		if err != nil {
			err = errors.Join(err, leave())
		}
		return nil, leave, err
	}
	group, err = os.OpenFile(g.Unified, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, nil, err
	}
	attr.UseCgroupFD = true
	attr.CgroupFD = int(group.Fd())
	return group, func() error { return nil }, nil
}
