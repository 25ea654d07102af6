package orchestrator

import (
	"fmt"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// observeController keeps the index of selectors.
func (e *Engine) observeController(old, c *replication.Controller) {
	if c == nil {
		e.selectors.Delete(old.UID)
		delete(e.tallies, old.UID)
		e.timers.set(timerKey{controllerLoop, old.UID}, time.Time{})
		return
	}
	e.selectors.Put(c.UID, labels.SelectorFromSet(c.Spec.Selector))
	e.controllers.add(c.UID)
}

// observeOwnership tells the controllers that a changed pod concerns, and keeps
// the index of pods that have none.
func (e *Engine) observeOwnership(old, p *pod.Pod) {
	if e.count(old, p) {
		for _, version := range []*pod.Pod{old, p} {
			if version == nil {
				continue
			}
			if owner, ok := version.Controller(); ok {
				e.controllers.add(owner.UID)
			}
		}
	}
	wasOrphan, isOrphan := orphan(old), orphan(p)
	switch {
	case isOrphan:
		e.orphans.Put(p.UID, p.Labels)
		for _, uid := range e.selectors.Matching(p.Labels) {
			e.controllers.add(uid)
		}
	case wasOrphan:
		e.orphans.Delete(old.UID)
	}
}

// count keeps the tallies of the controllers that own a changed pod, and returns
// false if the change makes no difference to them.
func (e *Engine) count(old, p *pod.Pod) bool {
	if old != nil && p != nil && replication.Alike(old, p) {
		return false
	}
	was, is := e.tally(old), e.tally(p)
	if was == is && was != nil {
		return was.Change(old, p)
	}
	if was != nil {
		was.Change(old, nil)
	}
	if is != nil {
		is.Change(nil, p)
	}
	return true
}

// tally returns that of the controller of a pod; nil where there is none.
func (e *Engine) tally(p *pod.Pod) *replication.Tally {
	if p == nil {
		return nil
	}
	owner, _ := p.Controller()
	return e.tallies[owner.UID]
}

// orphan reports whether a controller may adopt the pod.
func orphan(p *pod.Pod) bool {
	if p == nil || p.Deleting() || p.Status.Phase.Terminal() {
		return false
	}
	_, owned := p.Controller()
	return !owned
}

// stepControllers brings each controller that needs a look to the number of pods it asks for.
func (e *Engine) stepControllers(now time.Time) {
	uids := e.controllers.take()
	for i, uid := range uids {
		if e.full(0) {
			e.controllers.putBack(uids[i:])
			return
		}
		c, err := e.head().Controllers().ByUID(uid)
		if err != nil || c.Deleting() {
			continue
		}
		plan := e.planFor(c, now)
		e.timers.set(timerKey{controllerLoop, c.UID}, plan.Wake)
		for _, event := range plan.Events {
			e.event(c, "replication-controller", "", event)
		}
		e.must(func(tx *store.Tx) error { return e.carryOut(tx, c, plan, now) })
	}
}

// planFor returns what a controller needs done: from the tally of its pods, or
// from all of them where some are to be adopted, released or deleted.
func (e *Engine) planFor(c *replication.Controller, now time.Time) replication.Actions {
	t := e.tallies[c.UID]
	if t == nil || !t.Counts(c) {
		t = replication.NewTally(c, e.podsOf(c))
		e.tallies[c.UID] = t
	}
	orphans := e.orphansFor(c)
	if len(orphans) == 0 {
		if plan, ok := t.Plan(c, now); ok {
			return plan
		}
	}
	return replication.Plan(c, append(e.podsOf(c), orphans...), now)
}

// podsOf returns the pods that a controller owns.
func (e *Engine) podsOf(c *replication.Controller) []*pod.Pod {
	pods := e.head().Pods().List(store.Filter{Namespace: c.Namespace, Owner: c.UID})
	return slices.DeleteFunc(pods, func(p *pod.Pod) bool { return !replication.Owns(c, p) })
}

// orphansFor returns the pods that a controller may adopt.
func (e *Engine) orphansFor(c *replication.Controller) []*pod.Pod {
	var pods []*pod.Pod
	for _, uid := range e.orphans.Matching(labels.SelectorFromSet(c.Spec.Selector)) {
		if p, err := e.head().Pods().ByUID(uid); err == nil && p.Namespace == c.Namespace {
			pods = append(pods, p)
		}
	}
	return pods
}

// carryOut writes what a plan says.
func (e *Engine) carryOut(tx *store.Tx, c *replication.Controller, plan replication.Actions, now time.Time) error {
	for _, p := range plan.Adopt {
		if err := tx.Update(replication.Adopt(c, p)); err != nil {
			return err
		}
	}
	for _, p := range plan.Release {
		if err := tx.Update(replication.Release(c, p)); err != nil {
			return err
		}
	}
	for _, p := range plan.Delete {
		if _, err := e.delete(tx, keyOf(p), DeleteOptions{}, now); err != nil {
			return err
		}
	}
	if err := e.createPods(tx, c, plan.Create, now); err != nil {
		return err
	}
	if plan.Status == c.Status {
		return nil
	}
	changed := *c
	changed.Status = plan.Status
	return tx.Update(&changed)
}

// createPods makes n pods from the controller's template. They share it: what
// is stored is never changed in place.
func (e *Engine) createPods(tx *store.Tx, c *replication.Controller, n int, now time.Time) error {
	if n <= 0 {
		return nil
	}
	first := replication.NewPod(c)
	if err := admissible(tx, first); err != nil {
		e.event(c, "replication-controller", "", warning("FailedCreate", "cannot create pods: %v", err))
		return nil
	}
	e.recorder.expect(n)
	for i := range e.roomFor(tx, c, n, now) {
		p := first
		if i > 0 {
			next := *first
			next.Name = ""
			p = &next
		}
		p.Status = pod.Status{Phase: pod.Pending}
		if err := e.insert(tx, p, now); err != nil {
			return fmt.Errorf("create pod of controller %q: %w", c.Name, err)
		}
		created := replication.Created(p)
		e.recorder.once(c, "replication-controller", created.Reason, created.Message, now)
	}
	return nil
}
