package orchestrator

import (
	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// These read ahead what the loops over very many pods will read: see package prefetch.

// touchPod reads what most loops look at of a pod.
func touchPod(p *pod.Pod) int {
	return len(p.Labels) + len(p.OwnerReferences) + len(p.Spec.Containers) + len(p.Spec.NodeName) +
		len(p.Status.Phase) + len(p.Status.Conditions)
}

// touchTexts reads what pods are found by.
func touchTexts(p *pod.Pod) int { return prefetch.Text(p.Name) + prefetch.Text(p.UID) }

// touchTurn, touchTurnTexts and lookTurnUp are for takeTurn.
func touchTurn(t *turn) int { return touchPod(t.first) }

func touchTurnTexts(t *turn) int { return touchTexts(t.first) }

func (e *Engine) lookTurnUp(t *turn) int {
	p := t.first
	if _, err := e.head().Pods().Get(p.Namespace, p.Name); err != nil {
		return 0
	}
	return len(e.cluster.Placed(p.UID))
}

// lookPodUp is for stepPods.
func (e *Engine) lookPodUp(uid *string) int {
	p, err := e.head().Pods().ByUID(*uid)
	if err != nil {
		return 0
	}
	return touchPod(p) + touchTexts(p)
}

// touchChange and touchChangeTexts are for observe.
func touchChange(c *store.Change) int {
	read := 0
	if p, ok := c.Old.(*pod.Pod); ok {
		read += touchPod(p)
	}
	if p, ok := c.New.(*pod.Pod); ok {
		read += touchPod(p)
	}
	return read
}

func touchChangeTexts(c *store.Change) int {
	if p, ok := c.New.(*pod.Pod); ok {
		return touchTexts(p)
	}
	return 0
}
