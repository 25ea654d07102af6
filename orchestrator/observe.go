package orchestrator

import (
	"github.com/coracle-dev/coracle/internal/prefetch"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// collect takes what was committed and keeps everything derived in step with it.
func (e *Engine) collect() {
	fresh := e.store.Take()
	for _, c := range prefetch.All(fresh, touchChange, touchChangeTexts) {
		e.observe(c)
	}
	if len(e.changes) == 0 {
		e.changes = fresh // which nobody else appends to
	} else {
		e.changes = append(e.changes, fresh...)
	}
}

// takeChanges returns the changes since the last Step.
func (e *Engine) takeChanges() []store.Change {
	changes := e.changes
	e.changes = nil
	return changes
}

// observe keeps what is derived from the store in step with one change, and
// puts the keys that it concerns on their queues.
func (e *Engine) observe(c *store.Change) {
	switch c.Kind {
	case store.KindPod:
		old, _ := c.Old.(*pod.Pod)
		p, _ := c.New.(*pod.Pod)
		e.observePod(old, p)
	case store.KindController:
		old, _ := c.Old.(*replication.Controller)
		now, _ := c.New.(*replication.Controller)
		e.observeController(old, now)
	case store.KindNode:
		old, _ := c.Old.(*node.Node)
		n, _ := c.New.(*node.Node)
		e.observeNode(old, n)
	case store.KindService:
		old, _ := c.Old.(*service.Service)
		s, _ := c.New.(*service.Service)
		e.observeService(old, s)
	case store.KindEndpoints:
		e.observeEndpoints(c)
	case store.KindNamespace:
		if n, ok := c.New.(*labels.Namespace); ok && n.Status.Phase == labels.NamespaceTerminating {
			e.namespaces.add(n.Name)
		}
	}
	if c.New == nil && store.Namespaced(c.Kind) {
		e.leftNamespace(c.Old.Identity().Namespace)
	}
}
