package lifecycle

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// fold brings what was seen into the statuses of the containers.
func (x *decider) fold() {
	if len(x.seen.Containers) == 0 {
		return
	}
	for _, g := range x.groups() {
		for i := range g.list {
			s := g.list[i]
			x.foldContainer(&g.specs[i], &s)
			x.put(g, i, s)
		}
	}
}

// foldContainer takes over what is known of the recorded attempt. If the
// runtime knows a newer one, that becomes the recorded one as soon as the old
// one is known to have ended: a record can be older than what runs, after a
// restored backup for example.
func (x *decider) foldContainer(c *pod.Container, s *pod.ContainerStatus) {
	x.foldAttempt(s, x.sighting(c.Name, s.RestartCount))
	if x.over || s.State.Running != nil {
		return
	}
	if newest := x.newest(c.Name); newest > s.RestartCount {
		next(c, s, newest)
		x.foldAttempt(s, x.sighting(c.Name, newest))
	}
}

// sighting returns what was seen of one attempt, nil if nothing: that it runs
// before that it has ended before that it failed to start.
func (x *decider) sighting(name string, attempt int) *Sighting {
	var best *Sighting
	for i := range x.seen.Containers {
		s := &x.seen.Containers[i]
		if s.Container == name && s.Attempt == attempt && (best == nil || s.outweighs(best)) {
			best = s
		}
	}
	return best
}

// outweighs decides between two sightings of one attempt.
func (s *Sighting) outweighs(o *Sighting) bool {
	return cmp.Or(cmp.Compare(s.weight(), o.weight()), cmp.Compare(o.ID, s.ID), cmp.Compare(o.PodIP, s.PodIP)) > 0
}

func (s *Sighting) weight() int {
	switch {
	case s.State.Running != nil:
		return 3
	case s.State.Terminated != nil:
		return 2
	case s.StartFailed != nil:
		return 1
	}
	return 0
}

// newest returns the highest attempt that runs or has ended; -1 if there is none.
func (x *decider) newest(name string) int {
	newest := -1
	for i := range x.seen.Containers {
		s := &x.seen.Containers[i]
		if s.Container == name && s.weight() > 1 {
			newest = max(newest, s.Attempt)
		}
	}
	return newest
}

// foldAttempt takes over what was seen of the recorded attempt. What has ended
// stays ended, whatever is seen later.
func (x *decider) foldAttempt(s *pod.ContainerStatus, seen *Sighting) {
	if seen == nil || hasEnded(s) {
		return
	}
	switch {
	case seen.State.Running != nil:
		if !x.over {
			x.foldRunning(s, seen)
		}
	case seen.State.Terminated != nil:
		x.foldTerminated(s, seen)
	case seen.StartFailed != nil:
		x.foldStartFailure(s, seen.StartFailed)
	}
}

// hasEnded reports whether the recorded attempt has run and ended.
func hasEnded(s *pod.ContainerStatus) bool {
	return s.State.Terminated != nil || waitsFor(s, CrashLoopBackOff)
}

func waitsFor(s *pod.ContainerStatus, reason string) bool {
	return s.State.Waiting != nil && s.State.Waiting.Reason == reason
}

func (x *decider) foldRunning(s *pod.ContainerStatus, seen *Sighting) {
	if s.State.Running == nil {
		started := seen.State.Running.StartedAt
		if started.IsZero() || started.After(x.now) || started.Before(x.seen.Since) {
			started = x.now
		}
		s.State = pod.ContainerState{Running: &pod.Started{StartedAt: started}}
		s.RetryAt = time.Time{}
		x.event(labels.Normal, EventStarted, "Started container "+s.Name)
	}
	if seen.ID != "" {
		s.ContainerID = seen.ID
	}
	x.foldAddress(seen.PodIP)
}

// foldAddress takes over the pod's address from the first container that has one.
func (x *decider) foldAddress(ip string) {
	if ip == "" || x.addressed {
		return
	}
	x.addressed = true
	if x.Status.PodIP != ip {
		x.Status.PodIP, x.Status.PodIPs = ip, []pod.IP{{IP: ip}}
		x.Changed = true
	}
}

