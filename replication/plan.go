package replication

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Actions are what a controller needs done, in this order: adopt, release,
// delete, create, write the status.
type Actions struct {
	// Adopt are pods without a controller that become this one's: see [Adopt].
	Adopt []*pod.Pod
	// Release are pods of this controller that its selector no longer matches: see [Release].
	Release []*pod.Pod
	// Delete are the pods that are too many, the first victim first. A pod that
	// was just adopted may be among them.
	Delete []*pod.Pod
	// Create is how many pods are missing: see [NewPod].
	Create int
	// Status is the controller's, before any of this was done.
	Status Status
	// Events tell of what is adopted, released and deleted. Pods that are
	// created have no name yet: see [Created].
	Events []labels.Event
	// Wake is when to plan again even if nothing happens, because a pod will
	// have been ready for long enough. Zero: never.
	Wake time.Time
}

// The reasons of a controller's events; the first two are Kubernetes'.
const (
	EventCreated  = "SuccessfulCreate"
	EventDeleted  = "SuccessfulDelete"
	EventAdopted  = "Adopted"
	EventReleased = "Released"
)

// Plan returns what must be done so that c has as many live pods as it asks for.
//
// Given are the pods that c owns and the pods of its namespace without a
// controller that its selector matches, in any order; others may be among them
// and are ignored. A pod is live unless it has ended or is being deleted.
//
//   - A live pod without a controller is adopted. No controller touches the pod of another.
//   - A live pod of c that its selector no longer matches is released.
//   - Pods that have ended are left alone: they expire by themselves.
//   - What is missing is created; what is too much is deleted. First the pods
//     that have no node, then those that are not running, then those that are
//     not ready, then those of the node that has most of them, then the
//     youngest, and then by name.
//   - While failed pods of it are in the records, other than for a lost node, the
//     next one waits: not after the first failure, 10 s after the second, then
//     20 s, 40 s, … 5 min, the figures of a container's restart.
//   - A controller that is being deleted, or whose selector is empty, plans nothing.
//
// Plan is a function of its arguments alone, changes none of them, and is a
// level: what it asks for is asked for until the pods say that it was done. It
// costs one look at each pod and no allocation where nothing is to be done.
func Plan(c *Controller, pods []*pod.Pod, now time.Time) Actions {
	a := Actions{Status: Status{ObservedGeneration: c.Generation}}
	if len(c.Spec.Selector) == 0 {
		return a
	}
	v := newView(c)
	for _, p := range pods {
		switch v.relation(p) {
		case owned:
			a.count(&v, p, now)
		case free:
			if !c.Deleting() {
				a.Adopt = append(a.Adopt, p)
				a.count(&v, p, now)
			}
		case astray:
			if !c.Deleting() {
				a.Release = append(a.Release, p)
			}
		}
	}
	if c.Deleting() {
		a.Wake = time.Time{}
		return a
	}
	switch n := a.Status.Replicas - replicas(c); {
	case n < 0 && c.Spec.Template != nil:
		a.fill(-n, pausedUntil(c, pods), now)
	case n > 0:
		a.Delete = victims(v.candidates(pods), n)
	}
	a.tell()
	return a
}

// view is how a controller looks at pods.
type view struct {
	*Controller
	selector, template wanted
}

func newView(c *Controller) view {
	v := view{Controller: c, selector: want(c.Spec.Selector)}
	if c.Spec.Template != nil {
		v.template = want(c.Spec.Template.Labels)
	}
	return v
}

// relation is what a pod is to a controller.
type relation int

const (
	foreign relation = iota // it does not count, or is somebody else's
	owned
	free   // it has no controller, and is to be adopted
	astray // it is owned, and no longer matches
)

func (v *view) relation(p *pod.Pod) relation {
	if !Live(p) || p.Namespace != v.Namespace {
		return foreign
	}
	owner, has := p.Controller()
	switch {
	case has && owner.UID != v.UID:
		return foreign
	case v.selector.within(p.Labels):
		if has {
			return owned
		}
		return free
	case has:
		return astray
	}
	return foreign
}

// candidates are the pods of which some are too many: those that c has, or will have.
func (v *view) candidates(pods []*pod.Pod) []*pod.Pod {
	live := make([]*pod.Pod, 0, len(pods))
	for _, p := range pods {
		if r := v.relation(p); r == owned || r == free {
			live = append(live, p)
		}
	}
	return live
}

// replicas is how many pods c asks for.
func replicas(c *Controller) int {
	if c.Spec.Replicas == nil {
		return 1
	}
	return max(*c.Spec.Replicas, 0)
}

// count adds a live pod to the status.
func (a *Actions) count(v *view, p *pod.Pod, now time.Time) {
	a.Status.Replicas++
	if v.Spec.Template != nil && v.template.within(p.Labels) {
		a.Status.FullyLabeledReplicas++
	}
	if !isReady(p) {
		return
	}
	a.Status.ReadyReplicas++
	at := availableAt(v.Controller, p)
	if !now.Before(at) {
		a.Status.AvailableReplicas++
	} else {
		a.wakeAt(at)
	}
}

// wakeAt has the controller planned again at a time, or before.
func (a *Actions) wakeAt(at time.Time) {
	if a.Wake.IsZero() || at.Before(a.Wake) {
		a.Wake = at
	}
}

// availableAt is when a ready pod of c has been ready for long enough.
func availableAt(c *Controller, p *pod.Pod) time.Time {
	if c.Spec.MinReadySeconds <= 0 {
		return time.Time{}
	}
	return p.Status.Condition(pod.Ready).LastTransitionTime.Add(time.Duration(c.Spec.MinReadySeconds) * time.Second)
}

// fill asks for n pods, or to be asked again when the pause is over.
func (a *Actions) fill(n int, pausedUntil, now time.Time) {
	if pausedUntil.After(now) {
		a.wakeAt(pausedUntil)
	} else {
		a.Create = n
	}
}

// tell adds an event for each pod that is named.
func (a *Actions) tell() {
	for _, p := range a.Adopt {
		a.Events = append(a.Events, event(EventAdopted, "Adopted pod: "+p.Name))
	}
	for _, p := range a.Release {
		a.Events = append(a.Events, event(EventReleased, "Released pod: "+p.Name))
	}
	for _, p := range a.Delete {
		a.Events = append(a.Events, event(EventDeleted, "Deleted pod: "+p.Name))
	}
}

// Created returns the event that tells of a new pod, once it has its name.
func Created(p *pod.Pod) labels.Event { return event(EventCreated, "Created pod: "+p.Name) }

func event(reason, message string) labels.Event {
	return labels.Event{Type: labels.Normal, Reason: reason, Message: message}
}
