package orchestrator

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// What Check remembers does not keep it from seeing what breaks afterwards.
func TestCheckSees(t *testing.T) {
	for says, spoil := range map[string]func(e *Engine, p *pod.Pod){
		"invariant 1": func(e *Engine, p *pod.Pod) {
			m := e.machines[p.Spec.NodeName]
			again := *m.calls[0]
			again.Ref.Attempt++
			m.calls = append(m.calls, &again)
		},
		"invariant 2": func(e *Engine, _ *pod.Pod) { e.broken = errors.New("invariant 2") },
		"invariant 3": func(e *Engine, p *pod.Pod) { e.unfit.add(p.UID, "", false) },
		"invariant 4": func(e *Engine, p *pod.Pod) { e.cluster.Displace(p.UID) },
		"invariant 5: controller default/web has 2 live pods": func(e *Engine, p *pod.Pod) {
			behind(e, func(tx *store.Tx) error { return keyOf(p).delete(tx) })
		},
		"invariant 5: controller default/web has 0 pods to adopt and 1 to release": func(e *Engine, p *pod.Pod) {
			loose := p.Copy()
			loose.Labels = nil
			behind(e, func(tx *store.Tx) error { return tx.Update(loose) })
		},
		"invariant 6: 1 checks are counted": func(e *Engine, _ *pod.Pod) { e.checks.running++ },
		"is listed 2 times at once": func(e *Engine, p *pod.Pod) {
			e.ask(e.machines[p.Spec.NodeName], Work{Kind: WorkList})
			e.ask(e.machines[p.Spec.NodeName], Work{Kind: WorkList})
		},
		"web#0 grace 1s is under way beside": func(e *Engine, p *pod.Pod) { // it does not say that it cancels the Start
			e.ask(e.machines[p.Spec.NodeName], Work{Kind: WorkStop, Ref: RefTo(p, "web"), Grace: time.Second})
		},
		"web#1 grace 2s is under way beside": func(e *Engine, p *pod.Pod) {
			ref := RefTo(p, "web")
			ref.Attempt++
			e.ask(e.machines[p.Spec.NodeName], Work{Kind: WorkStop, Ref: ref, Grace: 2 * time.Second})
		},
		" Remove on ": func(e *Engine, p *pod.Pod) {
			e.ask(e.machines[p.Spec.NodeName], Work{Kind: WorkRemove, Ref: ContainerRef{UID: p.UID}})
		},
		"invariant 7": func(e *Engine, p *pod.Pod) {
			is, _ := e.head().Endpoints().Get("default", "web")
			wrong := *is
			wrong.Subsets = []service.Subset{{Addresses: []service.EndpointAddress{{IP: "10.1.1.1"}}}}
			behind(e, func(tx *store.Tx) error { return tx.Update(&wrong) })
		},
		"invariant 8": func(e *Engine, _ *pod.Pod) {
			s, _ := e.head().Services().Get("default", "web")
			wrong := *s
			wrong.Spec.ClusterIP = "10.0.0.77"
			behind(e, func(tx *store.Tx) error { return tx.Update(&wrong) })
		},
	} {
		t.Run(says, func(t *testing.T) {
			e := busyEngine(t)
			require.NoError(t, e.Check())
			require.NoError(t, e.Check(), "from memory")
			p := e.head().Pods().List(store.Filter{})[0]
			spoil(e, p)
			require.ErrorContains(t, e.Check(), says)
			require.ErrorContains(t, e.Check(), says, "from memory")
		})
	}
}

// behind writes to the store without the engine's knowledge.
func behind(e *Engine, fn func(tx *store.Tx) error) {
	if err := e.store.Update(fn); err != nil {
		panic(err)
	}
	e.store.Take()
}

// busyEngine returns an engine that is starting the three pods of a controller
// and a service on two nodes.
func busyEngine(t *testing.T) *Engine {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	e, err := NewEngine(Config{Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}, {Meta: labels.Meta{Name: "right"}}}}, now)
	require.NoError(t, err)
	three := 3
	web := labels.Set{"app": "web"}
	w := &Write{Operations: []Operation{
		{Verb: Apply, Object: &replication.Controller{Meta: labels.Meta{Name: "web"}, Spec: replication.Spec{
			Replicas: &three, Template: &pod.Template{Meta: labels.Meta{Labels: web}, Spec: pod.Spec{Containers: []pod.Container{{Name: "web", Image: "web"}}}},
		}}},
		{Verb: Apply, Object: &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{Selector: web, Ports: []service.Port{{Port: 80}}}}},
	}}
	e.Apply(now, w)
	require.NoError(t, w.Err)
	for range 3 {
		for _, work := range e.Step(now).Work {
			if work.Kind == WorkList {
				e.Apply(now, Result{Work: work.ID})
			}
		}
	}
	require.NotEmpty(t, e.head().Pods().List(store.Filter{Node: "left"}))
	require.NotEmpty(t, e.machines["left"].calls)
	return e
}
