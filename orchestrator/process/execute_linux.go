package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"

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

// listen makes the pipes that the program writes to, and copies to the log what
// comes out of them.
func (s *supervisor) listen() (stdout, stderr *os.File, err error) {
	var readers [2]*os.File
	var writers [2]*os.File
	for i := range readers {
		if readers[i], writers[i], err = os.Pipe(); err != nil {
			return nil, nil, err
		}
	}
	var both sync.WaitGroup
	for i, name := range []string{"stdout", "stderr"} {
		both.Go(func() { s.log.copy(name, io.Reader(readers[i])) })
	}
	ended := make(chan struct{})
	go func() {
		both.Wait()
		close(ended)
	}()
	s.ended = ended
	return writers[0], writers[1], nil
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
