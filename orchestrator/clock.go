package orchestrator

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// clock takes in what time it is and returns what time it is for the engine,
// which never goes back.
func (e *Engine) clock(now time.Time) time.Time {
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
		newest = latest(newest, timesOf(p)...)
	}
	for n := range head.Nodes().All(store.Filter{}) {
		newest = latest(newest, timesOfNode(n)...)
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

// timesOf are those at which something happened to a pod.
func timesOf(p *pod.Pod) []time.Time {
	times := []time.Time{p.Status.StartTime}
	for _, c := range p.Status.Conditions {
		times = append(times, c.LastTransitionTime)
	}
	for _, s := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		for _, state := range []pod.ContainerState{s.State, s.LastState} {
			if state.Running != nil {
				times = append(times, state.Running.StartedAt)
			}
			if state.Terminated != nil {
				times = append(times, state.Terminated.FinishedAt)
			}
		}
	}
	return times
}

// timesOfNode are those at which something happened to a node.
func timesOfNode(n *node.Node) []time.Time {
	times := []time.Time{n.DeletionTimestamp}
	for _, c := range n.Status.Conditions {
		times = append(times, c.LastTransitionTime)
	}
	for _, t := range n.Spec.Taints {
		times = append(times, t.TimeAdded)
	}
	return times
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t
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
