package node

import (
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Observation is what is known of a node beyond its object.
type Observation struct {
	// Since is when the watching began: the node was registered, or the
	// orchestrator started. Silence counts from here at the earliest. Required.
	Since time.Time
	// Unwell is how long others had watched it to be silent or unhealthy when this
	// watching began, and Silent how much of that it was silent, at the end: see
	// [Node.Unwell]. They count until it is heard well. Zero: it was well.
	Unwell, Silent time.Duration
	// Heard is when its runtime last answered, well or not. Zero: never.
	Heard time.Time
	// Passed is when it last answered and was healthy. It matters only where
	// Unhealthy is given; otherwise it is Heard.
	Passed time.Time
	// Failure is how the last try to reach it went wrong: "connection
	// refused". It is told, and decides nothing: a node is silent when it has not
	// been heard for long enough. Empty: it was reached.
	Failure string
	// Unhealthy is what was wrong with it when it last answered: its runtime
	// answers with an error, its health endpoint not with 200. Empty: nothing.
	Unhealthy string
	// Invalid is what is wrong with its object: an id that does not resolve,
	// an address that is none. See [Node.Fault]. Empty: nothing.
	Invalid string
	// Reported are the conditions that its runtime told of when it last answered,
	// beside those that are decided here. They are on record while the node runs; what
	// is no longer told is taken away when the node is heard. The first of a type
	// counts, and a message that alone is another is no change.
	Reported []Condition
	// Pods is how many pods are bound to it. It matters only to a node that is
	// being deleted.
	Pods int
}

// Decision is what follows for a node.
type Decision struct {
	// Status is the node's status with what was observed folded in. Where a
	// list in it differs from the node's, it is a new one.
	Status Status
	// Changed says that Status differs from the node's, and is to be written.
	Changed bool
	// Standing is what its zone is to know of it: give it to [Zones.Set].
	Standing Standing
	// Lost says that the node's pods are to be given up, and why: it has been
	// silent, or unhealthy, for LostAfter. [Zones.Evict] says when, so that an
	// outage is not made worse. Empty: they are not.
	Lost string
	// Gone says that its deletion was asked for, and nothing is left on it, or
	// that it is lost, so that nobody can tell: its object may go.
	Gone bool
	// Events of this transition: a Type, a Reason and a Message each. Deciding
	// on the result again yields none.
	Events []labels.Event
	// Wake is when to decide again even if nothing is heard. Zero: never. See
	// [Rules.NextCheck] for when to ask.
	Wake time.Time
}

// Decide returns what a node's status is, whether its pods are to be given up,
// whether its object may go, and when to decide again.
//
// It is a function of its arguments alone, and changes none of them. It decides
// from everything that is known (level), not from what is new (edge): deciding
// again on the result at the same time changes nothing and tells of nothing.
//
// Whatever it is given,
//
//  1. the phase never goes back, and a node whose deletion was asked for is Terminated;
//  2. only a Running node has the conditions Reachable and Ready, and only a Pending one Checked;
//  3. a node becomes Running, or Ready again, only while it is heard, healthy and valid;
//  4. a node is Lost only after it was watched to be silent, or not healthy, for LostAfter;
//  5. a node that was heard well within its Grace, and is again, and of which nothing else is
//     new, is decided on as before, with a Wake that is Grace after it was heard: who knows that
//     need not ask.
//
// That a node is heard again is not written down: LastHeartbeatTime is of when
// its condition last changed. A thousand nodes that are well cost no write.
// That a Running one is still not well is, four or five times until it is lost:
// see [Node.Unwell].
//
// A clock that is set forward makes every node look silent at once. That is
// why [Zones] gives none up while no node is ready, and then begins anew. What is
// said to have happened in the future has happened now: a caller whose clock
// was set back asks all nodes again.
//
// A node that is well costs no allocation. Decide is safe for concurrent use.
func Decide(n *Node, o Observation, r Rules, now time.Time) Decision {
	x := decider{node: n, seen: o, rules: r.Defaults(), now: now}
	x.Status = n.Status
	x.observe()
	switch {
	case n.Deleting() || n.Status.Phase == Terminated:
		x.terminate()
	case n.Status.Phase == Running:
		x.run()
	case n.Status.Phase.order() == 0:
		x.admit()
	}
	x.lose()
	return x.Decision
}

// decider is one decision in the making.
type decider struct {
	Decision
	node  *Node
	seen  Observation
	rules Rules
	now   time.Time
	owned bool // the conditions are a copy

	last   time.Time // silence counts from here
	passed time.Time // and bad health from here
	silent bool      // for the grace
	heard  bool      // it answered, within the grace
}

// observe works out how long the node has been silent and unhealthy. What is
// said to have happened in the future has happened now.
func (x *decider) observe() {
	o := &x.seen
	x.last = earlier(later(o.Since, o.Heard), x.now)
	x.passed = x.last
	if o.Unhealthy != "" {
		x.passed = earlier(later(o.Since, o.Passed), x.now)
	}
	began := earlier(o.Since, x.now)
	if o.Heard.IsZero() && o.Silent > 0 {
		x.last = began.Add(-o.Silent)
	}
	if o.Passed.IsZero() && (o.Heard.IsZero() || o.Unhealthy != "") {
		x.passed = began.Add(-o.Unwell)
	}
	x.silent = x.now.Sub(x.last) >= x.rules.Grace
	x.heard = !o.Heard.IsZero() && x.now.Sub(earlier(o.Heard, x.now)) < x.rules.Grace
	if !x.silent {
		x.wake(x.last.Add(x.rules.Grace))
	}
}

// admit checks a node that is Pending.
func (x *decider) admit() {
	if x.Status.Phase == "" {
		x.Status.Phase, x.Changed = Pending, true
	}
	x.drop(Reachable, Ready)
	switch {
	case x.seen.Invalid != "":
		x.check(pod.False, NodeInvalid, x.seen.Invalid)
	case x.silent:
		x.check(pod.Unknown, NodeStatusUnknown, x.silence())
	case !x.heard:
		x.drop(Checked) // valid as it is; nobody knows more yet
	case x.seen.Unhealthy != "":
		x.check(pod.False, NodeUnhealthy, x.seen.Unhealthy)
	default:
		x.own()
		x.Status.Become(Running)
		x.Changed = true
		x.run()
	}
}

// run says in the conditions of a Running node how it is.
func (x *decider) run() {
	x.drop(Checked)
	switch {
	case x.silent:
		x.set(Condition{Type: Reachable, Status: pod.False, Reason: NodeStatusUnknown, Message: x.silence()})
		x.ready(pod.Unknown, NodeStatusUnknown, x.silence())
	case x.heard:
		x.set(Condition{Type: Reachable, Status: pod.True, Reason: RuntimeAnswers})
		x.report()
		switch {
		case x.seen.Unhealthy != "":
			x.ready(pod.False, NodeUnhealthy, x.seen.Unhealthy)
		case x.seen.Invalid != "":
			x.ready(pod.False, NodeInvalid, x.seen.Invalid)
		default:
			x.ready(pod.True, RuntimeReady, "")
		}
	case x.seen.Invalid != "" && x.Status.Is(Ready):
		x.ready(pod.False, NodeInvalid, x.seen.Invalid)
	} // otherwise it holds what was written before the watching began
}

// terminate ends the life of a node.
func (x *decider) terminate() {
	if x.Status.Phase != Terminated {
		x.Status.Phase, x.Changed = Terminated, true
		x.Events = append(x.Events, event(labels.Normal, EventNodeTerminated, "its deletion was asked for: its pods go"))
	}
	x.drop(Reachable, Ready, Checked)
	x.withdraw(nil)
}

// report writes down the conditions that the runtime told of, and takes away
// those that it no longer tells of.
func (x *decider) report() {
	for i, c := range x.seen.Reported {
		if c.Type.decided() || tells(x.seen.Reported[:i], c.Type) { // the first of a type counts
			continue
		}
		old := x.Status.Condition(c.Type)
		if old != nil && old.Status == c.Status && old.Reason == c.Reason {
			continue
		}
		was := x.Status.Is(c.Type)
		x.set(c)
		switch is := c.Status == pod.True; {
		case is && !was:
			x.Events = append(x.Events, event(labels.Warning, "NodeHas"+string(c.Type), c.Message))
		case was && !is:
			x.Events = append(x.Events, event(labels.Normal, "NodeHasNo"+string(c.Type), c.Message))
		}
	}
	x.withdraw(x.seen.Reported)
}

// withdraw takes away the conditions that are not decided here, but for those in kept.
func (x *decider) withdraw(kept []Condition) {
	var gone []ConditionType
	for _, c := range x.Status.Conditions {
		if c.Type.decided() || tells(kept, c.Type) {
			continue
		}
		gone = append(gone, c.Type)
		if c.Status == pod.True && x.Status.Phase == Running {
			x.Events = append(x.Events, event(labels.Normal, "NodeHasNo"+string(c.Type), "it is not told of any more"))
		}
	}
	x.drop(gone...)
}

// tells reports whether there is a condition of a type.
func tells(conditions []Condition, of ConditionType) bool {
	return slices.ContainsFunc(conditions, func(c Condition) bool { return c.Type == of })
}

// decided reports whether Decide itself knows what a condition is.
func (c ConditionType) decided() bool { return c == Ready || c == Reachable || c == Checked }

// lose finds out whether the pods of the node are to be given up.
func (x *decider) lose() {
	well := x.heard && x.seen.Unhealthy == "" || x.Status.Is(Ready)
	x.Standing = Standing{Zone: x.node.Zone(), Running: x.Status.Phase == Running, Ready: x.Status.Is(Ready)}
	if well {
		x.Gone = x.node.Deleting() && x.seen.Pods == 0
		return
	}
	x.Standing.Since = x.passed
	x.witness()
	if at := x.passed.Add(x.rules.LostAfter); x.now.Before(at) {
		x.wake(at)
	} else {
		x.Lost = x.why()
	}
	x.Gone = x.node.Deleting() && (x.seen.Pods == 0 || x.Lost != "")
}

// why says why the node is lost.
func (x *decider) why() string {
	if x.silent {
		return "node " + x.node.Name + " has been silent since " + stamp(x.last)
	}
	return strings.TrimSuffix("node "+x.node.Name+" has not been healthy since "+stamp(x.passed)+": "+x.seen.Unhealthy, ": ")
}

// silence says since when nothing was heard, and how the last try went.
func (x *decider) silence() string {
	text := "the runtime has been silent since " + stamp(x.last)
	if x.seen.Failure != "" {
		text += ": " + x.seen.Failure
	}
	return text
}

// check writes down why a Pending node is not Running.
func (x *decider) check(s pod.ConditionStatus, reason, message string) {
	if x.set(Condition{Type: Checked, Status: s, Reason: reason, Message: message}) {
		x.Events = append(x.Events, event(labels.Warning, reason, message))
	}
}

// ready writes down whether a Running node takes pods.
func (x *decider) ready(s pod.ConditionStatus, reason, message string) {
	was := x.Status.Is(Ready)
	switch changed := x.set(Condition{Type: Ready, Status: s, Reason: reason, Message: message}); {
	case !changed || was && s == pod.True:
	case s == pod.True:
		x.Events = append(x.Events, event(labels.Normal, EventNodeReady, "the runtime answers"))
	default:
		x.Events = append(x.Events, event(labels.Warning, EventNodeNotReady, message))
	}
}

// set writes a condition, and reports whether that changes it. Silence that is
// on record stays as it was written: only its beginning is worth a write.
func (x *decider) set(c Condition) bool {
	if old := x.Status.Condition(c.Type); old != nil && old.Status == c.Status && old.Reason == c.Reason &&
		(old.Message == c.Message || c.Reason == NodeStatusUnknown) {
		return false
	}
	x.own()
	x.Status.SetCondition(c, x.now)
	x.Changed = true
	return true
}

// drop takes conditions away.
func (x *decider) drop(types ...ConditionType) {
	for _, of := range types {
		if x.Status.Condition(of) != nil {
			x.own()
			x.Status.drop(of)
			x.Changed = true
		}
	}
}

// own makes the conditions a copy that may be changed.
func (x *decider) own() {
	if !x.owned {
		x.Status.Conditions = slices.Clone(x.Status.Conditions)
		x.owned = true
	}
}

// wake has the node decided again at t at the latest.
func (x *decider) wake(t time.Time) {
	if x.Wake.IsZero() || t.Before(x.Wake) {
		x.Wake = t
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
