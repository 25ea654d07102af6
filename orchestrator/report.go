package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
)

// Reporter is a Runtime that has more to tell of its node than its containers:
// an image that is being pulled, a disk that is nearly full.
type Reporter interface {
	// Report returns how the node is, and what has happened on it after the event
	// that had the number after; 0 is before the first. It is asked after each
	// List, by one goroutine at a time, and again with the same number where its answer was
	// lost: it then tells the same, and what came meanwhile. What was told before
	// may be forgotten, and so may what nobody asked for in a long time. An error is
	// that of the List.
	Report(ctx context.Context, after uint64) (Report, error)
}

// Report is what a Reporter tells.
type Report struct {
	// Events that happened, the oldest first, and the number of the newest: what
	// to ask after the next time.
	Events []PodEvent
	Last   uint64
	// Conditions are all that the runtime has to say of the node, such as
	// node.DiskPressure. One that is not told any more is withdrawn. Ready,
	// Reachable and Checked are not the runtime's, and left out.
	Conditions []node.Condition
}

// PodEvent is something that happened to a pod.
type PodEvent struct {
	UID     string // of the pod; one that is not known on the node is not told of
	Type    labels.EventType
	Reason  string // as a kubelet's where it has one: Pulling, Pulled
	Message string
}

// reported takes in what the runtime of a machine told.
func (e *Engine) reported(m *machine, r Report) {
	m.reported = r.Conditions
	for _, told := range r.Events {
		p, err := e.head().Pods().ByUID(told.UID)
		if err != nil || p.Spec.NodeName != m.name {
			continue
		}
		e.event(p, "node", m.name, labels.Event{Type: told.Type, Reason: told.Reason, Message: told.Message})
	}
}
