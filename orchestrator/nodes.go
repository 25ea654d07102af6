package orchestrator

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// observeNode keeps the scheduler's view of a node and the machine behind it.
func (e *Engine) observeNode(old, n *node.Node) {
	if n == nil {
		e.cluster.DeleteNode(old.Name)
		e.nodes.add(old.Name)
		return
	}
	if e.machines[n.Name] == nil {
		e.machines[n.Name] = newMachine(n.Name, e.now)
	}
	e.cluster.SetNode(n)
	e.nodes.add(n.Name)
	e.retryUnfit()
}

// stepNodes looks after each node that needs it: lists its runtime, says in
// its conditions how it is, and lets it go when it is to be deleted.
func (e *Engine) stepNodes(now time.Time) {
	for _, name := range e.nodes.take() {
		m := e.machines[name]
		if m == nil {
			continue
		}
		n, err := e.head().Nodes().Get("", name)
		if err != nil {
			e.forget(m)
			continue
		}
		if n.Deleting() && e.leave(m, n, now) {
			continue
		}
		e.judge(m, n, now)
		for _, uid := range m.strays.take() {
			e.stray(m, uid, now)
		}
		e.reportSlow(m, now)
		e.list(m, now)
	}
}

// forget drops what is known of a node that has been deleted. Its pods go with it.
func (e *Engine) forget(m *machine) {
	for _, c := range m.calls {
		e.calls.end(c.ID)
	}
	delete(e.machines, m.name)
	e.timers.set(timerKey{nodeLoop, m.name}, time.Time{})
	e.ask(m, Work{Kind: WorkForget})
	for _, p := range e.head().Pods().List(store.Filter{Node: m.name}) {
		e.pods.add(p.UID)
	}
}

// leave deletes the pods of a node that is to go, and then the node. It
// reports whether the node has gone.
func (e *Engine) leave(m *machine, n *node.Node, now time.Time) bool {
	pods := e.head().Pods().List(store.Filter{Node: n.Name})
	if len(pods) == 0 || m.lostSince(e.cfg, now) != "" {
		e.must(func(tx *store.Tx) error { return keyOf(n).delete(tx) })
		return true
	}
	e.must(func(tx *store.Tx) error {
		for _, p := range pods {
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

// list asks the runtime for its containers when that is due.
func (e *Engine) list(m *machine, now time.Time) {
	due := m.relist || !m.nextList.After(now)
	if m.listing == 0 && due {
		m.relist = false
		m.listing = e.ask(m, Work{Kind: WorkList}).ID
	}
	e.timers.set(timerKey{nodeLoop, m.name}, e.nextLook(m, now))
}

// nextLook returns when a node needs a look though nothing happens: to list
// it, to find that it was silent for too long, or that a call is.
func (e *Engine) nextLook(m *machine, now time.Time) time.Time {
	next := now.Add(e.cfg.ListPeriod)
	for _, at := range []time.Time{m.heard.Add(e.cfg.NodeGrace), m.heard.Add(e.cfg.NodeLostAfter)} {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	if m.listing == 0 && m.nextList.After(now) && m.nextList.Before(next) {
		next = m.nextList
	}
	return next
}

// listFailed takes in that a runtime did not answer. It is asked again after a
// back-off from 1 s to the list period.
func (e *Engine) listFailed(m *machine, err error, now time.Time) {
	m.failures++
	m.nextList = now.Add(min(time.Second<<min(m.failures-1, 10), e.cfg.ListPeriod))
	if n, missing := e.head().Nodes().Get("", m.name); missing == nil {
		e.event(n, "node", m.name, warning("RuntimeNotAnswering", "%v", err))
	}
}

// lostSince says that the machine was silent for so long that its pods are
// given up; it is empty where that is not so.
func (m *machine) lostSince(cfg Config, now time.Time) string {
	if now.Sub(m.heard) < cfg.NodeLostAfter {
		return ""
	}
	return fmt.Sprintf("node %s has been silent since %s", m.name, m.heard.UTC().Format(time.RFC3339))
}

// judge brings phase and conditions of a node in line with what is heard of it.
func (e *Engine) judge(m *machine, n *node.Node, now time.Time) {
	changed := *n
	changed.Status.Conditions = append([]node.Condition(nil), n.Status.Conditions...)
	silent := now.Sub(m.heard)
	switch {
	case silent >= e.cfg.NodeGrace:
		why := fmt.Sprintf("the runtime has been silent since %s", m.heard.UTC().Format(time.RFC3339))
		changed.Status.SetCondition(node.Condition{Type: node.Reachable, Status: pod.False, Reason: "NodeStatusUnknown", Message: why}, now)
		changed.Status.SetCondition(node.Condition{Type: node.Ready, Status: pod.Unknown, Reason: "NodeStatusUnknown", Message: why}, now)
	case m.listed:
		changed.Status.SetCondition(node.Condition{Type: node.Reachable, Status: pod.True, Reason: "RuntimeAnswers"}, now)
		changed.Status.SetCondition(node.Condition{Type: node.Ready, Status: pod.True, Reason: "RuntimeReady"}, now)
	}
	switch {
	case n.Deleting() && n.Status.Phase != node.Terminated:
		changed.Status.Phase = node.Terminated
	case m.listed && (n.Status.Phase == node.Pending || n.Status.Phase == ""):
		changed.Status.Phase = node.Running
	}
	if silent >= e.cfg.NodeLostAfter {
		e.giveUp(m)
	}
	was, is := n.Status.Condition(node.Ready), changed.Status.Condition(node.Ready)
	if n.Status.Phase == changed.Status.Phase && (is == nil || was != nil && was.Status == is.Status) {
		return
	}
	if is != nil && (was == nil || was.Status != is.Status) {
		e.nodeTurned(n, is)
	}
	e.must(func(tx *store.Tx) error { return tx.Update(&changed) })
}

// giveUp has the pods of a lost node looked at.
func (e *Engine) giveUp(m *machine) {
	for _, p := range e.head().Pods().List(store.Filter{Node: m.name}) {
		if !p.Status.Phase.Terminal() || p.Deleting() {
			e.pods.add(p.UID)
		}
	}
}

func (e *Engine) nodeTurned(n *node.Node, is *node.Condition) {
	if is.Status == pod.True {
		e.event(n, "node", n.Name, normal("NodeReady", "the runtime answers"))
		return
	}
	e.event(n, "node", n.Name, warning("NodeNotReady", "%s", is.Message))
}
