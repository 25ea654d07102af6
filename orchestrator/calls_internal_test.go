package orchestrator

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// busyNode is an engine that starts a pod on a node, and the test in the place of whoever
// carries out what it asks for.
type busyNode struct {
	*testing.T
	*Engine
	p *pod.Pod
	m *machine
}

func newBusyNode(t *testing.T) *busyNode {
	e := busyEngine(t)
	p := e.head().Pods().List(store.Filter{})[0]
	return &busyNode{t, e, p, e.machines[p.Spec.NodeName]}
}

// delete asks for the end of the pod.
func (x *busyNode) delete(o DeleteOptions) {
	w := &Write{Operations: []Operation{{Verb: Delete, Kind: store.KindPod, Namespace: x.p.Namespace, Name: x.p.Name, Options: o}}}
	x.Apply(x.now, w)
	require.NoError(x, w.Err)
	x.step()
}

// step decides, and requires that all is well.
func (x *busyNode) step() {
	x.Step(x.now)
	require.NoError(x, x.Check())
}

// under returns the call of a kind that is under way for the pod, nil where there is none.
func (x *busyNode) under(kind WorkKind) *call {
	at := slices.IndexFunc(x.m.calls, func(c *call) bool { return c.Kind == kind && c.Ref.UID == x.p.UID })
	if at < 0 {
		return nil
	}
	return x.m.calls[at]
}

// end ends the call of a kind that is under way for the pod.
func (x *busyNode) end(kind WorkKind, err error) {
	require.NotNil(x, x.under(kind), "no %s is under way", kind)
	x.Apply(x.now, Result{Work: x.under(kind).ID, Err: err})
	x.step()
}

// list answers the list that is under way, or is once the node hints.
func (x *busyNode) list(states ...pod.ContainerState) {
	if x.m.listing == 0 {
		x.Apply(x.now, Hint{x.m.name})
		x.step()
	}
	r := Result{Work: x.m.listing}
	for _, s := range states {
		r.States = append(r.States, ContainerState{ContainerRef: RefTo(x.p, "web"), Namespace: x.p.Namespace, Pod: x.p.Name, State: s})
	}
	x.Apply(x.now, r)
	x.step()
}

// A list that shows a container of a pod which is just being removed changes nothing: what
// it shows goes with the pod, and a Stop would meet the Remove.
func TestNothingIsStoppedBesideItsRemoval(t *testing.T) {
	x := newBusyNode(t)
	running := pod.ContainerState{Running: &pod.Started{StartedAt: x.now}}
	x.delete(DeleteOptions{})
	x.end(WorkStart, errCancelled) // and it is not known yet that it has had an effect
	x.list()
	require.NotNil(t, x.under(WorkRemove))
	x.list(running)
	require.Nil(t, x.under(WorkStop))

	x.end(WorkRemove, context.DeadlineExceeded)
	x.list(running)
	require.NotNil(t, x.under(WorkStop), "the removal has failed, and it runs")
}

// What is left of a pod is removed when no call for it is under way any more, and
// stopped when none is.
func TestLeftoversWaitForCalls(t *testing.T) {
	x := newBusyNode(t)
	running := pod.ContainerState{Running: &pod.Started{StartedAt: x.now}}
	ended := pod.ContainerState{Terminated: &pod.Terminated{StartedAt: x.now, FinishedAt: x.now}}
	x.end(WorkStart, nil)
	x.list(running)
	x.delete(DeleteOptions{})
	x.delete(DeleteOptions{Force: true})
	require.NotNil(t, x.under(WorkStop))
	x.list(ended)
	require.Nil(t, x.under(WorkRemove), "it has ended, and the Stop has not returned")
	x.end(WorkStop, nil)
	x.list(ended)
	require.NotNil(t, x.under(WorkRemove))
}

// A stop that replaces another one, which waits for a start that takes long to give up, waits for
// that as well.
func TestReplacementWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slowRuntime{t: t}
		ref := ContainerRef{UID: "1", Container: "web"}
		results := make(chan uint64, 9)
		w := newWorkers(t.Context(), Config{CallsPerNode: 9, CallTimeout: time.Hour}, nil, func(in Input) { results <- in.(Result).Work })
		runtime := Runtime(r)
		w.station("left").runtime.Store(&runtime)
		p := &pod.Pod{Meta: labels.Meta{UID: "1"}, Spec: pod.Spec{Containers: []pod.Container{{Name: "web"}}}}
		w.carryOut([]Work{{ID: 1, Kind: WorkStart, Node: "left", Pod: p, Container: &p.Spec.Containers[0], Ref: ref}})
		synctest.Wait()
		w.carryOut([]Work{{ID: 2, Kind: WorkStop, Node: "left", Ref: ref, Grace: time.Hour, Cancel: 1}})
		synctest.Wait()
		w.carryOut([]Work{{ID: 3, Kind: WorkStop, Node: "left", Ref: ref, Cancel: 2}})
		for _, id := range []uint64{1, 2, 3} {
			require.Equal(t, id, <-results)
		}
		require.EqualValues(t, 1, r.stops, "what was given up before its turn is not done")
		require.NoError(t, w.wait())
	})
}

// slowRuntime has a Start that takes a second to give up, and fails the test where
// two calls meet.
type slowRuntime struct {
	Runtime
	t     *testing.T
	under atomic.Int32
	stops int
}

func (r *slowRuntime) enter() (leave func()) {
	if r.under.Add(1) > 1 {
		r.t.Error("two calls at a time for a container")
	}
	return func() { r.under.Add(-1) }
}

func (r *slowRuntime) Start(ctx context.Context, _ *pod.Pod, _ pod.Container) error {
	defer r.enter()()
	<-ctx.Done()
	time.Sleep(time.Second)
	return ctx.Err()
}

func (r *slowRuntime) Stop(context.Context, ContainerRef, time.Duration) error {
	defer r.enter()()
	r.stops++
	return nil
}
