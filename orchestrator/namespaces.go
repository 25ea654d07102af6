package orchestrator

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// leftNamespace is called when an object has gone: its namespace may now be empty.
func (e *Engine) leftNamespace(name string) {
	ns, err := e.head().Namespaces().Get("", name)
	if err == nil && ns.Status.Phase == labels.NamespaceTerminating {
		e.namespaces.add(name)
	}
}

// stepNamespaces empties the namespaces that are on their way out, and removes
// those that are empty.
func (e *Engine) stepNamespaces(now time.Time) {
	for _, name := range e.namespaces.take() {
		ns, err := e.head().Namespaces().Get("", name)
		if err != nil || ns.Status.Phase != labels.NamespaceTerminating {
			continue
		}
		e.must(func(tx *store.Tx) error {
			for _, o := range everythingIn(tx, name) {
				if o.Identity().Deleting() {
					continue
				}
				_, err := e.delete(tx, keyOf(o), DeleteOptions{Cascade: true}, now)
				if err != nil && !gone(err) { // gone: with its controller
					return err
				}
			}
			if len(everythingIn(tx, name)) > 0 {
				return nil
			}
			return keyOf(ns).delete(tx)
		})
	}
}

// everythingIn returns the objects of every kind in a namespace.
func everythingIn(tx *store.Tx, namespace string) []labels.Object {
	var all []labels.Object
	for _, kind := range store.Kinds() {
		if store.Namespaced(kind) {
			all = slices.AppendSeq(all, tx.All(kind, store.Filter{Namespace: namespace}))
		}
	}
	return all
}
