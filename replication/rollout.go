package replication

import (
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Rolling says how far a rolling update may go from the number of pods that is
// asked for.
type Rolling struct {
	// Replicas is how many pods there are to be in the end. Required: the
	// controllers' own numbers change on the way.
	Replicas int
	// MaxSurge is how many pods there may be beyond Replicas. Default: 1 if
	// MaxUnavailable is 0 as well.
	MaxSurge int
	// MaxUnavailable is how many pods fewer than Replicas may be available. Default: 0.
	MaxUnavailable int
}

// Step is one step of a rolling update: the numbers to write into the two
// controllers now.
type Step struct {
	From, To int
	// Done says that nothing is left to do: From has no pods, and all of To's are available.
	Done bool
	// Wake is when to take the next step even if nothing happens, because a pod
	// will have been ready for long enough. Zero: when a pod or a controller changes.
	Wake time.Time
}

// Rollout returns the next step of an update that replaces the pods of one
// controller by those of another. Take it, have both controllers planned, and
// ask again when anything has changed, until it is Done.
//
// At no step do the controllers ask for more than Replicas + MaxSurge pods, nor
// does a step remove an available pod where no more than Replicas -
// MaxUnavailable are available. Available is a pod that has been ready for its
// controller's MinReadySeconds. Pods that are not ready go first and need no
// replacement: an update gets away from pods that never worked.
//
// Pods are those of both controllers, in any order; others are ignored. The
// number of From never goes up. That of To never goes down, but at the end, if
// it was too high from the beginning. To roll back, exchange the two. Nothing is done while one of them is being deleted. Rollout is a
// function of its arguments alone.
func Rollout(from, to *Controller, pods []*pod.Pod, r Rolling, now time.Time) Step {
	s := Step{From: replicas(from), To: replicas(to)}
	if from.Deleting() || to.Deleting() || from.UID == to.UID {
		return s
	}
	surge, unavailable := max(r.MaxSurge, 0), max(r.MaxUnavailable, 0)
	if surge == 0 && unavailable == 0 {
		surge = 1
	}
	asked := max(r.Replicas, 0)
	was, is := s.tally(from, pods, now), s.tally(to, pods, now)

	if n := min(asked, asked+surge-max(s.From, was.live)); n > s.To {
		s.To = n
	}
	if s.From == 0 && was.live == 0 {
		s.To = min(s.To, asked)
	}
	spare := max(0, was.available+is.available-max(0, asked-unavailable))
	s.From = min(s.From, max(0, was.ready-spare)) // those that are not ready go with no loss
	s.Done = s.From == 0 && was.live == 0 && s.To == asked && is.live == asked && is.available == asked
	return s
}

// tally is what counts of the pods of one controller.
type tally struct{ live, ready, available int }

func (s *Step) tally(c *Controller, pods []*pod.Pod, now time.Time) (t tally) {
	for _, p := range pods {
		if !Owns(c, p) || !Live(p) {
			continue
		}
		t.live++
		if !isReady(p) {
			continue
		}
		t.ready++
		if at := availableAt(c, p); !now.Before(at) {
			t.available++
		} else if s.Wake.IsZero() || at.Before(s.Wake) {
			s.Wake = at
		}
	}
	return t
}
