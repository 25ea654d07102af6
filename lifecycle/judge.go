package lifecycle

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// judge finds out whether the pod has ended, or must end, by what is known of
// its containers, its node, its volumes and the time.
func (x *decider) judge() {
	if x.stopping() {
		x.settle()
	}
	if x.over {
		return
	}
	phase, ended := x.outcome()
	switch {
	case ended:
		x.settle()
		x.end(phase)
	case x.seen.NodeLost != "":
		x.lose()
	case x.doomed:
	case x.seen.VolumeFault != "":
		x.doom(VolumeFailed, x.seen.VolumeFault)
		x.setCondition(pod.Condition{Type: pod.VolumeFailed, Status: pod.True, Reason: VolumeFailed, Message: x.seen.VolumeFault})
	case x.late():
		x.doom(DeadlineExceeded, "The pod was active for longer than "+x.deadline().String())
	}
}

// outcome returns how the pod ended by itself, and whether it did: each
// container has ended and none is started again, or an init container has
// failed for good.
func (x *decider) outcome() (pod.Phase, bool) {
	if x.doomed || x.anyRuns() {
		return "", false
	}
	for i := range x.inits.list {
		if s := &x.inits.list[i]; s.State.Terminated != nil && failed(s) && !x.restarts(&x.inits, s) {
			return pod.Failed, true
		}
	}
	phase := pod.Succeeded
	for i := range x.mains.list {
		s := &x.mains.list[i]
		if s.State.Terminated == nil || !x.stopping() && x.restarts(&x.mains, s) {
			return "", false
		}
		if failed(s) {
			phase = pod.Failed
		}
	}
	return phase, len(x.mains.list) > 0
}

// anyRuns reports whether anything of the pod is seen running, on a node that is not lost.
func (x *decider) anyRuns() bool {
	if x.seen.NodeLost != "" {
		return false
	}
	for i := range x.seen.Containers {
		if x.seen.Containers[i].State.Running != nil {
			return true
		}
	}
	return false
}

// lose fails a pod whose node was given up, at once. How its containers ended is not known.
func (x *decider) lose() {
	x.settle()
	for _, g := range x.groups() {
		for i := range g.list {
			s := g.list[i]
			if ran := s.State.Running; ran != nil {
				s.State = pod.ContainerState{Terminated: &pod.Terminated{
					ExitCode: 137, Reason: ContainerStatusUnknown, Message: x.seen.NodeLost,
					StartedAt: ran.StartedAt, FinishedAt: x.now, ContainerID: s.ContainerID,
				}}
			}
			x.put(g, i, s)
		}
	}
	x.setCondition(pod.Condition{Type: pod.NodeLost, Status: pod.True, Reason: NodeLost, Message: x.seen.NodeLost})
	if !x.doomed {
		x.blame(NodeLost, x.seen.NodeLost)
	}
	x.end(pod.Failed)
}

// doom has everything stopped, after which the pod is Failed.
func (x *decider) doom(reason, message string) {
	x.blame(reason, message)
	x.doomed = true
	x.settle()
}

// settle is for a pod that starts nothing any more: its containers wait for nothing.
func (x *decider) settle() {
	for _, g := range x.groups() {
		for i := range g.list {
			s := g.list[i]
			if waitsFor(&s, CrashLoopBackOff) && s.LastState.Terminated != nil {
				s.State, s.LastState = s.LastState, pod.ContainerState{}
			}
			s.RetryAt = time.Time{}
			x.put(g, i, s)
		}
	}
}

// blame records why the pod is, or will be, Failed.
func (x *decider) blame(reason, message string) {
	x.Status.Reason, x.Status.Message = reason, message
	x.Changed = true
	x.event(labels.Warning, reason, message)
}

// end puts the pod into a terminal phase.
func (x *decider) end(phase pod.Phase) {
	x.over = true
	x.setPhase(phase)
}

func (x *decider) setPhase(phase pod.Phase) {
	if x.Status.Phase != phase {
		x.Status.Phase = phase
		x.Changed = true
	}
}
