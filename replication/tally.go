package replication

import (
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Tally keeps count of the pods that a controller owns, so that planning costs
// what has changed since the last time and not a look at each pod. It is for those
// who see every change of the pods; everybody else has [Plan].
//
// A Tally is not safe for concurrent use.
type Tally struct {
	of     view
	status Status // what is available does not count those that are maturing
	astray int    // how many pods are to be released

	maturing map[string]time.Time // ready pods that are available from then on, by uid
	failed   map[string]time.Time // pods that have failed, and when they ended, by uid
	last     time.Time            // the last of failed
	stale    bool                 // last has to be looked for again
}

// NewTally counts the pods that c owns; others may be among them and are
// ignored. Each must have a UID of its own.
func NewTally(c *Controller, pods []*pod.Pod) *Tally {
	t := &Tally{of: newView(c), maturing: make(map[string]time.Time), failed: make(map[string]time.Time)}
	for _, p := range pods {
		t.add(p)
	}
	return t
}

// Change takes in that a pod was one thing and is another now: nil for a pod that
// was not there, or is gone. Pods that c does not own are ignored. It returns
// false if the change makes no difference to any plan.
func (t *Tally) Change(was, is *pod.Pod) bool {
	if was != nil && is != nil && Alike(was, is) {
		return false
	}
	if was != nil {
		t.drop(was)
	}
	if is != nil {
		t.add(is)
	}
	return true
}

// Alike reports whether two versions of a pod are the same to every controller, as
// long as it has not too many: then a [Tally] need not hear of the change.
func Alike(p, q *pod.Pod) bool {
	return p.Status.Phase == q.Status.Phase && p.Status.Phase != pod.Failed &&
		p.Deleting() == q.Deleting() && p.Namespace == q.Namespace &&
		sameReadiness(p.Status.Condition(pod.Ready), q.Status.Condition(pod.Ready)) &&
		p.Labels.Equal(q.Labels) && slices.Equal(p.OwnerReferences, q.OwnerReferences)
}

func sameReadiness(a, b *pod.Condition) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Status == b.Status && a.LastTransitionTime.Equal(b.LastTransitionTime)
}

// Counts reports whether t counts what c asks about: the pods of the same
// controller, with the same selector, labels of the template and MinReadySeconds.
// If not, they have to be counted anew.
func (t *Tally) Counts(c *Controller) bool {
	was := t.of.Controller
	return was == c || was.UID == c.UID && was.Namespace == c.Namespace &&
		was.Spec.MinReadySeconds == c.Spec.MinReadySeconds &&
		(was.Spec.Template == nil) == (c.Spec.Template == nil) &&
		maps.Equal(was.Spec.Selector, c.Spec.Selector) &&
		(c.Spec.Template == nil || maps.Equal(was.Spec.Template.Labels, c.Spec.Template.Labels))
}

// Plan returns what [Plan] does for c, which t must count, with the pods that c
// owns and none that it may adopt. It is not ok if some of them are to be released
// or deleted: which ones those are only Plan can tell. The time must not go back
// from one call to the next.
func (t *Tally) Plan(c *Controller, now time.Time) (a Actions, ok bool) {
	if len(c.Spec.Selector) == 0 {
		return Actions{Status: Status{ObservedGeneration: c.Generation}}, true
	}
	a.Status = t.status
	a.Status.ObservedGeneration = c.Generation
	for uid, at := range t.maturing {
		if now.Before(at) {
			a.wakeAt(at)
			continue
		}
		delete(t.maturing, uid)
		t.status.AvailableReplicas++
		a.Status.AvailableReplicas++
	}
	n := a.Status.Replicas - replicas(c)
	switch {
	case c.Deleting():
		a.Wake = time.Time{}
	case t.astray > 0 || n > 0:
		return Actions{}, false
	case n < 0 && c.Spec.Template != nil:
		a.fill(-n, t.pausedUntil(), now)
	}
	return a, true
}

func (t *Tally) add(p *pod.Pod) {
	t.count(p, 1)
	if fails(t.of.Controller, p) {
		at := endedAt(p)
		t.failed[p.UID] = at
		if at.After(t.last) {
			t.last = at
		}
	}
}

func (t *Tally) drop(p *pod.Pod) {
	t.count(p, -1)
	if at, failed := t.failed[p.UID]; failed {
		delete(t.failed, p.UID)
		t.stale = t.stale || at.Equal(t.last)
	}
}

// count counts a pod, or with -1 no longer.
func (t *Tally) count(p *pod.Pod, by int) {
	switch t.of.relation(p) {
	case astray:
		t.astray += by
	case owned:
		t.status.Replicas += by
		if t.of.Spec.Template != nil && t.of.template.within(p.Labels) {
			t.status.FullyLabeledReplicas += by
		}
		if isReady(p) {
			t.status.ReadyReplicas += by
			t.mature(p, by)
		}
	}
}

// mature counts a ready pod among those that are available, or will be.
func (t *Tally) mature(p *pod.Pod, by int) {
	at := availableAt(t.of.Controller, p)
	_, waits := t.maturing[p.UID]
	switch {
	case by > 0 && !at.IsZero():
		t.maturing[p.UID] = at
	case waits:
		delete(t.maturing, p.UID)
	default:
		t.status.AvailableReplicas += by
	}
}

func (t *Tally) pausedUntil() time.Time {
	if t.stale {
		t.last, t.stale = time.Time{}, false
		for _, at := range t.failed {
			if at.After(t.last) {
				t.last = at
			}
		}
	}
	return pause(len(t.failed), t.last)
}
