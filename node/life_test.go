package node_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/transcript"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// TestLife plays the transcripts of testdata/life: what one node goes through,
// and what is decided at each step. See life for the commands.
func TestLife(t *testing.T) {
	transcript.Files(t, "testdata/life/*.txt", func(*testing.T) transcript.Handler { return newLife().handle })
}

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// life is one node, and what is heard of it. Its commands:
//
//	node NAME phase=… cordoned  a new node, which is watched from now on
//	restart D                   the orchestrator starts anew, D later by its clock: it knows what is on record, and has heard nothing
//	rules grace= lost=          the cluster's figures
//	answers WHY                 the node answers: it is well, or WHY not
//	fails WHY                   it was tried to reach the node
//	invalid WHY, valid          what is wrong with its object
//	pods N                      how many pods are bound to it
//	delete                      somebody asks for its deletion
//	cordon, uncordon            somebody does
//	address TYPE=ADDRESS …      its addresses are others; shows the one to dial
//	after D                     time passes; with the word answering, while the node answers
//	until wake                  time passes until it is time to decide again
//	clock D                     the clock is set
//	become PHASE                shows whether that is legal
//	write phase=… condition=…   shows whether a client may write such a status
//	conditions, refusal, fault  show what they say
//
// All commands but those that only show something show what is decided, see show.
type life struct {
	node  *node.Node
	seen  node.Observation
	rules node.Rules
	now   time.Time
	wake  time.Time
}

func newLife() *life { return &life{now: t0} }

func (w *life) handle(t testing.TB, c *transcript.Command) string {
	switch c.Name {
	case "node":
		w.node = &node.Node{Meta: labels.Meta{Name: c.Word(0)}, Spec: node.Spec{Unschedulable: c.Has("cordoned")}}
		w.node.Status.Phase = node.Phase(c.Text("phase", ""))
		w.seen = node.Observation{Since: w.now}
	case "restart":
		if c.Word(0) != "" {
			w.pass(t, c)
		}
		w.seen = node.Observation{Since: w.now, Pods: w.seen.Pods, Invalid: w.seen.Invalid}
		w.seen.Unwell, w.seen.Silent = w.node.Unwell(w.rules)
	case "rules":
		w.rules = node.Rules{Grace: c.Duration("grace", 0), LostAfter: c.Duration("lost", 0)}
		return ""
	case "answers":
		w.answer(rest(c))
	case "fails":
		w.seen.Failure = rest(c)
	case "invalid", "valid":
		w.seen.Invalid = rest(c)
	case "pods":
		_, err := fmt.Sscan(c.Word(0), &w.seen.Pods)
		require.NoError(t, err, c.Pos)
	case "delete":
		w.node.DeletionTimestamp = w.now
	case "cordon", "uncordon":
		w.node.Spec.Unschedulable = c.Name == "cordon"
	case "address":
		w.node.Status.Addresses = addresses(t, c)
		return "dial " + w.node.Address() + "\n" + w.decide(t)
	case "after", "clock":
		w.pass(t, c)
	case "until":
		require.Equal(t, "wake", c.Word(0), c.Pos)
		require.False(t, w.wake.IsZero(), "%s: nothing to wait for", c.Pos)
		w.now = w.wake
	default:
		return w.ask(c)
	}
	return w.decide(t)
}

// rest returns the words of a command in one.
func rest(c *transcript.Command) string { return strings.Join(c.Words(), " ") }

// addresses reads TYPE=ADDRESS, written as one word each.
func addresses(t testing.TB, c *transcript.Command) []node.Address {
	var list []node.Address
	for _, of := range []node.AddressType{node.InternalIP, node.ExternalIP, node.DynamicIP, node.InternalDNS, node.ExternalDNS, node.Hostname} {
		if a := c.Text(string(of), ""); a != "" {
			list = append(list, node.Address{Type: of, Address: a})
		}
	}
	require.NotEmpty(t, list, c.Pos)
	return list
}

// answer lets the node answer now.
func (w *life) answer(unhealthy string) {
	w.seen.Heard, w.seen.Failure, w.seen.Unhealthy = w.now, "", unhealthy
	if unhealthy == "" {
		w.seen.Passed = w.now
	}
}

// pass lets time pass. An answering node does so every 10 s, and each time is decided on.
func (w *life) pass(t testing.TB, c *transcript.Command) {
	d, err := time.ParseDuration(c.Word(0))
	require.NoError(t, err, c.Pos)
	end := w.now.Add(d)
	if c.Has("answering") {
		for ; w.now.Before(end); w.now = w.now.Add(10 * time.Second) {
			w.answer(w.seen.Unhealthy)
			w.decide(t)
		}
		w.answer(w.seen.Unhealthy)
	}
	w.now = end
}

// ask carries out a command that only shows something.
func (w *life) ask(c *transcript.Command) string {
	switch c.Name {
	case "become":
		s := w.node.Status.Copy()
		if !s.Become(node.Phase(c.Word(0))) {
			return "refused"
		}
		return "legal"
	case "write":
		s := w.node.Status.Copy()
		s.Phase = node.Phase(c.Text("phase", string(s.Phase)))
		if of := c.Text("condition", ""); of != "" {
			s.Conditions = []node.Condition{{Type: node.ConditionType(of), Status: pod.True}}
		}
		if err := s.ValidateUpdate(&w.node.Status); err != nil {
			return err.Error()
		}
		return "legal"
	case "conditions":
		var b strings.Builder
		for _, of := range w.node.Status.Conditions {
			fmt.Fprintf(&b, "%s %s %s since %s: %s\n", of.Type, of.Status, of.Reason, of.LastTransitionTime.Sub(t0), of.Message)
		}
		return b.String()
	case "refusal":
		return w.node.Refusal()
	case "fault":
		return w.node.Fault()
	}
	c.Unknown()
	return ""
}

