package orchtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// engineRuns has the scheduler decide for an engine, on whose nodes everything that
// is asked for is done at once: pods and nodes come and go.
func engineRuns(y *yard) {
	for seed := range uint64(3) {
		newFleet(y.another(seed)).run(20)
	}
}

// engineTwice has an engine decide the same where the same happens.
func engineTwice(y *yard) {
	first, second := newFleet(y.another(9)), newFleet(y.another(9))
	first.run(10)
	second.run(10)
	require.Equal(y, first.decided, second.decided, "where the same happens the engine has to decide the same")
}

// fleet is an engine that decides with the scheduler of a yard, and its machines.
type fleet struct {
	*yard
	engine   *orchestrator.Engine
	machines map[string]*fake.Machine
	now      time.Time
	decided  []string
}

func newFleet(y *yard) *fleet {
	f := &fleet{yard: y, machines: make(map[string]*fake.Machine), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	f.engine, err = orchestrator.NewEngine(orchestrator.Config{
		Scheduler: y.s,
		Decided: func(p *pod.Pod, d scheduler.Decision) {
			f.decided = append(f.decided, fmt.Sprintf("%s on %q with %v: %s", p.Name, d.Node, d.Devices, d.Message()))
		},
	}, f.now)
	require.NoError(y, err)
	for i := range yardNodes {
		f.apply(i)
	}
	return f
}

// run has many pods come, then pods and nodes come and go, and looks at everything
// after each minute.
func (f *fleet) run(minutes int) {
	f.Helper()
	for range 12 * yardNodes {
		f.create()
	}
	for range minutes {
		for range 1 + f.rnd.IntN(6) {
			f.something()
		}
		f.pass(time.Minute)
		f.check()
	}
	require.NotEmpty(f, f.decided, "the engine never asked the scheduler")
}

// something is what a client does.
func (f *fleet) something() {
	i := f.rnd.IntN(2 * yardNodes)
	name := f.h.Node(i).Name
	switch f.rnd.IntN(10) {
	case 0:
		f.apply(i)
	case 1:
		if f.rnd.IntN(3) == 0 {
			f.do(orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindNode, Name: name, Options: orchestrator.DeleteOptions{Force: true}})
		}
	case 2, 3, 4:
		if p := f.any(); p != nil {
			f.do(orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindPod, Namespace: p.Namespace, Name: p.Name})
		}
	case 5:
		if p := f.any(); p != nil {
			p = p.Copy()
			p.Labels = f.kinds[f.rnd.IntN(yardKinds)].Labels
			f.do(orchestrator.Operation{Verb: orchestrator.Apply, Object: p})
		}
	default:
		f.create()
	}
}

// any returns one of the pods that there are; nil where there is none.
func (f *fleet) any() *pod.Pod {
	pods := f.engine.Store().View().Pods().List(store.Filter{})
	if len(pods) == 0 {
		return nil
	}
	return pods[f.rnd.IntN(len(pods))]
}

// create has a pod come, some of them with a priority.
func (f *fleet) create() {
	f.Helper()
	p := f.pod().Copy()
	p.UID, p.Status = "", pod.Status{}
	if f.rnd.IntN(4) == 0 {
		priority := int32(f.rnd.IntN(3))
		p.Spec.Priority = &priority
	}
	f.do(orchestrator.Operation{Verb: orchestrator.Create, Object: p})
}

// apply has a node of the harness come, or be as it was; at times it is cordoned.
func (f *fleet) apply(i int) {
	n := f.h.Node(i)
	n.Spec.Unschedulable = len(f.decided) > 0 && f.rnd.IntN(3) == 0
	f.do(orchestrator.Operation{Verb: orchestrator.Apply, Object: n})
}

// do has a client do something. What it is done to may have gone, or be going.
func (f *fleet) do(operation orchestrator.Operation) {
	f.Helper()
	w := &orchestrator.Write{Operations: []orchestrator.Operation{operation}}
	f.engine.Apply(f.now, w)
	if !errors.Is(w.Err, store.ErrNotFound) && !errors.Is(w.Err, store.ErrConflict) {
		require.NoErrorf(f, w.Err, "%s %+v", operation.Verb, operation.Object)
	}
}

