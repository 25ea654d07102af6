package node

import (
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Evicts returns whether the taints of effect NoExecute drive the pod from the
// node, and when: at once (now) where it does not tolerate one of them;
// otherwise when the shortest of the tolerationSeconds is over that it
// tolerates them for. Of several tolerations that cover a taint the first
// counts. A pod that tolerates all of them for good is not driven away, nor is
// one that has ended or is being deleted.
//
// The seconds count from when the taint was added (see [Node.StampTaints]), or
// from when the node took the pod up, if that was later; from now where one of
// them is not known. An at that is not after now means now.
func (n *Node) Evicts(p *pod.Pod, now time.Time) (at time.Time, evict bool) {
	if p.Deleting() || p.Status.Phase.Terminal() {
		return time.Time{}, false
	}
	for _, t := range n.Spec.Taints {
		if t.Effect != pod.NoExecute {
			continue
		}
		due, ok := t.evicts(p, now)
		if ok && (!evict || due.Before(at)) {
			at, evict = due, true
		}
	}
	return at, evict
}

// evicts says when one taint drives a pod away, and whether it does.
func (t Taint) evicts(p *pod.Pod, now time.Time) (time.Time, bool) {
	for i := range p.Spec.Tolerations {
		by := &p.Spec.Tolerations[i]
		if !t.toleratedBy(by) {
			continue
		}
		if by.TolerationSeconds == nil {
			return time.Time{}, false
		}
		from := now
		if !t.TimeAdded.IsZero() && !p.Status.StartTime.IsZero() {
			from = earlier(later(t.TimeAdded, p.Status.StartTime), now)
		}
		return from.Add(seconds(*by.TolerationSeconds)), true
	}
	return now, true
}

// seconds is n seconds, none if there are fewer, or the longest duration there is.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(max(0, min(n, most))) * time.Second
}

// StampTaints records when each taint of effect NoExecute was added, and reports
// whether that changes n: what old had of the same key and effect keeps its
// time, and anything else without a time gets now. A nil old had none.
func (n *Node) StampTaints(old *Node, now time.Time) bool {
	changed := false
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		if t.Effect != pod.NoExecute {
			continue
		}
		at := t.TimeAdded
		if was := old.taint(t.Key, t.Effect); was != nil && !was.TimeAdded.IsZero() {
			at = was.TimeAdded
		} else if at.IsZero() {
			at = now
		}
		if !at.Equal(t.TimeAdded) {
			t.TimeAdded, changed = at, true
		}
	}
	return changed
}

// taint returns the taint of that key and effect; nil where there is none, or no node.
func (n *Node) taint(key string, effect pod.TaintEffect) *Taint {
	if n == nil {
		return nil
	}
	for i := range n.Spec.Taints {
		if t := &n.Spec.Taints[i]; t.Key == key && t.Effect == effect {
			return t
		}
	}
	return nil
}