// decide decides, keeps the result, and shows it.
func (w *life) decide(t testing.TB) string {
	d := decideAndCheck(t, w.node, w.seen, w.rules, w.now)
	next := *w.node
	next.Status = d.Status
	w.node, w.wake = &next, d.Wake
	return w.show(d)
}

// show lists the phase and the conditions; whether the node takes pods; whether
// it is lost or gone; the events; and when to decide again, counted from now.
func (w *life) show(d node.Decision) string {
	var b strings.Builder
	b.WriteString(string(d.Status.Phase))
	for _, c := range d.Status.Conditions {
		fmt.Fprintf(&b, " %s=%s", c.Type, c.Status)
	}
	if d.Changed {
		b.WriteString(", written")
	}
	b.WriteByte('\n')
	if d.Lost != "" {
		fmt.Fprintf(&b, "lost: %s\n", d.Lost)
	}
	if d.Gone {
		b.WriteString("gone\n")
	}
	for _, e := range d.Events {
		fmt.Fprintf(&b, "event %s %s: %s\n", e.Type, e.Reason, e.Message)
	}
	if !d.Wake.IsZero() {
		fmt.Fprintf(&b, "wake in %s\n", d.Wake.Sub(w.now))
	}
	return b.String()
}

// decideAndCheck decides, and checks what must hold whatever is given.
func decideAndCheck(t testing.TB, n *node.Node, o node.Observation, r node.Rules, now time.Time) node.Decision {
	t.Helper()
	before := n.Copy()
	d := node.Decide(n, o, r, now)
	require.Equal(t, before, n.Copy(), "the node is not to be changed")
	require.True(t, n.Status.Phase == d.Status.Phase || n.Status.Phase.CanBecome(d.Status.Phase) || n.Deleting(), "1: %s to %s", n.Status.Phase, d.Status.Phase)
	require.True(t, !n.Deleting() || d.Status.Phase == node.Terminated, "1: %s", d.Status.Phase)
	require.Equal(t, d.Changed, !sameStatus(n.Status, d.Status), "Changed")
	for _, c := range d.Status.Conditions {
		switch c.Type {
		case node.Ready, node.Reachable:
			require.Equal(t, node.Running, d.Status.Phase, "2: %s", c.Type)
		case node.Checked:
			require.Equal(t, node.Pending, d.Status.Phase, "2")
		}
	}
	f := r.Defaults()
	fresh := !o.Heard.IsZero() && now.Sub(o.Heard) < f.Grace && o.Unhealthy == "" && o.Invalid == ""
	if d.Status.Phase != n.Status.Phase && d.Status.Phase == node.Running || d.Status.Is(node.Ready) && !n.Status.Is(node.Ready) {
		require.True(t, fresh, "3: %+v at %s", o, now)
	}
	if d.Lost != "" {
		require.GreaterOrEqual(t, now.Sub(o.Since)+o.Unwell, f.LostAfter, "4")
		require.True(t, o.Unwell == 0 || now.Sub(o.Since) >= f.Grace, "4: it has time to answer")
		well := o.Heard
		if o.Unhealthy != "" {
			well = o.Passed
		}
		require.GreaterOrEqual(t, now.Sub(well), f.LostAfter, "4")
		require.False(t, d.Standing.Since.IsZero(), "who is lost is a candidate")
	}
	require.True(t, !d.Gone || n.Deleting())
	require.True(t, !d.Standing.Ready || d.Standing.Since.IsZero(), "who is ready is no candidate")
	require.True(t, d.Wake.IsZero() || d.Wake.After(now), "wake %s at %s", d.Wake, now)
	require.Equal(t, node.Standing{
		Zone: n.Zone(), Running: d.Status.Phase == node.Running, Ready: d.Status.Is(node.Ready), Since: d.Standing.Since,
	}, d.Standing)

	next := *n
	next.Status = d.Status
	again := node.Decide(&next, o, r, now)
	require.False(t, again.Changed, "deciding again changes %+v to %+v", d.Status, again.Status)
	require.Empty(t, again.Events, "deciding again")
	again.Events, again.Changed = d.Events, d.Changed
	require.Equal(t, d, again, "deciding again")

	if !o.Heard.IsZero() && now.Sub(o.Heard) < f.Grace && o.Unhealthy == "" {
		later := now.Add(f.Grace / 3)
		if o.Heard.After(now) {
			later = o.Heard
		}
		o.Heard, o.Passed = later, later
		renewed := node.Decide(&next, o, r, later)
		again.Events, again.Changed, again.Wake = nil, false, later.Add(f.Grace)
		require.Equal(t, again, renewed, "5")
	}
	return d
}

// sameStatus compares statuses as they are written.
func sameStatus(a, b node.Status) bool {
	if a.Phase != b.Phase || len(a.Conditions) != len(b.Conditions) {
		return false
	}
	for i := range a.Conditions {
		if a.Conditions[i] != b.Conditions[i] {
			return false
		}
	}
	return true
}