// pass has the engine do all that there is to do for some time.
func (f *fleet) pass(d time.Duration) {
	f.Helper()
	until := f.now.Add(d)
	for steps := 0; ; steps++ {
		require.Less(f, steps, 10_000, "the engine does not come to rest")
		ready := f.engine.Step(f.now)
		f.engine.Store().Publish()
		var inputs []orchestrator.Input
		for _, w := range ready.Work {
			if result, ok := f.carryOut(w); ok {
				inputs = append(inputs, result)
			}
		}
		if len(inputs) > 0 {
			f.engine.Apply(f.now, inputs...)
			continue
		}
		if ready.Wake.IsZero() || ready.Wake.After(until) {
			break
		}
		f.now = ready.Wake
	}
	f.now = until
}

// carryOut has a machine do a work at once.
func (f *fleet) carryOut(w orchestrator.Work) (r orchestrator.Result, ok bool) {
	m := f.machines[w.Node]
	if m == nil {
		m = &fake.Machine{Network: fake.Network(len(f.machines))}
		f.machines[w.Node] = m
	}
	r.Work = w.ID
	switch w.Kind {
	case orchestrator.WorkList:
		r.States = m.List(f.now)
	case orchestrator.WorkStart:
		_, r.Err = m.Start(w.Pod, *w.Container, f.now)
	case orchestrator.WorkStop:
		_, r.Err = m.Stop(w.Ref, w.Grace, f.now)
	case orchestrator.WorkRemove:
		m.Remove(w.Ref.UID, f.now)
	case orchestrator.WorkProbe:
		r.Err = m.Probe(w.Ref, f.now)
	case orchestrator.WorkHook:
		_, r.Err = m.Hook(w.Ref, w.Hook.Kind, f.now)
	default:
		return r, false
	}
	return r, true
}

// check requires that the engine keeps its promises, that no node has more than it
// can take, and that no pod waits that would get a node if it were asked about.
func (f *fleet) check() {
	f.Helper()
	require.NoError(f, f.engine.Check())
	fork := f.engine.Fork()
	if !f.overcommits {
		for n := range fork.Nodes() {
			f.requireRoom(n)
		}
	}
	for p := range f.engine.Store().View().Pods().All(store.Filter{}) {
		if p.Spec.NodeName != "" || p.Status.Phase.Terminal() || p.Deleting() {
			continue
		}
		condition := p.Status.Condition(pod.PodScheduled)
		require.NotNilf(f, condition, "pod %q has neither a node nor a reason for that", p.Name)
		require.Falsef(f, strings.HasPrefix(condition.Message, "the scheduler chose"), "pod %q: %s", p.Name, condition.Message)
		if p.Status.NominatedNodeName == "" {
			d := fork.Fork().Add(p)[0]
			require.Emptyf(f, d.Node, "pod %q waits (%s), and would get node %q if the engine asked: what does Group say of it?", p.Name, condition.Message, d.Node)
		}
	}
}

// requireRoom requires that pods have no more of a node than there is.
func (f *fleet) requireRoom(n *scheduler.Candidate) {
	f.Helper()
	have, used := n.Node.Allocatable(), pod.Resources{}
	for p := range f.engine.Store().View().Pods().All(store.Filter{Node: n.Node.Name}) {
		if p.Status.Phase.Terminal() {
			continue
		}
		for name, amount := range p.Requests() {
			used[name] = used[name].Add(amount)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if limit, ok := have[name]; ok {
			require.LessOrEqualf(f, used[name].Cmp(limit), 0, "node %q: pods request %s of %s, and there is %s", n.Node.Name, used[name], name, limit)
		}
		for i, left := range n.Devices(name) {
			require.GreaterOrEqualf(f, left, int64(0), "node %q: device %d of %s was given out twice", n.Node.Name, i, name)
		}
	}
}
