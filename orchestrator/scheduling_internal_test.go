package orchestrator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// createRanked creates pods of a priority that want so many cores each.
func createRanked(t *testing.T, e *Engine, n int, priority int32, cores int64) {
	w := &Write{}
	for range n {
		p := &pod.Pod{Meta: labels.Meta{GenerateName: fmt.Sprintf("rank-%d-", priority)}}
		p.Spec.Priority = &priority
		p.Spec.Containers = []pod.Container{{Name: "main", Image: "main:1"}}
		p.Spec.Containers[0].Resources.Requests = pod.Resources{pod.CPU: pod.NewQuantity(cores, pod.DecimalSI)}
		w.Operations = append(w.Operations, Operation{Verb: Create, Object: p})
	}
	e.Apply(e.now, w)
	require.NoError(t, w.Err)
}

// refuseScheduling has the store refuse what a pass over the pods that wait has decided.
func refuseScheduling(t *testing.T, e *Engine) {
	require.NoError(t, e.store.Update(func(*store.Tx) error {
		e.stepScheduling(e.now) // no transaction is open beside another
		return nil
	}))
}

// waits returns how many pods are on no node.
func waits(e *Engine) (n int) {
	for p := range e.head().Pods().All(store.Filter{}) {
		if p.Spec.NodeName == "" {
			n++
		}
	}
	return n
}

// Where the store refuses what was decided nothing is lost, and nothing is counted that is not
// so: every pod is tried again a second later, those that fitted nowhere as well.
func TestSchedulingIsRefused(t *testing.T) {
	e := waitingEngine(t, 3, 50)
	createRanked(t, e, 3, 0, 1000)
	e.stepScheduling(e.now)
	require.Equal(t, 3, waits(e))
	createRanked(t, e, 20, 0, 1)
	e.retry = true
	refuseScheduling(t, e)
	require.NoError(t, e.Check())
	require.Equal(t, 23, waits(e))

	for range 3 {
		ready := e.Step(e.now)
		require.Equal(t, 23, waits(e), "not at once, or a Step has no end")
		require.False(t, ready.Wake.IsZero() || ready.Wake.After(e.now.Add(time.Second)))
	}
	e.Step(e.now.Add(time.Second))
	require.NoError(t, e.Check())
	require.Equal(t, 3, waits(e), "those are too large for every node")
	require.Len(t, e.unfit.groups, 1)
}

// So it is with those that others are to make way for, and with the others.
func TestPreemptionIsRefused(t *testing.T) {
	e := waitingEngine(t, 1, 0)
	createRanked(t, e, 1, 1, 8)
	e.stepScheduling(e.now)
	require.Zero(t, waits(e))
	createRanked(t, e, 1, 9, 8)
	refuseScheduling(t, e)
	require.NoError(t, e.Check())
	nominated := func() string {
		for p := range e.head().Pods().All(store.Filter{}) {
			if p.Spec.Rank() == 9 {
				return p.Status.NominatedNodeName
			}
		}
		return ""
	}
	require.Empty(t, nominated())
	e.Step(e.now.Add(time.Second))
	require.Equal(t, "node-00000", nominated())
	refuseScheduling(t, e) // nothing is to be tried
	e.retry = true
	refuseScheduling(t, e)
	require.NoError(t, e.Check())
	require.Equal(t, "node-00000", nominated())
}

// Where the store refuses what was decided about one pod, that is tried again a second
// later, and the others have their nodes at once.
func TestOneIsRefused(t *testing.T) {
	e := waitingEngine(t, 3, 50)
	for _, p := range e.pending.line[7:9] {
		old := *p
		old.ResourceVersion = 1
		e.pending.add(&old)
	}
	gone := *e.pending.line[0]
	gone.Name, gone.UID = "gone", "gone"
	e.pending.add(&gone)
	e.stepScheduling(e.now)
	require.NoError(t, e.Check())
	require.Equal(t, 2, waits(e))
	e.Step(e.now)
	require.Equal(t, 2, waits(e), "not at once, or a Step has no end")
	e.Step(e.now.Add(time.Second))
	require.NoError(t, e.Check())
	require.Zero(t, waits(e))
}
