package lifecycle

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// HookKind says which of a container's hooks it is.
type HookKind string

// The hooks of core/v1.
const (
	PostStart HookKind = "PostStart" // right after the start
	PreStop   HookKind = "PreStop"   // before the container is asked to end
)

// HookDue is a hook to be run, until it is not listed any more. It is run once,
// and its end is reported as a Hooked; again only where nobody knows how it ended.
type HookDue struct {
	Container string
	Attempt   int
	Kind      HookKind
	Handler   *pod.Handler  // the pod's own: read only. It never sleeps
	Timeout   time.Duration // what is left for it; 0: as long as the container runs
}

// Hooked is a hook that has ended.
type Hooked struct {
	Container string
	Attempt   int
	Kind      HookKind
	Failed    bool
	Message   string // how it failed
}

// lastGrace is what a container with a preStop hook has at least between being
// asked to end and being killed, also where the hook took all the grace. The
// figure is a kubelet's.
const lastGrace = 2 * time.Second

// postStart has the hook of a running container run, and reports whether the
// container has come that far: the hook has succeeded, or there is none. One
// that fails condemns the attempt.
func (x *decider) postStart(c *pod.Container, s *pod.ContainerStatus) bool {
	if c.Lifecycle == nil || c.Lifecycle.PostStart == nil || s.PostStarted {
		return true
	}
	if x.newest(c.Name) > s.RestartCount {
		return false // it is about to be stopped
	}
	due := HookDue{Container: c.Name, Attempt: s.RestartCount, Kind: PostStart, Handler: c.Lifecycle.PostStart}
	over, failed, message := x.hook(due, s.State.Running.StartedAt)
	switch {
	case failed:
		s.Unhealthy = "postStart hook failed" + message
		x.event(labels.Warning, EventFailedPostStart, "Container "+s.Name+": "+s.Unhealthy)
		return false
	case over:
		s.PostStarted = true
	}
	return over
}

// preStop has the hook of an attempt run that is to be stopped. wait says that
// the attempt is not to be stopped before it has ended; otherwise grace is what
// is left between asking and killing. How the hook ends changes nothing else.
//
// The hook and the end that follows it share the grace, which is counted from
// the moment that is recorded: after a crash of the host there is no more of it.
func (x *decider) preStop(c *pod.Container, s *pod.ContainerStatus, stop Stop) (grace time.Duration, wait bool) {
	if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || s.State.Running == nil ||
		stop.Attempt != s.RestartCount || stop.Reason == StopOutdated || x.mostGrace(c, s, stop.Reason) == 0 {
		return x.graceOf(c, s, stop.Reason), false
	}
	if s.StoppingSince.IsZero() || s.StoppingSince.After(x.now) {
		s.StoppingSince = x.now
	}
	deadline := s.StoppingSince.Add(x.mostGrace(c, s, stop.Reason))
	if x.pod.Deleting() {
		deadline = x.pod.DeletionTimestamp
	}
	left := max(deadline.Sub(x.now), 0)
	if !s.PreStopped {
		due := HookDue{Container: c.Name, Attempt: s.RestartCount, Kind: PreStop, Handler: c.Lifecycle.PreStop, Timeout: left}
		over, failed, message := false, left == 0, ": it took all of the grace"
		if !failed {
			over, failed, message = x.hook(due, s.StoppingSince)
		}
		if !over && !failed {
			x.wake(deadline)
			return 0, true
		}
		s.PreStopped = true
		if failed {
			x.event(labels.Warning, EventFailedPreStop, "Container "+s.Name+": preStop hook failed"+message)
		}
	}
	return max(left, lastGrace), false
}

// hook lists a hook, unless it is over or has failed. One that sleeps is over
// when its time has passed since then; nobody has to do anything for it.
func (x *decider) hook(due HookDue, then time.Time) (over, failed bool, message string) {
	for i := range x.seen.Hooks {
		h := &x.seen.Hooks[i]
		if h.Container != due.Container || h.Attempt != due.Attempt || h.Kind != due.Kind {
			continue
		}
		if h.Failed && h.Message != "" {
			message = ": " + h.Message
		}
		return !h.Failed, h.Failed, message
	}
	if s := due.Handler.Sleep; s != nil {
		at := then.Add(seconds(s.Seconds))
		if x.now.Before(at) {
			x.wake(at)
			return false, false, ""
		}
		return true, false, ""
	}
	if !slices.ContainsFunc(x.Hook, func(h HookDue) bool { return h.Container == due.Container && h.Kind == due.Kind }) {
		x.Hook = append(x.Hook, due)
	}
	return false, false, ""
}
