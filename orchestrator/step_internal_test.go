package orchestrator

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// A Step that has decided enough returns, and the next one goes on until nothing is left.
func TestStepInParts(t *testing.T) {
	const nodes, pods = 50, 500
	e := waitingEngine(t, nodes, pods)
	e.enough = 100
	parts := 0
	for {
		ready := e.Step(e.now)
		require.NoError(t, e.Check())
		require.LessOrEqual(t, len(ready.Changes), e.enough+2*pods/50, "and what each controller says of its pods")
		if !ready.Wake.Equal(e.now) {
			break
		}
		require.NotEmpty(t, ready.Changes, "a part of a step is not empty")
		parts++
	}
	require.GreaterOrEqual(t, parts, pods/e.enough)
	require.True(t, e.idle())
	require.Empty(t, e.Step(e.now).Changes)
	for p := range e.head().Pods().All(store.Filter{}) {
		require.NotEmpty(t, p.Spec.NodeName)
		require.NotEmpty(t, p.Status.ContainerStatuses)
	}
}

// Of what comes in parts, what has begun goes on before more begins.
func TestStepGoesOn(t *testing.T) {
	const controllers = 10
	e := waitingEngine(t, 50, 0)
	e.enough = 100
	w := &Write{}
	for i := range controllers {
		w.Operations = append(w.Operations, Operation{Verb: Create, Object: benchController(i)})
	}
	e.Apply(e.now, w)
	require.NoError(t, w.Err)
	parts := 1
	for e.Step(e.now).Wake.Equal(e.now) {
		require.LessOrEqual(t, e.pending.len(), e.enough+50, "of which none could be placed yet")
		parts++
	}
	require.Greater(t, parts, 50*controllers/e.enough)
	require.Equal(t, 50*controllers, e.head().Pods().Len())
}

// Neither does a group of pods that fitted nowhere and now fit make a Step longer.
func TestStepPartsAGroup(t *testing.T) {
	e := waitingEngine(t, 0, 0)
	e.enough = 100
	controller := benchController(0)
	controller.Spec.Replicas = new(int)
	*controller.Spec.Replicas = 450
	w := &Write{Operations: []Operation{{Verb: Create, Object: controller}}}
	e.Apply(e.now, w)
	require.NoError(t, w.Err)
	for e.Step(e.now).Wake.Equal(e.now) {
	}
	require.Len(t, e.unfit.groups, 1)
	w = &Write{}
	for i := range 20 {
		w.Operations = append(w.Operations, Operation{Verb: Create, Object: benchNode(i)})
	}
	e.Apply(e.now, w)
	require.NoError(t, w.Err)
	for ready := e.Step(e.now); len(ready.Work) > 0 || ready.Wake.Equal(e.now); ready = e.Step(e.now) {
		require.NoError(t, e.Check())
		require.LessOrEqual(t, len(ready.Changes), e.enough)
		for _, work := range ready.Work {
			if work.Kind == WorkList {
				e.Apply(e.now, Result{Work: work.ID})
			}
		}
	}
	for p := range e.head().Pods().All(store.Filter{}) {
		require.NotEmpty(t, p.Spec.NodeName)
	}
}

// What was decided on a pod and written is not decided on again.
func TestStepPodsOnce(t *testing.T) {
	e := waitingEngine(t, 5, 50)
	e.stepControllers(e.now)
	e.stepScheduling(e.now)
	e.takeChanges()
	require.False(t, e.pods.empty())
	e.stepPods(e.now)
	require.Len(t, e.takeChanges(), 50)
	require.True(t, e.pods.empty())
}

// Keys that are put back come before newer ones, each once.
func TestQueuePutBack(t *testing.T) {
	var q queue[string]
	for _, k := range []string{"a", "b", "c"} {
		q.add(k)
	}
	keys := q.take()
	require.True(t, q.empty())
	require.NotContains(t, q.members, "a")
	q.add("d")
	q.add("c")
	q.putBack(keys[1:])
	require.Contains(t, q.members, "b")
	require.Equal(t, []string{"b", "c", "d"}, q.take())
	for i := range 2 * manyKeys {
		q.add(string(rune(i)))
	}
	q.take()
	require.Empty(t, q.members)
	q.add("a")
	require.Equal(t, []string{"a"}, q.take())
}
