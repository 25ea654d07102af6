package orchestrator

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// clock takes in what time it is and returns what time it is for the engine,
// which never goes back.
func (e *Engine) clock(now time.Time) time.Time {
	if e.ahead == 0 && !now.Before(e.now) {
		e.now = now
		return now
	}
	if t := now.Add(e.ahead); t.Before(e.now) {
		e.ahead += e.now.Sub(t)
	}
	e.now = now.Add(e.ahead)
	return e.now
}

// settleClock deals with a clock that was set back while nobody was there: some
// of what is recorded would happen only later. All of that is moved back by the
// same time, so that the newest has happened now. Then what had a minute left has a
// minute left, whichever of the two clocks was wrong.
func (e *Engine) settleClock(now time.Time) {
	var newest time.Time
	head := e.head()
	for p := range head.Pods().All(store.Filter{}) {
		newest = later(newest, newestOfPod(p))
	}
	for n := range head.Nodes().All(store.Filter{}) {
		newest = later(newest, newestOfNode(n))
	}
	if !newest.After(now) {
		return
	}
	back := setBack{now: now, by: newest.Sub(now)}
	e.must(func(tx *store.Tx) error {
		for _, p := range head.Pods().List(store.Filter{}) {
			if moved, differs := back.pod(p); differs {
				if err := tx.Update(moved); err != nil {
					return err
				}
			}
		}
		for _, n := range head.Nodes().List(store.Filter{}) {
			if moved, differs := back.node(n); differs {
				if err := tx.Update(moved); err != nil {
					return err
				}
			}
		}
		return nil
	})
	e.event(&labels.Namespace{Meta: labels.Meta{Name: labels.DefaultNamespace}}, "engine", "", warning("ClockSetBack",
		"the newest record is of %s: what is recorded after the present time is taken to have happened %s earlier",
		newest.UTC().Format(time.RFC3339), back.by))
}

// newestOfPod is when something happened to a pod last, for all that is recorded.
func newestOfPod(p *pod.Pod) time.Time {
	newest := p.Status.StartTime
	for i := range p.Status.Conditions {
		newest = later(newest, p.Status.Conditions[i].LastTransitionTime)
	}
	for _, list := range [...][]pod.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			for _, state := range [...]*pod.ContainerState{&list[i].State, &list[i].LastState} {
				if state.Running != nil {
					newest = later(newest, state.Running.StartedAt)
				}
				if state.Terminated != nil {
					newest = later(newest, state.Terminated.FinishedAt)
				}
			}
		}
	}
	return newest
}

// newestOfNode is the same for a node.
func newestOfNode(n *node.Node) time.Time {
	newest := n.DeletionTimestamp
	for i := range n.Status.Conditions {
		newest = later(newest, n.Status.Conditions[i].LastTransitionTime)
	}
	for i := range n.Spec.Taints {
		newest = later(newest, n.Spec.Taints[i].TimeAdded)
	}
	return newest
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// setBack moves what lies in the future back.
type setBack struct {
	now time.Time
	by  time.Duration
}

// move moves one time, and notes whether it had to.
func (b setBack) move(t *time.Time, differs *bool) {
	if t.After(b.now) {
		*t, *differs = t.Add(-b.by), true
	}
}

func (b setBack) pod(p *pod.Pod) (moved *pod.Pod, differs bool) {
	moved = p.Copy()
	b.move(&moved.DeletionTimestamp, &differs)
	b.move(&moved.Status.StartTime, &differs)
	for i := range moved.Status.Conditions {
		b.move(&moved.Status.Conditions[i].LastTransitionTime, &differs)
	}
	for _, list := range [][]pod.ContainerStatus{moved.Status.InitContainerStatuses, moved.Status.ContainerStatuses} {
		for i := range list {
			b.move(&list[i].RetryAt, &differs)
			b.state(&list[i].State, &differs)
			b.state(&list[i].LastState, &differs)
		}
	}
	return moved, differs
}

func (b setBack) state(s *pod.ContainerState, differs *bool) {
	if s.Running != nil {
		b.move(&s.Running.StartedAt, differs)
	}
	if s.Terminated != nil {
		b.move(&s.Terminated.StartedAt, differs)
		b.move(&s.Terminated.FinishedAt, differs)
	}
}

func (b setBack) node(n *node.Node) (moved *node.Node, differs bool) {
	moved = n.Copy()
	b.move(&moved.DeletionTimestamp, &differs)
	for i := range moved.Status.Conditions {
		b.move(&moved.Status.Conditions[i].LastTransitionTime, &differs)
		b.move(&moved.Status.Conditions[i].LastHeartbeatTime, &differs)
	}
	for i := range moved.Spec.Taints {
		b.move(&moved.Spec.Taints[i].TimeAdded, &differs)
	}
	return moved, differs
}
