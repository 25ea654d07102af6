package orchestrator

import (
	"fmt"
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
		e.timers.set(timerKey{controllerLoop, old.UID}, time.Time{})
		return
	}
	e.selectors.Put(c.UID, labels.SelectorFromSet(c.Spec.Selector))
	e.controllers.add(c.UID)
}

// observeOwnership tells the controllers that a changed pod concerns, and keeps
// the index of pods that have none.
func (e *Engine) observeOwnership(old, p *pod.Pod) {
	for _, version := range []*pod.Pod{old, p} {
		if version == nil {
			continue
		}
		if owner, ok := version.Controller(); ok {
			e.controllers.add(owner.UID)
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
	for _, uid := range e.controllers.take() {
		c, err := e.head().Controllers().ByUID(uid)
		if err != nil || c.Deleting() {
			continue
		}
		plan := replication.Plan(c, e.podsFor(c), now)
		e.timers.set(timerKey{controllerLoop, c.UID}, plan.Wake)
		for _, event := range plan.Events {
			e.event(c, "replication-controller", "", event)
		}
		e.must(func(tx *store.Tx) error { return e.carryOut(tx, c, plan, now) })
	}
}

// podsFor returns the pods that a controller owns and those that it may adopt.
func (e *Engine) podsFor(c *replication.Controller) []*pod.Pod {
	head := e.head()
	pods := head.Pods().List(store.Filter{Namespace: c.Namespace, Owner: c.UID})
	for _, uid := range e.orphans.Matching(labels.SelectorFromSet(c.Spec.Selector)) {
		if p, err := head.Pods().ByUID(uid); err == nil && p.Namespace == c.Namespace {
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
		e.event(c, "replication-controller", "", replication.Created(p))
	}
	return nil
}
