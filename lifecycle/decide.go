package lifecycle

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Decide returns what happens next to a pod that is bound to a node: its new
// status, what to start, stop and probe, and when to decide again.
//
// It is a function of its arguments alone, and changes none of them. It decides
// from everything that is known (level), not from what is new (edge): deciding
// again on the result, with the same sightings less their StartFailed, at the
// same time, asks for the same starts and stops, changes nothing and tells of
// nothing. Sightings and probe results may come in any order; what they say of
// containers or attempts that do not exist is survived.
//
// Whatever it is given,
//
//  1. a Succeeded or Failed pod stays what it is, and a Running one is never Pending again;
//  2. no container is started while an attempt to run it is recorded or seen as running;
//  3. a restart count never goes down, and goes up by one at a time, unless the
//     runtime knows a newer attempt than the record;
//  4. Gone is not said while an attempt runs, as far as anybody can know.
//
// Decide knows nothing of work that is under way: a start or stop that was
// handed to a worker, and has not been reported, is listed again.
//
// A running pod about which there is nothing new costs no allocation, or one if
// it has probes. Decide is safe for concurrent use.
func Decide(p *pod.Pod, seen Seen, r Rules, now time.Time) Decision {
	x := decider{pod: p, seen: seen, rules: r, now: now}
	x.Status = p.Status
	x.over = p.Status.Phase.Terminal()
	x.doomed = p.Status.Reason == DeadlineExceeded || p.Status.Reason == VolumeFailed
	x.takeUp()
	x.fold()
	x.judge()
	x.act()
	x.conclude()
	return x.Decision
}

// decider is one decision in the making.
type decider struct {
	Decision
	pod   *pod.Pod
	seen  Seen
	rules Rules
	now   time.Time

	inits, mains   group
	ownsConditions bool

	over      bool // the pod is Succeeded or Failed
	doomed    bool // it will be Failed as soon as nothing of it runs
	addressed bool // a container has told the pod's address
	turn      bool // all containers before the present one are done
	live      int  // attempts that may be running
}

// group is the containers of one kind with their statuses, which are the pod's
// own until one of them changes.
type group struct {
	init  bool
	specs []pod.Container
	list  []pod.ContainerStatus
	owned bool
}

// stopping reports whether nothing of the pod is to run any more.
func (x *decider) stopping() bool { return x.over || x.doomed || x.pod.Deleting() }

// takeUp records that the pod's node has it, and gives every container a
// status. A pod that is not to run any more is not taken up: nothing was
// started, nor will it be.
func (x *decider) takeUp() {
	if x.Status.StartTime.IsZero() {
		if x.stopping() || x.seen.NodeLost != "" {
			return
		}
		x.Status.StartTime = x.now
		x.Changed = true
	}
	x.inits = x.group(x.pod.Spec.InitContainers, x.Status.InitContainerStatuses, true)
	x.mains = x.group(x.pod.Spec.Containers, x.Status.ContainerStatuses, false)
}

// group pairs containers with their statuses, in the order of the spec. A
// status without a container is dropped.
func (x *decider) group(specs []pod.Container, list []pod.ContainerStatus, init bool) group {
	g := group{init: init, specs: specs, list: list}
	if slices.EqualFunc(specs, list, func(c pod.Container, s pod.ContainerStatus) bool { return c.Name == s.Name }) {
		return g
	}
	g.list, g.owned, x.Changed = make([]pod.ContainerStatus, len(specs)), true, true
	for i := range specs {
		g.list[i] = pod.ContainerStatus{Name: specs[i].Name, Image: specs[i].Image}
		for j := range list {
			if list[j].Name == specs[i].Name {
				g.list[i] = list[j]
				break
			}
		}
	}
	return g
}

// put writes a status back if it differs from what was there.
func (x *decider) put(g *group, i int, s pod.ContainerStatus) {
	if g.list[i] == s {
		return
	}
	if !g.owned {
		g.list, g.owned = slices.Clone(g.list), true
	}
	g.list[i] = s
	x.Changed = true
}

// groups returns both groups, init containers first.
func (x *decider) groups() [2]*group { return [...]*group{&x.inits, &x.mains} }

// deadline is how long the pod may be active; zero: as long as it likes.
func (x *decider) deadline() time.Duration {
	if d := x.pod.Spec.ActiveDeadlineSeconds; d != nil && *d > 0 {
		return seconds(*d)
	}
	return 0
}

// late reports whether the pod has been active for too long. A pod that is
// being deleted has something else to do.
func (x *decider) late() bool {
	d := x.deadline()
	if d == 0 || x.pod.Deleting() {
		return false
	}
	at := x.Status.StartTime.Add(d)
	if x.now.Before(at) {
		x.wake(at)
		return false
	}
	return true
}

// wake has the pod decided again at t at the latest.
func (x *decider) wake(t time.Time) {
	if x.Wake.IsZero() || t.Before(x.Wake) {
		x.Wake = t
	}
}

// seconds is n seconds, or the longest duration there is.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(min(n, most)) * time.Second
}
