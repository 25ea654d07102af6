package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// Fork is a cluster as it might be: a copy on which a change, or another
// scheduler, is tried and thrown away. It has the nodes and pods of the moment
// at which it was made. Nothing runs in it; where pods would go is all it knows.
// What is done to it, and what happens to its origin, never shows in the other.
//
// A Fork belongs to one goroutine at a time; forks of it, and its origin, may
// belong to others.
type Fork struct {
	view      store.Reader
	cluster   *scheduler.Cluster
	scheduler scheduler.Scheduler
	pods      map[string]*pod.Pod // those that it changed or added, by uid
	added     map[string]int      // how many got a uid here, by namespace and name
}

// Fork returns a copy of what the engine knows. It costs a pointer for each node.
func (e *Engine) Fork() *Fork {
	return &Fork{view: e.head().Shared(), cluster: e.cluster.Fork(), scheduler: e.cfg.Scheduler, pods: make(map[string]*pod.Pod), added: make(map[string]int)}
}

// Fork returns a copy of the cluster as it is now, to try something on. What it has
// is durable when Fork returns. Its
// scheduler is the cluster's, so one of your own must be able to decide for both
// at the same time. ErrStopped after Run.
func (c *Client) Fork(ctx context.Context) (*Fork, error) {
	var f *Fork
	if err := c.o.write(ctx, &Write{look: func(e *Engine) { f = e.Fork() }}); err != nil {
		return nil, fmt.Errorf("fork the cluster: %w", err)
	}
	return f, nil
}

// Explain returns what the scheduler thinks of every node for a pod, as things
// are: of a pod that waits, why it does; of one that is on a node, where it
// would go if it were new. ErrNotFound if there is no such pod,
// errors.ErrUnsupported if the scheduler is no scheduler.Explainer, ErrStopped after Run.
func (c *Client) Explain(ctx context.Context, namespace, name string) ([]scheduler.Verdict, error) {
	f, err := c.Fork(ctx)
	if err != nil {
		return nil, err
	}
	p, err := f.view.Pods().Get(cmp.Or(namespace, labels.DefaultNamespace), name)
	if err != nil {
		return nil, err
	}
	return f.Explain(p)
}

// Fork returns a copy of the fork.
func (f *Fork) Fork() *Fork {
	return &Fork{view: f.view, cluster: f.cluster.Fork(), scheduler: f.scheduler, pods: maps.Clone(f.pods), added: maps.Clone(f.added)}
}

// Use has another scheduler decide from here on. Nothing that is placed moves: see Reschedule.
func (f *Fork) Use(s scheduler.Scheduler) { f.scheduler = s }

// Explain returns what the fork's scheduler thinks of every node for a pod, which
// need not be there; one that is, is taken for new. What is kept for pods of lower
// priority, for which others make way, is taken for free. errors.ErrUnsupported if the
// scheduler is no scheduler.Explainer.
func (f *Fork) Explain(p *pod.Pod) ([]scheduler.Verdict, error) {
	explainer, ok := f.scheduler.(scheduler.Explainer)
	if !ok {
		return nil, fmt.Errorf("explain pod %q: the scheduler (%T) does not say what it thinks of nodes: %w", p.Name, f.scheduler, errors.ErrUnsupported)
	}
	trial := f.cluster.Fork()
	trial.Displace(p.UID)
	trial.Yield(p.Spec.Rank())
	return explainer.Explain(p, trial), nil
}

// Add places pods, one after the other, and returns what was decided about each.
// The pods are not changed; one without a UID gets one in the fork, which follows from
// its namespace and name: so it is the same pod in every fork. A pod that is there
// already is placed anew. One that fits nowhere is left out, and has nobody make way.
func (f *Fork) Add(pods ...*pod.Pod) []scheduler.Decision {
	decisions := make([]scheduler.Decision, 0, len(pods))
	for _, p := range pods {
		own := *p
		own.Namespace = cmp.Or(own.Namespace, labels.DefaultNamespace)
		if own.UID == "" {
			name := own.Namespace + "/" + cmp.Or(own.Name, own.GenerateName)
			f.added[name]++
			own.UID = fmt.Sprintf("added-%s-%d", name, f.added[name])
		}
		f.cluster.Displace(own.UID)
		f.pods[own.UID] = &own
		decisions = append(decisions, f.place(&own))
	}
	return decisions
}

