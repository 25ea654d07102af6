package orchestrator

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// Ready is what a Step decided.
type Ready struct {
	Changes []store.Change // to be made durable before any of Work starts
	Events  []labels.Event // what happened; an event that happened before comes again with a higher count
	Work    []Work         // side effects, to be carried out in any order
	Wake    time.Time      // step again then, even if nothing happened; zero: only when something does
}

// Work is one side effect that the engine asks for. Its end comes back as a
// Result, whatever it was.
type Work struct {
	ID   uint64 // from 1, in the order in which the engine asked
	Kind WorkKind
	Node string // whose runtime carries it out

	Pod       *pod.Pod       // Start, Probe, Hook: as it is recorded
	Container *pod.Container // Start: with the variables of services, and the values of resources in its own; Probe, Hook
	Ref       ContainerRef   // Start, Stop, Probe, Hook; Remove: only its UID
	Grace     time.Duration  // Stop; Hook: what is left for it, 0: as long as its container runs
	Probe     *lifecycle.ProbeDue
	Hook      *lifecycle.HookDue
	Balance   Balance // EnsureBalancer, UpdateBalancer, DeleteBalancer

	// Cancel is other work to be given up first, because this replaces it; 0: none.
	Cancel uint64
}

// WorkKind is what is to be done.
type WorkKind string

// The kinds of work: one for each method of Runtime that does something, and
// those that need no runtime.
const (
	WorkList   WorkKind = "List"
	WorkStart  WorkKind = "Start"
	WorkStop   WorkKind = "Stop"
	WorkRemove WorkKind = "Remove"
	WorkProbe  WorkKind = "Probe"
	WorkHook   WorkKind = "Hook"
	WorkCancel WorkKind = "Cancel" // nothing but Cancel; it has no Result of its own
	WorkForget WorkKind = "Forget" // the node is gone: drop its runtime; no Result

	// On no node: what is asked of the cloud, and of the Balancer.
	WorkInstances      WorkKind = "Instances" // list the cloud's instances
	WorkEnsureBalancer WorkKind = "EnsureBalancer"
	WorkUpdateBalancer WorkKind = "UpdateBalancer"
	WorkDeleteBalancer WorkKind = "DeleteBalancer"
)

// String names the work for logs and transcripts.
func (w Work) String() string {
	text := fmt.Sprintf("%d %s on %s", w.ID, w.Kind, w.Node)
	switch w.Kind {
	case WorkStart:
		text += fmt.Sprintf(" %s/%s %s#%d", w.Pod.Namespace, w.Pod.Name, w.Ref.Container, w.Ref.Attempt)
	case WorkStop:
		text += fmt.Sprintf(" %s %s#%d grace %s", w.Ref.UID, w.Ref.Container, w.Ref.Attempt, w.Grace)
	case WorkProbe:
		text += fmt.Sprintf(" %s %s#%d %s", w.Ref.UID, w.Ref.Container, w.Ref.Attempt, w.Probe.Kind)
	case WorkHook:
		text += fmt.Sprintf(" %s %s#%d %s", w.Ref.UID, w.Ref.Container, w.Ref.Attempt, w.Hook.Kind)
	case WorkRemove:
		text += " " + w.Ref.UID
	case WorkEnsureBalancer, WorkUpdateBalancer, WorkDeleteBalancer:
		text += fmt.Sprintf(" %s/%s %d nodes", w.Balance.Service.Namespace, w.Balance.Service.Name, len(w.Balance.Nodes))
	}
	if w.Cancel != 0 {
		text += fmt.Sprintf(" instead of %d", w.Cancel)
	}
	return text
}

// Input is something that happened outside the engine: a *Write, a Result or a Hint.
type Input interface {
	applyTo(e *Engine, now time.Time)
}

// Result is the end of a Work.
type Result struct {
	Work uint64 // its ID
	Err  error

	// What List found, if Err is nil. The engine keeps it: it must not change any more.
	States   []ContainerState
	Capacity pod.Resources // of a Sizer
	Warnings []string      // of a Warner
	Report   Report        // of a Reporter

	// What the check of the node found beside that it answers: empty where all is well.
	Unhealthy string // its health endpoint does not say 200
	Invalid   string // its name can't be resolved

	Instances []node.Instance            // what the cloud listed, if Err is nil
	Balancer  service.LoadBalancerStatus // what EnsureBalancer returned, if Err is nil
}

// Hint says that the runtime of a node has something new to list.
type Hint struct {
	Node string
}
