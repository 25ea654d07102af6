package fake

import (
	"context"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// AtOnce as Script.Runs is a container that has ended by the time its Start returns.
const AtOnce time.Duration = -1

// Script says what one attempt to run a container does. Its zero value starts
// at once, runs until it is stopped, and dies of SIGTERM when asked to.
type Script struct {
	// Runs is how long the container lives. Default: until it is stopped; but
	// one whose ExitCode, Signal or OOM is set ends at once. See AtOnce for an
	// end at once with exit code 0.
	Runs time.Duration
	// ExitCode it ends with. Default: 0; with Signal or OOM 128 plus the signal.
	ExitCode int
	// Signal it dies of. Default: none, it exits.
	Signal int
	// OOM kills it for want of memory: reason OOMKilled, signal 9.
	OOM bool
	// Reason of its end, such as StartError for a program that can not be
	// executed. Default: Completed, Error or OOMKilled, whichever is true.
	Reason string
	// Message of its end. Default: none.
	Message string

	// StartErr is what Start returns; the container does not run. Wrap an
	// *orchestrator.StartError to give it a reason. Default: it runs.
	StartErr error
	// StartDelay is how long Start takes; the container runs, or StartErr
	// comes, when it is over. Default: no time.
	StartDelay time.Duration
	// StopDelay is how long it lives on after SIGTERM, unless the grace is
	// shorter. Default: no time.
	StopDelay time.Duration
	// IgnoresTerm leaves it running until the kill when grace is over.
	IgnoresTerm bool
	// Graceful makes SIGTERM end it with exit code 0, as a server that shuts
	// down in good order. Default: it dies of the signal, with exit code 143.
	Graceful bool

	// VolumeFault breaks a volume of the pod, and says how. Default: none breaks.
	VolumeFault string
	// VolumeFaultAfter is how long the container runs before that.
	VolumeFaultAfter time.Duration

	// WellAfter is how long the container runs before its exec probes pass.
	WellAfter time.Duration
	// SickAfter is how long it runs before they fail. Default: they never do.
	SickAfter time.Duration

	// PostStart and PreStop are what becomes of its hooks. Default: they succeed at once.
	PostStart, PreStop Hook

	// Says is what it says, as long as it lives. Default: nothing.
	Says []Line
	// Exec is what a command does that a Runtime is to run in it, or to probe it
	// with, and returns its exit code. Default: nothing, 0.
	Exec func(ctx context.Context, o orchestrator.ExecOptions) (code int)
	// Attach is what it does with who attaches to it. Default: they hear what it
	// says from then on, and it takes no input.
	Attach func(ctx context.Context, o orchestrator.AttachOptions)
	// Dial is what a connection to a port of its pod comes to. Default: nobody listens.
	Dial func(ctx context.Context, port int) (net.Conn, error)
	// Cores is how many processors it keeps busy. Default: none.
	Cores float64
	// Uses is what else it uses. Default: nothing.
	Uses orchestrator.ContainerStats
}

// Rule gives scripts to the containers that it matches. A pattern matches the
// whole text, where * stands for any run of characters; an empty one matches all.
type Rule struct {
	Pod       string // its name, or namespace/name
	Container string // its name
	Image     string // as the container states it
	// Attempts are what its tries do: the first try the first script, the
	// next the next, and the last script again from then on. A try is an
	// attempt that ran, or a Start that failed by StartErr. Default: the zero Script.
	Attempts []Script
}

// Scripts say what containers do: those of the first rule that matches. A
// container that no rule matches has the zero Script.
type Scripts []Rule

// Find returns the script of the try'th try, from 0, to run container c of pod p.
func (s Scripts) Find(p *pod.Pod, c *pod.Container, try int) Script {
	return *s.find(p, c, try)
}

var untilStopped Script // what runs where nothing is said

// find is Find without the copy.
func (s Scripts) find(p *pod.Pod, c *pod.Container, try int) *Script {
	for i := range s {
		if r := &s[i]; r.matches(p, c) {
			if len(r.Attempts) == 0 {
				break
			}
			return &r.Attempts[max(0, min(try, len(r.Attempts)-1))]
		}
	}
	return &untilStopped
}

func (r *Rule) matches(p *pod.Pod, c *pod.Container) bool {
	return (r.Pod == "" || matchesPod(r.Pod, p.UID, p.Namespace, p.Name)) &&
		(r.Container == "" || match(r.Container, c.Name)) &&
		(r.Image == "" || match(r.Image, c.Image))
}

// matchesPod reports whether the pattern is meant for a pod: its uid, or a
// pattern of its name or of namespace/name. Empty matches every pod.
func matchesPod(pattern, uid, namespace, name string) bool {
	if pattern == "" || pattern == uid || match(pattern, name) {
		return true
	}
	space, rest, found := strings.Cut(pattern, "/")
	return found && match(space, namespace) && match(rest, name)
}

// match reports whether text is the pattern, in which * stands for anything.
func match(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	if !strings.HasPrefix(text, head) {
		return false
	}
	text = text[len(head):]
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], more
	}
}

// exit is how a container ends.
type exit struct {
	code, signal    int
	reason, message string
}

// ending returns how the script ends by itself.
func (s *Script) ending() exit {
	e := exit{code: s.ExitCode, signal: s.Signal, message: s.Message}
	if s.OOM && e.signal == 0 {
		e.signal = int(syscall.SIGKILL)
	}
	if e.signal != 0 && e.code == 0 {
		e.code = 128 + e.signal
	}
	switch {
	case s.Reason != "":
		e.reason = s.Reason
	case s.OOM:
		e.reason = "OOMKilled"
	case e.code == 0:
		e.reason = "Completed"
	default:
		e.reason = "Error"
	}
	return e
}

// lasts returns how long the script runs, and whether it ends by itself at all.
func (s *Script) lasts() (time.Duration, bool) {
	if s.Runs != 0 {
		return max(s.Runs, 0), true
	}
	return 0, s.ExitCode != 0 || s.Signal != 0 || s.OOM
}

// killed returns the end by a signal from outside.
func killed(signal int) exit {
	return exit{code: 128 + signal, signal: signal, reason: "Error"}
}

// stopped returns the end after SIGTERM.
func (s *Script) stopped() exit {
	if s.Graceful {
		return exit{reason: "Completed"}
	}
	return killed(int(syscall.SIGTERM))
}
