package replication

import (
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// The wait before a pod is made whose predecessors have failed: lifecycle's
// default figures for the restart of a container.
const (
	pauseBase = 10 * time.Second
	pauseMax  = 5 * time.Minute
)

// pausedUntil returns when the next pod of c may be made, so that pods which
// fail as soon as they run are not replaced without end. A pod whose node was
// lost does not count as failed.
func pausedUntil(c *Controller, pods []*pod.Pod) time.Time {
	failed, last := 0, time.Time{}
	for _, p := range pods {
		if !fails(c, p) {
			continue
		}
		failed++
		if at := endedAt(p); at.After(last) {
			last = at
		}
	}
	return pause(failed, last)
}

// fails reports whether p is a pod of c that has failed by itself.
func fails(c *Controller, p *pod.Pod) bool {
	return p.Status.Phase == pod.Failed && p.Status.Reason != string(pod.NodeLost) &&
		p.Namespace == c.Namespace && Owns(c, p)
}

// pause returns when the next pod may be made after so many have failed, the
// last of them at a time; zero: at once.
func pause(failed int, last time.Time) time.Time {
	if failed < 2 {
		return time.Time{}
	}
	return last.Add(min(pauseBase<<min(failed-2, 10), pauseMax))
}

// endedAt returns when the last container of a pod ended.
func endedAt(p *pod.Pod) time.Time {
	var last time.Time
	for i := range p.Status.ContainerStatuses {
		if t := p.Status.ContainerStatuses[i].State.Terminated; t != nil && t.FinishedAt.After(last) {
			last = t.FinishedAt
		}
	}
	return last
}