// place asks the scheduler about a pod that is nowhere, and counts it where it is to be.
func (f *Fork) place(p *pod.Pod) scheduler.Decision {
	d, yielded := pick(f.scheduler, p, f.cluster)
	defer func() {
		for _, o := range yielded {
			f.cluster.Reserve(o.Pod, o.Node)
		}
	}()
	if d.Node != "" {
		if err := f.cluster.Accept(p, d); err != nil {
			return scheduler.Decision{Refused: []scheduler.Refusal{{Reason: scheduler.Reason{What: err.Error()}, Nodes: d.Nodes}}, Nodes: d.Nodes}
		}
	}
	return d
}

// SetNode adds a node that is ready to take pods, or replaces one.
func (f *Fork) SetNode(n *node.Node) {
	ready := *n
	if ready.Status.Phase == "" {
		ready.Status.Phase = node.Running
		ready.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
	}
	f.cluster.SetNode(&ready)
}

// Drain cordons nodes, and places anew what runs there, as if its controllers had
// made it again. Names of nodes that there are not are left alone.
func (f *Fork) Drain(names ...string) {
	for _, name := range names {
		if n := f.cluster.Node(name); n != nil {
			cordoned := *n.Node
			cordoned.Spec.Unschedulable = true
			f.cluster.SetNode(&cordoned)
		}
	}
	f.vacate(names)
}

// Remove takes nodes away, and places anew what ran there, as if its controllers
// had made it again.
func (f *Fork) Remove(names ...string) {
	for _, name := range names {
		f.cluster.DeleteNode(name)
	}
	f.vacate(names)
}

// Reschedule places every pod anew, the one with the highest priority first, then
// by name: what the scheduler would make of the cluster if it were empty.
func (f *Fork) Reschedule() {
	var all []*pod.Pod
	for p := range f.placed() {
		all = append(all, p)
	}
	f.move(all)
}

// vacate places anew what is on nodes.
func (f *Fork) vacate(names []string) {
	var homeless []*pod.Pod
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		for _, p := range f.view.Pods().List(store.Filter{Node: name}) {
			if _, own := f.pods[p.UID]; !own && f.cluster.Placed(p.UID) == name {
				homeless = append(homeless, p)
			}
		}
		for _, p := range f.pods {
			if f.cluster.Placed(p.UID) == name {
				homeless = append(homeless, p)
			}
		}
	}
	f.move(homeless)
}

// move places pods anew.
func (f *Fork) move(pods []*pod.Pod) {
	slices.SortFunc(pods, func(a, b *pod.Pod) int {
		return cmp.Or(cmp.Compare(b.Spec.Rank(), a.Spec.Rank()), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
	})
	for _, p := range pods {
		f.cluster.Displace(p.UID)
	}
	for _, p := range pods {
		f.pods[p.UID] = p
		f.place(p)
	}
}

// placed yields the pods that are on a node, in no order.
func (f *Fork) placed() iter.Seq[*pod.Pod] {
	return func(yield func(*pod.Pod) bool) {
		for _, p := range f.pods {
			if f.cluster.Placed(p.UID) != "" && !yield(p) {
				return
			}
		}
		for p := range f.view.Pods().All(store.Filter{}) {
			if _, own := f.pods[p.UID]; !own && f.cluster.Placed(p.UID) != "" && !yield(p) {
				return
			}
		}
	}
}

// Node returns what pods take of a node, and what is left; nil where there is
// none of that name.
func (f *Fork) Node(name string) *scheduler.Candidate { return f.cluster.Node(name) }

// Nodes yields the nodes by name, with what pods take of them. The fork must not
// change meanwhile.
func (f *Fork) Nodes() iter.Seq[*scheduler.Candidate] { return f.cluster.Nodes() }

// On returns the name of the node that a pod is on, by its UID; empty: on none.
func (f *Fork) On(uid string) string { return f.cluster.Placed(uid) }

// Difference is where a pod is in one fork and in another. Empty: on no node.
type Difference struct {
	Pod      *pod.Pod
	From, To string
}

// Diff returns the pods that are elsewhere in to than in from, by namespace and
// name. The forks must come from one origin. It costs what was done to them.
func Diff(from, to *Fork) []Difference {
	touched := maps.Clone(from.pods)
	maps.Copy(touched, to.pods)
	var list []Difference
	for uid, p := range touched {
		if d := (Difference{Pod: p, From: from.On(uid), To: to.On(uid)}); d.From != d.To {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Pod.Namespace, b.Pod.Namespace), cmp.Compare(a.Pod.Name, b.Pod.Name), cmp.Compare(a.Pod.UID, b.Pod.UID))
	})
	return list
}
