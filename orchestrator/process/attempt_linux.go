package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// The files of one attempt, in Dir/nodes/<node>/pods/<uid>/containers/<name>/<attempt>.
const (
	specFile      = "spec.json" // what the supervisor does; made before it is started
	lockName      = "lock"      // held by the supervisor while it lives
	markerFile    = "starting"  // made before the program is executed: this attempt is used up
	runFile       = "run.json"  // the program's process
	stopFile      = "stop.json" // when the program must be gone
	exitFile      = "exit.json" // how it ended; made when nothing of it is left
	exitDraft     = ".exit"     // becomes exitFile; its room on the disk is taken beforehand
	probedFile    = "probed"    // a probe was run at least once
	logFile       = "log"       // what the program says
	messageFile   = "message"   // why it ends, in its own words
	supervisorLog = "supervisor.log"
)

// attemptSpec is everything that a supervisor needs to know.
type attemptSpec struct {
	Ref      orchestrator.ContainerRef
	Token    string   // random; in the program's environment, to know it and its children by
	Path     string   // of the program
	Args     []string // the program's name first
	Env      []string
	Image    string // what the container runs: a program, or a directory where ImageDir
	ImageDir bool
	Dir      string        // in which the program starts
	Grace    time.Duration // where the supervisor is asked to stop without a stopFile
	Cgroup   groupPaths
	// Fault is set where there is nothing to execute: the attempt ends with it.
	Fault       string
	FaultCode   int
	LogMaxBytes int64
	LogMaxFiles int
	// MessageFromLogs: the end of the log stands for a message that is missing.
	MessageFromLogs bool
}

// mark is the content of markerFile.
type mark struct {
	Boot      string // which start of the machine
	StartedAt time.Time
}

// runRecord is the content of runFile.
type runRecord struct {
	PID       int
	Birth     uint64 // start time of the process as /proc/<pid>/stat has it
	StartedAt time.Time
}

// stopRecord is the content of stopFile.
type stopRecord struct {
	Deadline int64 // nanoseconds since the machine started
}

// attempt is one attempt on disk.
type attempt struct {
	orchestrator.ContainerRef
	dir string
}

func (a attempt) path(name string) string { return filepath.Join(a.dir, name) }

func (a attempt) spec() (s attemptSpec, err error) {
	err = readJSON(a.path(specFile), &s)
	return s, err
}

func (a attempt) mark() (m mark, err error) {
	err = readJSON(a.path(markerFile), &m)
	return m, err
}

func (a attempt) run() (r runRecord, err error) {
	err = readJSON(a.path(runFile), &r)
	return r, err
}

func (a attempt) exit() (t pod.Terminated, err error) {
	err = readJSON(a.path(exitFile), &t)
	return t, err
}

// used reports whether the program was executed, or may have been.
func (a attempt) used() bool { return exists(a.path(markerFile)) || exists(a.path(exitFile)) }

// use makes the marker, once and for all. It returns fs.ErrExist where the
// attempt is used up already. The marker is on the disk when use returns.
func (a attempt) use(now time.Time) error {
	m := mark{Boot: bootID(), StartedAt: now}
	f, err := os.OpenFile(a.path(markerFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	b := []byte(`{"Boot":` + strconv.Quote(m.Boot) + `,"StartedAt":` + strconv.Quote(now.Format(time.RFC3339Nano)) + `}`)
	if err := fill(f, b, 0o644, synced); err != nil {
		return err
	}
	return syncDir(a.dir)
}

// remains tells what kill and cgroup removal need to know of an attempt.
func (a attempt) remains() (spec attemptSpec, run runRecord, sameBoot bool) {
	spec, _ = a.spec()
	run, _ = a.run()
	m, err := a.mark()
	return spec, run, err != nil || m.Boot == bootID()
}

// attemptsOf lists the attempts of one container that were not deleted, the oldest first.
func attemptsOf(containerDir, uid, container string) ([]attempt, error) {
	found, err := names(containerDir)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, 0, len(found))
	for _, name := range found {
		if n, err := strconv.Atoi(name); err == nil && n >= 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	out := make([]attempt, len(numbers))
	for i, n := range numbers {
		out[i] = attempt{
			ContainerRef: orchestrator.ContainerRef{UID: uid, Container: container, Attempt: n},
			dir:          filepath.Join(containerDir, strconv.Itoa(n)),
		}
	}
	return out, nil
}

// notStarted reports whether err says that there is no such attempt.
func notStarted(err error) bool { return errors.Is(err, fs.ErrNotExist) }
