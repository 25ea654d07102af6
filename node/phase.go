package node

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// CanBecome reports whether a node in phase p may be in phase next later: the
// phases go Pending, Running, Terminated, may skip Running and never go back.
// Each may stay what it is. No phase at all counts as Pending.
func (p Phase) CanBecome(next Phase) bool {
	from, to := p.order(), next.order()
	return from >= 0 && to >= from
}

// order numbers the phases in the order of a node's life; -1: no such phase.
func (p Phase) order() int {
	switch p {
	case Pending, "":
		return 0
	case Running:
		return 1
	case Terminated:
		return 2
	}
	return -1
}

// Become puts the node into a phase and reports whether that is legal: see
// [Phase.CanBecome]. Otherwise it changes nothing. Only a running node has the
// conditions Ready and Reachable, and only a pending one Checked: they go with the phase.
func (s *Status) Become(next Phase) bool {
	if !s.Phase.CanBecome(next) {
		return false
	}
	s.Phase = next
	if next.order() != Pending.order() {
		s.drop(Checked)
	}
	if next != Running {
		s.drop(Ready)
		s.drop(Reachable)
	}
	return true
}

// drop takes the condition of that type away, if it is there.
func (s *Status) drop(of ConditionType) {
	s.Conditions = slices.DeleteFunc(s.Conditions, func(c Condition) bool { return c.Type == of })
}

// Schedulable reports whether the node takes new pods: see [Node.Refusal].
func (n *Node) Schedulable() bool { return n.Refusal() == "" }

// Refusal says why the node takes no new pods at all; "" where it does. The
// reasons, the first that holds: deleting, terminated, pending, cordoned, draining, not ready,
// disk pressure.
func (n *Node) Refusal() string {
	switch {
	case n.Deleting():
		return "deleting"
	case n.Status.Phase == Terminated:
		return "terminated"
	case n.Status.Phase != Running:
		return "pending"
	case n.Spec.Unschedulable:
		return "cordoned"
	case n.draining():
		return "draining"
	case !n.Status.Is(Ready):
		return "not ready"
	case n.Status.Is(DiskPressure):
		return "disk pressure"
	}
	return ""
}

// Condition returns the condition of that type; nil where there is none. It points into the status.
func (s *Status) Condition(of ConditionType) *Condition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == of {
			return &s.Conditions[i]
		}
	}
	return nil
}

// Is reports whether the condition of that type is there and True.
func (s *Status) Is(of ConditionType) bool {
	c := s.Condition(of)
	return c != nil && c.Status == pod.True
}

// SetCondition puts c into the status, in place of the one of its type, and
// reports whether anything but the heartbeat changed. LastTransitionTime
// becomes now where the condition is new or its Status differs, and stays what
// it was otherwise; LastHeartbeatTime becomes now where c states none.
func (s *Status) SetCondition(c Condition, now time.Time) bool {
	if c.LastHeartbeatTime.IsZero() {
		c.LastHeartbeatTime = now
	}
	old := s.Condition(c.Type)
	if old == nil {
		c.LastTransitionTime = now
		s.Conditions = append(s.Conditions, c)
		return true
	}
	c.LastTransitionTime = old.LastTransitionTime
	if c.Status != old.Status {
		c.LastTransitionTime = now
	}
	changed := c.Status != old.Status || c.Reason != old.Reason || c.Message != old.Message
	*old = c
	return changed
}
