package lifecycle

import (
	"strings"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// conclude draws from the containers what holds for the pod as a whole.
func (x *decider) conclude() {
	if x.inits.owned {
		x.Status.InitContainerStatuses = x.inits.list
	}
	if x.mains.owned {
		x.Status.ContainerStatuses = x.mains.list
	}
	x.concludePhase()
	x.concludeConditions()
	x.leave()
}

func (x *decider) concludePhase() {
	switch {
	case x.over:
	case x.doomed && x.live == 0:
		x.end(pod.Failed)
	case x.Status.Phase == pod.Running:
	case x.allStarted():
		x.setPhase(pod.Running)
	default:
		x.setPhase(pod.Pending)
	}
}

// allStarted reports whether every container has run at least once.
func (x *decider) allStarted() bool {
	for i := range x.mains.list {
		s := &x.mains.list[i]
		if s.State.Running == nil && s.State.Terminated == nil && s.LastState.Terminated == nil && s.RestartCount == 0 {
			return false
		}
	}
	return len(x.mains.list) > 0
}

// concludeConditions sets the conditions of core/v1 that follow from the containers.
func (x *decider) concludeConditions() {
	x.setCondition(pod.Condition{Type: pod.PodScheduled, Status: pod.True})

	initialized := pod.Condition{Type: pod.Initialized, Status: pod.True}
	if !x.initialized() {
		initialized.Status = pod.False
		initialized.Reason = "ContainersNotInitialized"
		initialized.Message = names("containers with incomplete status: ", x.inits.list, func(s *pod.ContainerStatus) bool { return !isDone(s) })
	}
	x.setCondition(initialized)

	ready := pod.Condition{Status: pod.True}
	switch {
	case x.Status.Phase == pod.Succeeded:
		ready.Status, ready.Reason = pod.False, "PodCompleted"
	case x.Status.Phase == pod.Failed:
		ready.Status, ready.Reason = pod.False, "PodFailed"
	case !x.allReady():
		ready.Status, ready.Reason = pod.False, "ContainersNotReady"
		ready.Message = names("containers with unready status: ", x.mains.list, func(s *pod.ContainerStatus) bool { return !s.Ready })
	}
	ready.Type = pod.ContainersReady
	x.setCondition(ready)
	ready.Type = pod.Ready
	x.setCondition(ready)
}

// initialized reports whether every init container is done.
func (x *decider) initialized() bool {
	for i := range x.inits.list {
		if !isDone(&x.inits.list[i]) {
			return false
		}
	}
	return len(x.inits.list) == len(x.pod.Spec.InitContainers)
}

func (x *decider) allReady() bool {
	for i := range x.mains.list {
		if !x.mains.list[i].Ready {
			return false
		}
	}
	return len(x.mains.list) > 0
}

// names lists the containers to which what applies, in the order of the spec.
func names(text string, list []pod.ContainerStatus, what func(*pod.ContainerStatus) bool) string {
	var found []string
	for i := range list {
		if what(&list[i]) {
			found = append(found, list[i].Name)
		}
	}
	return text + "[" + strings.Join(found, " ") + "]"
}

// setCondition sets one condition, without touching the pod's own list.
func (x *decider) setCondition(c pod.Condition) {
	if old := x.Status.Condition(c.Type); old != nil && old.Status == c.Status && old.Reason == c.Reason && old.Message == c.Message {
		return
	}
	if !x.ownsConditions {
		const all = 4 // that are set here
		x.Status.Conditions = append(make([]pod.Condition, 0, max(len(x.Status.Conditions), all)), x.Status.Conditions...)
		x.ownsConditions = true
	}
	x.Status.SetCondition(c, x.now)
	x.Changed = true
}

// diskTTL is the longest that a pod stays after its end which has a disk of a
// cloud: its successor waits for that.
const diskTTL = 10 * time.Second

// leave decides whether the pod is to go, and whether it can.
func (x *decider) leave() {
	if x.pod.Deleting() {
		if x.live > 0 && x.now.Before(x.pod.DeletionTimestamp) {
			x.wake(x.pod.DeletionTimestamp) // then it is killed
		}
		x.Gone = x.live == 0
		return
	}
	ttl := x.rules.TerminatedTTL
	if ttl == 0 {
		ttl = time.Hour
	}
	if x.over && x.pod.Spec.HasDisk() && (ttl < 0 || ttl > diskTTL) {
		ttl = diskTTL
	}
	ended := x.endedAt()
	if !x.over || ttl < 0 || ended.IsZero() {
		return
	}
	if at := ended.Add(ttl); x.now.Before(at) {
		x.wake(at)
		return
	}
	x.Expired = true
	x.Gone = x.live == 0
}

// endedAt is when a terminal pod ended: when the last of its containers did, or
// when it was given up, whatever is known and comes last.
func (x *decider) endedAt() time.Time {
	ended := x.Status.StartTime
	if x.Status.Reason == DeadlineExceeded {
		ended = ended.Add(x.deadline())
	}
	for _, g := range x.groups() {
		for i := range g.list {
			if t := g.list[i].State.Terminated; t != nil {
				ended = later(ended, t.FinishedAt)
			}
		}
	}
	for _, of := range [...]pod.ConditionType{pod.NodeLost, pod.VolumeFailed} {
		if x.Status.Is(of) {
			ended = later(ended, x.Status.Condition(of).LastTransitionTime)
		}
	}
	return ended
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
