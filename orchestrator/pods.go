package orchestrator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// observePod keeps what is derived from pods, and queues what the change concerns.
func (e *Engine) observePod(old, p *pod.Pod) {
	if !e.bound(old, p) {
		e.observeOwnership(old, p)
		e.observePlacement(old, p)
	}
	e.observeMembership(old, p)
	for _, name := range e.drains {
		e.nodes.add(e.machines[name]) // one more may go now
	}
	if old != nil && p != nil && old.Status.Phase.Terminal() && p.Status.Phase != old.Status.Phase {
		e.broken = fmt.Errorf("invariant 2: pod %s/%s was %s and became %s", p.Namespace, p.Name, old.Status.Phase, p.Status.Phase)
	}
	if p != nil {
		if len(e.settled) > 0 && e.settled[0] == p {
			e.settled = e.settled[1:]
		} else {
			e.pods.add(p.UID)
		}
		return
	}
	e.timers.set(timerKey{podLoop, old.UID}, time.Time{})
	e.probes.forget(old)
	e.forgetHooks(old)
	if m := e.machines[old.Spec.NodeName]; m != nil {
		if e.sight(m, old.UID) {
			m.strays.add(old.UID)
		}
		e.nodes.add(m) // which may wait for its last pod
	}
}

// bound reports whether stepScheduling has given a pod a node, and no more: that is
// nothing to its controller, and was counted when it was decided.
func (e *Engine) bound(old, p *pod.Pod) bool {
	return e.placing && old != nil && old.Spec.NodeName == "" && p != nil && p.Spec.NodeName != ""
}

// stepPods decides for each pod that needs a look what happens to it next.
func (e *Engine) stepPods(now time.Time) {
	if e.full(0) {
		return
	}
	uids := e.pods.take()
	if len(uids) == 0 {
		return
	}
	head := e.head()
	var rest []string
	e.must(func(tx *store.Tx) error {
		for i, uid := range prefetch.All(uids, e.lookPodUp) {
			if e.full(tx.Changes()) {
				rest = uids[i:]
				return nil
			}
			p, err := head.Pods().ByUID(*uid)
			if err != nil || p.Spec.NodeName == "" {
				continue
			}
			if err := e.stepPod(tx, p, now); err != nil {
				return err
			}
		}
		return nil
	})
	e.settled = nil
	e.pods.putBack(rest)
}

func (e *Engine) stepPod(tx *store.Tx, p *pod.Pod, now time.Time) error {
	m := e.machines[p.Spec.NodeName]
	if m == nil {
		e.event(p, "node", p.Spec.NodeName, warning("NodeGone", "node %s is no longer there", p.Spec.NodeName))
		return keyOf(p).delete(tx)
	}
	p, equipped := e.equip(p)
	seen := e.sightings(m, p, now)
	d := lifecycle.Decide(p, seen, e.cfg.Lifecycle, now)
	e.timers.set(timerKey{podLoop, p.UID}, d.Wake)
	if d.Changed || equipped {
		changed := *p
		changed.Status = d.Status
		if err := tx.Update(&changed); err != nil {
			return err
		}
		e.settled = append(e.settled, &changed) // to decide again changes nothing
		p = &changed
	}
	for _, event := range d.Events {
		e.event(p, "node", m.name, event)
	}
	if seen.Listed { // otherwise what is to be stopped may have been already
		for _, s := range d.Stop {
			e.stop(m, p, s, now)
		}
	}
	switch {
	case d.Gone && seen.NodeLost != "":
		return keyOf(p).delete(tx)
	case d.Gone:
		e.remove(m, p, now)
	case seen.Listed && len(d.Start) > 0:
		e.start(m, p, first(p, d.Start), now)
	}
	e.probe(m, p, d.Probe, now)
	e.hook(m, p, d.Hook, seen.Listed, now)
	return e.expel(tx, m, p, now)
}

// equip writes down which devices a pod has that came to its node past the
// scheduler, and reports whether there was anything to write.
func (e *Engine) equip(p *pod.Pod) (*pod.Pod, bool) {
	if len(p.Status.Devices) > 0 {
		return p, false
	}
	devices := e.cluster.Devices(p.UID)
	if len(devices) == 0 {
		return p, false
	}
	equipped := *p
	equipped.Status.Devices = devices
	return &equipped, true
}

// first returns which of the containers that are to start is the next: the one that is down
// for longest, and of those that never ran the first of the spec. One that ends again and
// again, as soon as it is started, keeps no other waiting then.
func first(p *pod.Pod, due []lifecycle.Start) lifecycle.Start {
	downSince := func(s lifecycle.Start) (at time.Time) {
		if ended := p.Status.Container(s.Container).LastState.Terminated; ended != nil {
			at = ended.FinishedAt
		}
		return at
	}
	return slices.MinFunc(due, func(a, b lifecycle.Start) int { return downSince(a).Compare(downSince(b)) })
}

// start asks for an attempt. The containers of a pod start one after the other.
func (e *Engine) start(m *machine, p *pod.Pod, s lifecycle.Start, now time.Time) {
	if e.calls.busy(p.UID) {
		return // what is under way brings the pod back
	}
	for _, seen := range m.seen[p.UID] {
		if seen.Container == s.Container && (seen.live() || seen.Attempt >= s.Attempt) {
			return
		}
	}
	ref := ContainerRef{UID: p.UID, Container: s.Container, Attempt: s.Attempt}
	if r := m.unseen[ref]; r.at.After(now) {
		e.timers.sooner(timerKey{podLoop, p.UID}, r.at)
		return
	}
	c := e.withServices(p, pod.WithResourceFields(p, *p.Container(s.Container), m.room()))
	e.ask(m, Work{Kind: WorkStart, Pod: p, Container: &c, Ref: ref})
}

