package orchestrator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// What a list says of its node counts in the step that takes it in, however often it
// said something else before; and a node that is well is not judged again for that.
func TestListsOfANode(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	pressure := []node.Condition{{Type: node.DiskPressure, Status: pod.True, Reason: "full"}}
	e, err := NewEngine(Config{Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}}}, now)
	require.NoError(t, err)
	m := e.machines["left"]
	lists := []struct {
		Result
		ready   pod.ConditionStatus
		pressed bool
		spared  bool // not judged
	}{
		{ready: pod.True},
		{ready: pod.True, spared: true},
		{ready: pod.True, spared: true},
		{Result: Result{Unhealthy: "503"}, ready: pod.False},
		{Result: Result{Unhealthy: "503"}, ready: pod.False},
		{ready: pod.True},
		{ready: pod.True, spared: true},
		{Result: Result{Invalid: "no such name"}, ready: pod.False},
		{ready: pod.True},
		{Result: Result{Report: Report{Conditions: pressure}}, ready: pod.True, pressed: true},
		{Result: Result{Report: Report{Conditions: pressure}}, ready: pod.True, pressed: true, spared: true},
		{ready: pod.True},
		{ready: pod.True, spared: true},
	}
	for i, list := range lists {
		e.Step(now)
		require.NotZero(t, m.listing, "list %d", i)
		list.Work = m.listing
		e.Apply(now, list.Result)
		require.Equal(t, list.spared, now.Before(m.well), "list %d", i)
		e.Step(now)
		require.Equal(t, list.ready, m.node.Status.Condition(node.Ready).Status, "list %d", i)
		require.Equal(t, list.pressed, m.node.Status.Is(node.DiskPressure), "list %d", i)
		require.Equal(t, now.Add(e.cfg.Node.Grace), m.well, "list %d: when its silence would matter", i)
		now = e.timers.next()
	}
}

// While more nodes are to be listed than may be at once, each list that comes back
// makes room for the one that has waited longest, and nobody looks at the others for
// that. One that has gone in the meantime takes nobody's turn.
func TestListsWaitForTheirTurn(t *testing.T) {
	const nodes, limit = 20, 3
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	cfg := Config{Checks: limit, Node: node.Rules{CheckPeriod: time.Hour, Grace: 2 * time.Hour, LostAfter: 3 * time.Hour}}
	for i := range nodes {
		cfg.Machines = append(cfg.Machines, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%02d", i)}})
	}
	e, err := NewEngine(cfg, now)
	require.NoError(t, err)
	var forgotten []string
	step := func() (lists []Work) {
		for _, w := range e.Step(now).Work {
			switch w.Kind {
			case WorkList:
				lists = append(lists, w)
			case WorkForget:
				forgotten = append(forgotten, w.Node)
			}
		}
		return lists
	}
	// pass answers one list after the other until there are none, and returns their order.
	pass := func(lists []Work, left int) (order []string) {
		for ; len(lists) > 0; left-- {
			require.Len(t, lists, min(limit, left))
			order = append(order, lists[0].Node)
			now = now.Add(time.Millisecond)
			e.Apply(now, Result{Work: lists[0].ID})
			before := e.timers.seq
			lists = append(lists[1:], step()...)
			require.NoError(t, e.Check())
			require.LessOrEqual(t, e.timers.seq-before, uint64(3), "who is looked at has its timer set")
		}
		require.Zero(t, left)
		require.IsIncreasing(t, order)
		return order
	}
	pass(step(), nodes)
	for _, n := range cfg.Machines {
		e.Apply(now, Hint{Node: n.Name})
	}
	lists := step()
	gone := &Write{Operations: []Operation{{Verb: Delete, Kind: store.KindNode, Name: "node-10", Options: DeleteOptions{Force: true}}}}
	e.Apply(now, gone)
	require.NoError(t, gone.Err)
	require.NotContains(t, pass(lists, nodes-1), "node-10")
	require.Equal(t, []string{"node-10"}, forgotten)
}
