package orchestrator

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// observeNode keeps the scheduler's view of a node and the machine behind it.
func (e *Engine) observeNode(old, n *node.Node) {
	e.observeBackends(old, n)
	if n == nil {
		m := e.machines[old.Name]
		m.node = nil
		e.cluster.DeleteNode(old.Name)
		e.retry = e.retry || len(e.unfit.social) > 0 // there is one place less to be spread over
		e.drains.note(old.Name, nil)
		e.nodes.add(m)
		return
	}
	m := e.machines[n.Name]
	if m == nil {
		m = newMachine(n.Name, e.now)
		m.unwell, m.silent = n.Unwell(e.cfg.Node)
		e.machines[n.Name] = m
	}
	m.node, m.fault, m.well = n, n.Fault(), time.Time{}
	e.cluster.SetNode(n)
	e.drains.note(n.Name, n)
	e.nodes.add(m)
	e.retry = true // it may take what fitted nowhere
	if old != nil && old.Address() != n.Address() {
		e.ask(m, Work{Kind: WorkForget}) // and connect anew
		m.relist = true
	}
	if old != nil && !slices.Equal(old.Spec.Taints, n.Spec.Taints) {
		e.lookAtPods(n.Name) // some may have to go
	}
}

// lookAtPods has every pod of a node looked at.
func (e *Engine) lookAtPods(nodeName string) {
	for _, p := range e.head().Pods().List(store.Filter{Node: nodeName}) {
		e.pods.add(p.UID)
	}
}

// stepNodes looks after each node that needs it: has it checked, says in its
// status how it is, drains it where that is asked for, and lets it go when it
// is to be deleted. Then it gives up those that have been lost for too long.
func (e *Engine) stepNodes(now time.Time) {
	todo := e.nodes.take()
	if e.checks.free(e.cfg.Checks) > 0 {
		todo = slices.Concat(e.checks.admit(e.cfg.Checks), todo)
	}
	for _, m := range todo {
		n := m.node
		if n == nil {
			if e.machines[m.name] == m {
				e.forget(m)
			}
			continue
		}
		wake := m.well
		if !now.Before(m.well) { // otherwise as before: nothing was heard, and it is not silent for long enough
			d := e.judge(m, n, now)
			if n.Deleting() && e.leave(n, d, now) {
				continue
			}
			wake = d.Wake
		}
		if len(e.drains) > 0 || m.drain != "" {
			e.drain(m, n, now)
		}
		for _, uid := range m.strays.take() {
			e.stray(m, uid, now)
		}
		e.reportSlow(m, now)
		e.check(m, wake, now)
	}
	if e.moved {
		e.evict(now)
	}
}

// judge brings the status of a node in line with what is heard of it.
func (e *Engine) judge(m *machine, n *node.Node, now time.Time) node.Decision {
	seen := node.Observation{
		Since: m.since, Unwell: m.unwell, Silent: m.silent, Heard: m.heard, Passed: m.passed,
		Failure: m.failure, Unhealthy: m.unhealthy, Invalid: m.invalid,
		Reported: m.reported,
	}
	if m.fault != "" {
		seen.Invalid = m.fault
	}
	if n.Deleting() {
		seen.Pods = len(e.head().Pods().List(store.Filter{Node: n.Name}))
	}
	d := node.Decide(n, seen, e.cfg.Node, now)
	e.zones.Set(n.Name, d.Standing, now)
	e.moved = true
	if m.lost = d.Lost; !d.Changed && d.Lost == "" && !n.Deleting() {
		m.well = d.Wake
	}
	m.givenUp = d.Lost != "" && e.zones.Evicted(n.Name)
	for _, event := range d.Events {
		e.event(n, "node", n.Name, event)
	}
	if d.Changed {
		changed := *n
		changed.Status = d.Status
		e.must(func(tx *store.Tx) error { return tx.Update(&changed) })
	}
	return d
}

// evict gives up the pods of nodes that were lost for long enough, no faster
// than the rules allow.
func (e *Engine) evict(now time.Time) {
	e.moved = false
	eviction := e.zones.Evict(e.cfg.Node, now)
	e.timers.set(timerKey{evictionLoop, ""}, eviction.Wake)
	for _, event := range eviction.Events {
		e.recorder.tell(event, "node", "", now)
	}
	for _, name := range eviction.Nodes {
		if m := e.machines[name]; m != nil {
			m.givenUp = true
			e.lookAtPods(name)
		}
	}
}