// started takes in the end of a Start.
func (e *Engine) started(m *machine, c *call, err error, now time.Time) {
	e.touch(m, c.Ref.UID)
	if c.cancelled || errors.Is(err, errCancelled) {
		return
	}
	if err == nil {
		// The next list shows it, or else the start has to wait for its next turn.
		r := m.unseen[c.Ref].next(now)
		if put(&m.unseen, c.Ref, r); r.failures > 1 {
			e.failure(m, c, "NotListed", errNoEffect)
		}
		return
	}
	failure := lifecycle.StartFailure{Reason: "StartFailed", Message: err.Error(), At: now}
	var why *StartError
	if errors.As(err, &why) && (why.Reason != "" || why.Unfinished) {
		failure.Reason, failure.Message, failure.Unfinished = why.Reason, why.Err.Error(), why.Unfinished
	}
	put(&m.refused, c.Ref, failure)
}

// stop asks for the end of an attempt. A shorter grace replaces a stop that is
// under way, and a stop replaces a start.
func (e *Engine) stop(m *machine, p *pod.Pod, s lifecycle.Stop, now time.Time) {
	ref := ContainerRef{UID: p.UID, Container: s.Container, Attempt: s.Attempt}
	w := Work{Kind: WorkStop, Ref: ref, Grace: s.Grace}
	if under := e.calls.on(ref); under != nil {
		if under.Ref != ref || under.Kind == WorkStop && !now.Add(s.Grace).Before(under.since.Add(under.Grace)) {
			return // what is under way brings the pod back
		}
		w.Cancel = under.ID
	}
	if r, failed := m.retries[ref]; failed && r.at.After(now) {
		e.timers.sooner(timerKey{podLoop, p.UID}, r.at)
		return
	}
	e.ask(m, w).lost = s.Lost
	if !s.Lost {
		e.event(p, "node", m.name, normal("Killing", "stopping container %s: %s", s.Container, s.Message))
	}
}

// stopped takes in the end of a Stop.
func (e *Engine) stopped(m *machine, c *call, err error, now time.Time) {
	e.touch(m, c.Ref.UID)
	if err != nil {
		at := m.failed(c.Ref, now)
		e.timers.sooner(timerKey{podLoop, c.Ref.UID}, at)
		e.failure(m, c, "FailedKillPod", err)
		return
	}
	// The next list shows that it has ended, or else a stop has to wait for its next turn.
	r := m.retries[c.Ref]
	if r.done != 0 && r.done < m.lastList && !c.lost {
		e.failure(m, c, "StillListed", errNoEffect)
	}
	r = r.next(now)
	r.done = e.calls.last
	put(&m.retries, c.Ref, r)
	if !c.lost {
		return
	}
	// Nothing of it runs, and nobody knows how it ended.
	ended := ContainerState{ContainerRef: c.Ref, State: pod.ContainerState{Terminated: &pod.Terminated{
		ExitCode: 137, Reason: "ContainerStatusUnknown",
		Message: "the container was no longer there when its runtime was asked", FinishedAt: now,
	}}}
	m.seen[c.Ref.UID], _ = merge(m.seen[c.Ref.UID], []ContainerState{ended}, true)
	e.sight(m, c.Ref.UID)
}

// remove asks for the end of all that a node holds of a pod.
func (e *Engine) remove(m *machine, p *pod.Pod, now time.Time) {
	ref := ContainerRef{UID: p.UID}
	if r := m.retries[ref]; r.at.After(now) {
		e.timers.sooner(timerKey{podLoop, p.UID}, r.at)
		return
	}
	if !e.calls.busy(p.UID) {
		e.ask(m, Work{Kind: WorkRemove, Ref: ref})
		return
	}
	for _, name := range containerNames(p) {
		if c := e.calls.find(RefTo(p, name)); c != nil && c.Kind == WorkStart && !c.cancelled {
			c.cancelled = true
			e.ask(m, Work{Kind: WorkCancel, Cancel: c.ID})
		}
	}
}

// removed takes in the end of a Remove: now the record can go too.
func (e *Engine) removed(m *machine, c *call, err error, now time.Time) {
	uid := c.Ref.UID
	if err != nil {
		at := m.failed(c.Ref, now)
		e.timers.sooner(timerKey{podLoop, uid}, at)
		e.failure(m, c, "FailedRemove", err)
		e.touch(m, uid)
		return
	}
	put(&m.removed, uid, e.calls.last)
	ofPod := func(ref ContainerRef, _ retry) bool { return ref.UID == uid }
	maps.DeleteFunc(m.retries, ofPod)
	maps.DeleteFunc(m.unseen, ofPod)
	delete(m.seen, uid)
	delete(m.touched, uid)
	p, missing := e.head().Pods().ByUID(uid)
	if missing != nil || p.Spec.NodeName != m.name {
		return // a leftover
	}
	e.must(func(tx *store.Tx) error { return keyOf(p).delete(tx) })
}

// failure says that a call failed, on the pod it was about or else on the node.
func (e *Engine) failure(m *machine, c *call, reason string, err error) {
	what := warning(reason, "%s: %v", c.subject(), err)
	if p, missing := e.head().Pods().ByUID(c.Ref.UID); missing == nil {
		e.event(p, "node", m.name, what)
	} else if m.node != nil {
		e.event(m.node, "node", m.name, what)
	}
}
