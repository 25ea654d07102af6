package process

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/pod"
)

// exitKilled is the exit code of a program that SIGKILL ended, as shells count.
const exitKilled = 128 + int(unix.SIGKILL)

// errAlive says that processes have not died of SIGKILL yet.
var errAlive = errors.New("killed processes have not ended yet")

// settle writes the exit record that a supervisor could not: it was killed, or
// the machine was. What is left of the program is killed first. An attempt that
// never began is used up, so that it never will. It returns errLocked where
// somebody is at the attempt, and errAlive where what is left does not die.
func (r *Runtime) settle(a attempt) (pod.Terminated, error) {
	lock, err := lockFile(a.path(lockName))
	if err != nil {
		return pod.Terminated{}, err
	}
	defer lock.Close()
	if t, err := a.exit(); err == nil {
		return t, nil
	}
	now := time.Now()
	t := pod.Terminated{
		ExitCode:   exitKilled,
		Signal:     int(unix.SIGKILL),
		Reason:     reasonUnknown,
		Message:    "the supervisor ended without saying how the program did",
		FinishedAt: now.UTC(),
	}
	if err := a.use(now.UTC()); err == nil {
		t.Message = "the program was stopped before it was started"
	} else if !errors.Is(err, fs.ErrExist) {
		return pod.Terminated{}, err
	}
	if m, err := a.mark(); err == nil {
		t.StartedAt = m.StartedAt
	}
	spec, run, sameBoot := a.remains()
	if sameBoot {
		if err := killLeftovers(spec, run); err != nil {
			return pod.Terminated{}, err
		}
	}
	if run.PID > 0 {
		t.ContainerID = containerID(run)
	}
	if err := spec.Cgroup.remove(); err != nil && sameBoot {
		r.warn(err.Error())
	}
	if err := writeJSON(a.path(exitFile), t, 0o644, synced); err != nil {
		return pod.Terminated{}, err
	}
	return t, nil
}

// killLeftovers kills what is left of an attempt without a supervisor, and
// returns errAlive where something is still there after a second: it waits for
// a disk, and will die of it when that answers.
func killLeftovers(spec attemptSpec, run runRecord) error {
	var left []process
	for pause, spent := time.Millisecond, time.Duration(0); spent < time.Second; pause *= 2 {
		left = leftovers(processes(), spec, run)
		if len(left) == 0 {
			return nil
		}
		for _, p := range left {
			p.signal(unix.SIGKILL)
		}
		time.Sleep(pause)
		spent += pause
	}
	return fmt.Errorf("%w: process %d and %d more", errAlive, left[0].pid, len(left)-1)
}