func (x *decider) foldTerminated(s *pod.ContainerStatus, seen *Sighting) {
	t := *seen.State.Terminated
	ran := s.State.Running
	if ran != nil {
		t.StartedAt = ran.StartedAt
	}
	x.complete(&t, seen.ID, ran != nil)
	if ran == nil && t.Reason != StartError && t.Reason != ContainerStatusUnknown {
		x.event(labels.Normal, EventStarted, "Started container "+s.Name)
	}
	s.State = pod.ContainerState{Terminated: &t}
	s.RetryAt = time.Time{}
	if t.ContainerID != "" {
		s.ContainerID = t.ContainerID
	}
	x.tellEnd(s, &t)
}

// complete fills in what a runtime left out. A time that can't be, be it for a
// clock that is wrong, becomes the present. The start is the record's own if the
// attempt was seen running.
func (x *decider) complete(t *pod.Terminated, id string, seenRunning bool) {
	if t.FinishedAt.IsZero() || t.FinishedAt.After(x.now) || t.FinishedAt.Before(x.Status.StartTime) || t.FinishedAt.Before(x.seen.Since) {
		if ran := t.FinishedAt.Sub(t.StartedAt); !seenRunning && !t.StartedAt.IsZero() && ran > 0 {
			t.StartedAt = x.now.Add(-ran) // it ran that long, whatever the time was
		}
		t.FinishedAt = x.now
	}
	if t.StartedAt.After(t.FinishedAt) {
		t.StartedAt = t.FinishedAt
	}
	if t.ContainerID == "" {
		t.ContainerID = id
	}
	switch {
	case t.Reason != "":
	case t.ExitCode == 0 && t.Signal == 0:
		t.Reason = Completed
	default:
		t.Reason = Errored
	}
}

// tellEnd tells of the end of a container, unless it was asked for.
func (x *decider) tellEnd(s *pod.ContainerStatus, t *pod.Terminated) {
	switch {
	case t.Reason == OOMKilled:
		x.event(labels.Warning, EventOOMKilling, "Container "+s.Name+" ran out of memory and was killed")
	case x.stopping() || s.Unhealthy != "":
	case !failed(s):
		x.event(labels.Normal, Completed, "Container "+s.Name+" completed")
	default:
		x.event(labels.Warning, EventFailed, "Container "+s.Name+" "+describe(t))
	}
}

// describe says how a container failed.
func describe(t *pod.Terminated) string {
	var text string
	switch {
	case t.Reason == StartError:
		text = "could not be executed"
	case t.Reason == ContainerStatusUnknown:
		text = "was lost: nobody saw how it ended"
	case t.Signal != 0:
		text = fmt.Sprintf("was ended by signal %d", t.Signal)
	default:
		text = fmt.Sprintf("failed with exit code %d", t.ExitCode)
	}
	if t.Message != "" {
		text += ": " + brief(t.Message)
	}
	return text
}

// brief returns the end of a message that a container left, as much as an event holds.
func brief(message string) string {
	const most = 1000
	message = strings.TrimSpace(message)
	if len(message) <= most {
		return message
	}
	return "…" + strings.ToValidUTF8(message[len(message)-most:], "")
}

// failed reports whether the attempt that ended counts as a failure. One that
// was killed for its health does, however it took it.
func failed(s *pod.ContainerStatus) bool {
	t := s.State.Terminated
	return t.ExitCode != 0 || t.Signal != 0 || t.Reason == OOMKilled || s.Unhealthy != ""
}

// foldStartFailure has the attempt tried again later. A failure that comes when
// no start was asked for does not count.
func (x *decider) foldStartFailure(s *pod.ContainerStatus, f *StartFailure) {
	if x.stopping() || !waitsFor(s, ContainerCreating) || !s.RetryAt.IsZero() {
		return
	}
	reason := f.Reason
	switch reason {
	case "", PodInitializing, ContainerCreating, CrashLoopBackOff, ImagePullBackOff: // these say something else here
		reason = RunContainerError
	}
	at := f.At
	if at.After(x.now) || at.Before(x.Status.StartTime) {
		at = x.now
	}
	if f.Unfinished {
		s.RetryAt = at.Add(x.backOff().delay(1))
		wait(s, ContainerCreating, f.Message)
		return
	}
	s.BackOff = max(s.BackOff, 1)
	s.RetryAt = at.Add(x.backOff().delay(s.BackOff))
	wait(s, reason, f.Message)
	message := "Container " + s.Name + " could not be started: " + reason
	if f.Message != "" {
		message += ": " + f.Message
	}
	x.event(labels.Warning, EventFailed, message)
}