// forget drops what is known of a node that has been deleted. Its pods go with it.
func (e *Engine) forget(m *machine) {
	for len(m.calls) > 0 {
		e.ended(m.calls[0].ID)
	}
	e.checked(m)
	delete(e.machines, m.name)
	e.zones.Delete(m.name)
	e.moved = true
	e.timers.remove(&m.timer)
	e.ask(m, Work{Kind: WorkForget})
	e.lookAtPods(m.name)
}

// leave deletes the pods of a node that is to go, and then the node. It
// reports whether the node has gone.
func (e *Engine) leave(n *node.Node, d node.Decision, now time.Time) bool {
	if d.Gone {
		e.must(func(tx *store.Tx) error { return keyOf(n).delete(tx) })
		return true
	}
	e.must(func(tx *store.Tx) error {
		for p := range tx.Pods().All(store.Filter{Node: n.Name}) {
			if p.Deleting() {
				continue
			}
			if _, err := e.condemn(tx, p, nil, now); err != nil {
				return err
			}
		}
		return nil
	})
	return false
}

// check has the runtime listed when that is due: that it answers is the sign of
// life. At most e.cfg.Checks lists are under way at once, beside those that hang.
func (e *Engine) check(m *machine, wake, now time.Time) {
	due := m.relist || !m.nextList.After(now)
	if m.listing == 0 && due {
		if e.checks.full(e.cfg.Checks) {
			e.checks.wait(m)
		} else {
			m.relist = false
			m.listing = e.ask(m, Work{Kind: WorkList}).ID
			m.counted = true
			e.checks.running++
		}
	}
	next := now.Add(e.cfg.Node.CheckPeriod)
	if !wake.IsZero() && wake.Before(next) {
		next = wake
	}
	if m.listing == 0 && m.nextList.After(now) && m.nextList.Before(next) {
		next = m.nextList
	}
	e.timers.put(&m.timer, next)
}

// checks bounds how many lists are under way.
type checks struct {
	running int        // those that count
	waiting []*machine // those whose turn it is, each once, in the order in which they came
}

func (c *checks) full(limit int) bool { return c.running >= limit }

// wait has a machine looked at again when there is a place for it.
func (c *checks) wait(m *machine) {
	if !m.waits {
		m.waits = true
		c.waiting = append(c.waiting, m)
	}
}

// free returns how many of those that wait there is a place for.
func (c *checks) free(limit int) int { return max(0, min(limit-c.running, len(c.waiting))) }

// admit returns those that there is a place for: they wait no longer.
func (c *checks) admit(limit int) []*machine {
	n := c.free(limit)
	admitted := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	for _, m := range admitted {
		m.waits = false
	}
	return admitted
}

// checked frees the place of a list that has come back, or has taken too long to hold it.
func (e *Engine) checked(m *machine) {
	if !m.counted {
		return
	}
	m.counted = false
	e.checks.running--
}

// listFailed takes in that a runtime did not answer. It is asked again after a
// back-off from 1 s to the check period.
func (e *Engine) listFailed(m *machine, err error, now time.Time) {
	m.failures++
	m.failure = err.Error()
	m.nextList = now.Add(min(time.Second<<min(m.failures-1, 10), e.cfg.Node.CheckPeriod))
	if n := m.node; n != nil {
		e.event(n, "node", m.name, warning("RuntimeNotAnswering", "%v", err))
	}
}

// expel deletes a pod that the taints of its node drive away, when its time has come.
func (e *Engine) expel(tx *store.Tx, m *machine, p *pod.Pod, now time.Time) error {
	if m.node == nil {
		return nil
	}
	at, evict := m.node.Evicts(p, now)
	switch {
	case !evict:
		return nil
	case at.After(now):
		e.timers.sooner(timerKey{podLoop, p.UID}, at)
		return nil
	}
	e.event(p, "node", m.name, normal("TaintManagerEviction", "node %s has a taint that the pod does not tolerate", m.name))
	_, err := e.condemn(tx, p, nil, now)
	return err
}
