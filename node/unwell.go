package node

import "time"

// Unwell returns for how long a Running node was watched to be silent or
// unhealthy, for all that is on record, without an end to it; and how much of
// that it was silent, at the end. An orchestrator that is started anew gives both
// to [Decide], so that the node has the rest of its time and not all of it again,
// however long nobody was there. Zero: it was well.
//
// It is what LastHeartbeatTime of the Ready condition is after
// LastTransitionTime, and the Grace before, if the node was silent. While a
// node is not well, Decide keeps this up to date, give or take a fifth of
// LostAfter. The time in which nobody watched is not in it, and a clock
// that was set does not matter: only the difference counts.
//
// It is never so long that a node would be lost before it had a Grace to answer
// the one that was started.
func (n *Node) Unwell(r Rules) (unwell, silent time.Duration) {
	c := n.Status.Condition(Ready)
	if c == nil || !c.watched() {
		return 0, 0
	}
	r = r.Defaults()
	unwell = max(0, min(c.unwell(r), r.LostAfter-r.Grace))
	if c.Reason == NodeStatusUnknown {
		silent = unwell
	}
	return unwell, silent
}

// watched reports whether the condition says that the node is silent or unhealthy.
func (c *Condition) watched() bool {
	return c.Reason == NodeStatusUnknown || c.Reason == NodeUnhealthy
}

// unwell is how long that was watched.
func (c *Condition) unwell(r Rules) time.Duration {
	d := max(0, c.LastHeartbeatTime.Sub(c.LastTransitionTime))
	if c.Reason == NodeStatusUnknown {
		d += r.Grace
	}
	return d
}

// witness writes down how long the node has not been well, if that is worth it:
// each fifth of LostAfter, as long as it makes a difference.
func (x *decider) witness() {
	c := x.Status.Condition(Ready)
	if c == nil || !c.watched() {
		return
	}
	since := x.passed
	if c.Reason == NodeStatusUnknown {
		since = x.last
	}
	enough, period := x.rules.LostAfter-x.rules.Grace, x.rules.LostAfter/5
	known, watched := c.unwell(x.rules), x.now.Sub(since)
	if known < enough && watched >= known+period {
		x.own()
		c = x.Status.Condition(Ready)
		c.LastHeartbeatTime = c.LastHeartbeatTime.Add(watched - known)
		x.Changed, known = true, watched
	}
	if known < enough {
		x.wake(since.Add(known + period))
	}
}
