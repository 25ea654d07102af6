package lifecycle

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// act decides for each container in turn: init containers first, each only
// when those before it are done, then the others together.
func (x *decider) act() {
	x.turn = true
	for _, g := range x.groups() {
		for i := range g.list {
			s := g.list[i]
			x.actContainer(g, &g.specs[i], &s)
			x.put(g, i, s)
		}
	}
	x.stopStrangers()
}

func (x *decider) actContainer(g *group, c *pod.Container, s *pod.ContainerStatus) {
	stopping := x.stopping()
	if !stopping {
		x.advance(g, c, s)
		x.introduce(c, s)
	}
	x.check(g, c, s)
	live := x.stopAttempts(c, s)
	x.live += live
	if !stopping && live == 0 && waitsFor(s, ContainerCreating) && s.RetryAt.IsZero() {
		x.Start = append(x.Start, Start{Container: c.Name, Attempt: s.RestartCount})
	}
	if g.init && !isDone(s) {
		x.turn = false
	}
}

// isDone reports whether an init container has done its work.
func isDone(s *pod.ContainerStatus) bool { return s.State.Terminated != nil && !failed(s) }

// introduce lets a container that has not run yet wait for its turn, or for its start.
func (x *decider) introduce(c *pod.Container, s *pod.ContainerStatus) {
	if s.State.Running != nil || s.State.Terminated != nil || !s.RetryAt.IsZero() || waitsFor(s, CrashLoopBackOff) {
		return
	}
	s.Image = c.Image
	if x.turn {
		wait(s, ContainerCreating, "")
	} else {
		wait(s, PodInitializing, "")
	}
}

// advance brings a container that has ended, or failed to start, to its next attempt when it is time.
func (x *decider) advance(g *group, c *pod.Container, s *pod.ContainerStatus) {
	if t := s.State.Terminated; t != nil {
		if !x.restarts(g, s) {
			return
		}
		x.schedule(s, t)
	}
	ended := waitsFor(s, CrashLoopBackOff)
	if s.State.Running != nil || !ended && s.RetryAt.IsZero() {
		return
	}
	if s.Image != c.Image { // a new image has a new chance
		s.BackOff, s.RetryAt = 0, x.now
	}
	if latest := x.now.Add(x.backOff().longest); s.RetryAt.After(latest) {
		s.RetryAt = latest // the clock was set back
	}
	if x.now.Before(s.RetryAt) {
		x.holdOff(s)
		x.wake(s.RetryAt)
		return
	}
	if !waitsFor(s, ContainerCreating) { // otherwise nothing has failed
		s.BackOff++
	}
	if ended {
		next(c, s, s.RestartCount+1)
	}
	s.RetryAt = time.Time{}
	wait(s, ContainerCreating, "")
}

// holdOff has a container whose image could not be pulled say, after a moment,
// that it waits for the next try. A kubelet does the same at its next look.
func (x *decider) holdOff(s *pod.ContainerStatus) {
	if !waitsFor(s, ErrImagePull) {
		return
	}
	delay := x.backOff().delay(s.BackOff)
	if at := s.RetryAt.Add(min(pullErrorShown, delay/2) - delay); x.now.Before(at) {
		x.wake(at)
		return
	}
	message := "back-off " + delay.String() + " pulling image " + s.Image
	if why := s.State.Waiting.Message; why != "" {
		message += ": " + why
	}
	wait(s, ImagePullBackOff, message)
	x.event(labels.Normal, EventBackOff, "Container "+s.Name+": "+message)
}

// pullErrorShown is how long a container says how a pull failed before it says
// that it waits: at most half of the wait.
const pullErrorShown = 5 * time.Second

// restarts reports whether a container that has ended is started again.
func (x *decider) restarts(g *group, s *pod.ContainerStatus) bool {
	switch x.pod.Spec.RestartPolicy {
	case pod.RestartNever:
		return false
	case pod.RestartOnFailure:
		return failed(s)
	default:
		return failed(s) || !g.init
	}
}

// schedule says when a container that has ended is started again.
func (x *decider) schedule(s *pod.ContainerStatus, t *pod.Terminated) {
	b := x.backOff()
	s.BackOff = b.count(s.BackOff, t)
	delay := b.delay(s.BackOff)
	s.RetryAt = t.FinishedAt.Add(delay)
	s.LastState = s.State
	if !x.now.Before(s.RetryAt) {
		s.State = pod.ContainerState{Waiting: &pod.Waiting{Reason: CrashLoopBackOff}}
		return
	}
	what := "restarting failed container "
	if !failedLast(s) {
		what = "restarting container "
	}
	message := "back-off " + delay.String() + " " + what + s.Name
	wait(s, CrashLoopBackOff, message)
	x.event(labels.Warning, EventBackOff, message)
}

// failedLast is failed for an attempt that has already become the last state.
func failedLast(s *pod.ContainerStatus) bool {
	last := pod.ContainerStatus{State: s.LastState, Unhealthy: s.Unhealthy}
	return failed(&last)
}

// next makes attempt the recorded one. It has not been seen yet.
func next(c *pod.Container, s *pod.ContainerStatus, attempt int) {
	if s.State.Terminated != nil {
		s.LastState = s.State
	}
	s.State = pod.ContainerState{Waiting: &pod.Waiting{Reason: ContainerCreating}}
	s.RestartCount = attempt
	s.RetryAt = time.Time{}
	s.Unhealthy = ""
	s.PostStarted, s.PreStopped, s.StoppingSince = false, false, time.Time{}
	s.Image = c.Image
}

// wait puts a container into a waiting state.
func wait(s *pod.ContainerStatus, reason, message string) {
	if w := s.State.Waiting; w != nil && w.Reason == reason && w.Message == message {
		return
	}
	s.State = pod.ContainerState{Waiting: &pod.Waiting{Reason: reason, Message: message}}
}
