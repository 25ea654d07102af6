package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/pod"
)

// supervises is set once Supervise was called: New can tell that the program
// knows how to be a supervisor.
var supervises atomic.Bool

// Supervise must be the first line of main in every program that uses this
// package, and of TestMain in every test that does. It returns at once, unless
// the program was started by a Runtime to be the supervisor of one attempt: then
// it does that work, which takes as long as the container lives, and exits.
func Supervise() {
	supervises.Store(true)
	if len(os.Args) != 2 || os.Args[0] != supervisorName {
		return
	}
	if err := superviseIn(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "supervise:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// readyFD is the pipe on which the host program waits, if it still lives.
const readyFD = 3

// supervisor looks after one attempt. Everything happens on one goroutine,
// apart from the copying of what the program says.
type supervisor struct {
	attempt  attempt
	spec     attemptSpec
	draft    *os.File // the exit record to be
	log      *rotatingLog
	outputs  []output
	run      runRecord
	over     bool // the program has ended
	status   unix.WaitStatus
	end      time.Time
	asked    bool // a Stop was asked for
	killing  bool // SIGKILL was sent
	pause    time.Duration
	deadline *time.Timer
}

// superviseIn is the whole life of a supervisor. Its directory may be moved
// aside under it, so every path is relative to that.
func superviseIn(dir string) error {
	terms, children := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(terms, unix.SIGTERM)
	signal.Notify(children, unix.SIGCHLD)
	// Caught and dropped, not ignored: what is ignored stays so in the program.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2)
	unix.CloseOnExec(readyFD)
	if err := os.Chdir(dir); err != nil {
		return err
	}
	lock, err := lockForLife(lockName)
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(lock)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	s := &supervisor{attempt: attempt{dir: "."}}
	if err := s.begin(); err != nil {
		return err
	}
	for !s.reap() {
		s.wait(terms, children)
	}
	return s.finish()
}

// begin uses the attempt up and starts the program, once.
func (s *supervisor) begin() (err error) {
	if s.spec, err = s.attempt.spec(); err != nil {
		return err
	}
	if s.attempt.used() {
		return errors.New("the attempt was started before")
	}
	if exists(stopFile) {
		return errors.New("the attempt was stopped before it began")
	}
	if s.draft, err = draftExit(); err != nil {
		return err
	}
	if s.log, err = openLog(logFile, s.spec.LogMaxBytes, s.spec.LogMaxFiles); err != nil {
		return err
	}
	s.deadline = time.NewTimer(time.Hour)
	s.deadline.Stop()
	s.run.StartedAt = time.Now().UTC()
	if err := s.attempt.use(s.run.StartedAt); err != nil {
		return err
	}
	if err := s.execute(); err != nil {
		return err
	}
	if s.run.PID > 0 { // otherwise the host waits for the exit record
		unix.Write(readyFD, []byte{1})
		unix.Close(readyFD)
	}
	return nil
}

// wait returns after something happened.
func (s *supervisor) wait(terms, children <-chan os.Signal) {
	var again <-chan time.Time
	if s.killing { // there may be some that were born between two looks
		s.pause = min(s.pause+5*time.Millisecond, time.Second)
		again = time.After(s.pause)
	}
	select {
	case <-children:
	case <-terms:
		s.stop()
	case <-s.deadline.C:
		s.killAll()
	case <-again:
		s.killAll()
	}
}

// stop asks the program to end and sets the deadline, or brings it forward.
func (s *supervisor) stop() {
	stop := stopRecord{Deadline: sinceBoot() + int64(s.spec.Grace)}
	readJSON(stopFile, &stop)
	left := time.Duration(stop.Deadline - sinceBoot())
	first := !s.asked
	s.asked = true
	if left <= 0 {
		s.killAll()
		return
	}
	s.deadline.Reset(left)
	if first && !s.over {
		unix.Kill(-s.run.PID, unix.SIGTERM)
		unix.Kill(-s.run.PID, unix.SIGCONT) // one that is suspended could not answer
	}
}

// killAll kills everything that the program ever started. They are all below
// this process: it is the parent of those whose own has ended.
func (s *supervisor) killAll() {
	s.killing = true
	if !s.over && s.run.PID > 0 {
		unix.Kill(-s.run.PID, unix.SIGKILL)
	}
	for _, p := range descendants(processes(), os.Getpid()) {
		p.signal(unix.SIGKILL)
	}
}

// reap collects children that have ended, and reports whether none is left. As
// every orphan below becomes a child of this process, then there is nothing
// left of the program at all. Once the program itself has ended, the rest is killed.
func (s *supervisor) reap() (none bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil: // ECHILD
			return true
		case pid == 0:
			if s.over && !s.killing { // what outlived the program
				s.killAll()
			}
			return false
		case pid == s.run.PID && !s.over:
			s.over, s.status, s.end = true, status, time.Now().UTC()
		}
	}
}

// finish cleans up and writes the exit record: the last thing that is done.
func (s *supervisor) finish() error {
	if exists(probedFile) {
		killLeftovers(s.spec, runRecord{})
	}
	s.awaitOutput(time.Tick(time.Second))
	s.log.Close()
	t := s.terminated()
	if err := s.spec.Cgroup.remove(); err != nil {
		fmt.Fprintln(os.Stderr, "supervise:", err)
	}
	return writeExit(s.draft, t)
}

// terminated says how the program ended.
func (s *supervisor) terminated() pod.Terminated {
	t := pod.Terminated{StartedAt: s.run.StartedAt, FinishedAt: s.end, ContainerID: containerID(s.run)}
	if s.run.PID == 0 {
		t.ExitCode, t.Reason, t.Message = s.spec.FaultCode, reasonStartError, s.spec.Fault
		t.FinishedAt = t.StartedAt
		return t
	}
	t.ExitCode = s.status.ExitStatus()
	if s.status.Signaled() {
		t.Signal = int(s.status.Signal())
		t.ExitCode = 128 + t.Signal
	}
	t.Message = s.lastWords(t.ExitCode != 0)
	switch {
	case t.ExitCode == 0:
		t.Reason = reasonCompleted
	case s.spec.Cgroup.oomKills() > 0 && !s.asked:
		t.Reason = reasonOOMKilled
	default:
		t.Reason = reasonError
	}
	return t
}
