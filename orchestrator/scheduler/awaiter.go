package scheduler

import "github.com/coracle-dev/coracle/pod"

// Awaiter is a Scheduler that knows which pods wait for others. Those are tried again
// whenever another pod is placed, and not only when room is made, or nodes change.
// With a Scheduler that is none, and a Policy, these are the Gregarious ones.
type Awaiter interface {
	Scheduler
	// Awaits reports whether a pod that fits nowhere may fit because another one is
	// placed. It goes by the pod alone.
	Awaits(p *pod.Pod) bool
}

// Awaits returns Gregarious. Filters of one's own that want other pods on a node need
// more: a type that embeds the Policy and has its own Awaits. It implements Awaiter.
func (s *Policy) Awaits(p *pod.Pod) bool { return Gregarious(p) }
