package orchestrator

import (
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// EventRecovered is the reason of the event that sums up what the first list of
// a node found: how much of what was started before goes on, and how much is left over.
const EventRecovered = "Recovered"

// recovered tells what the first list of a runtime found of an earlier life of
// the program. What ended meanwhile, what is started because it is missing and
// what is removed because it does not belong there have events of their own.
func (e *Engine) recovered(m *machine) {
	adopted, leftovers := 0, 0
	for _, uid := range slices.Sorted(maps.Keys(m.seen)) {
		if !e.belongs(uid, m) {
			leftovers++
			continue
		}
		p, err := e.head().Pods().ByUID(uid)
		if err != nil {
			continue
		}
		for _, s := range m.seen[uid] {
			if status := p.Status.Container(s.Container); status != nil && s.live() &&
				status.State.Running != nil && status.RestartCount == s.Attempt {
				adopted++
				e.event(p, "node", m.name, normal("Adopted", "container %s goes on: it was running when the orchestrator was started", s.Container))
			}
		}
	}
	if n := m.node; n != nil && adopted+leftovers > 0 {
		e.event(n, "node", m.name, normal(EventRecovered, "containers that go on: %d; pods left over from before: %d", adopted, leftovers))
	}
}

// renewGraces gives pods whose grace is over their whole grace again: nobody
// knows whether their containers were ever asked to end. A kubelet does the same.
func (e *Engine) renewGraces(now time.Time) {
	e.must(func(tx *store.Tx) error {
		for _, p := range e.head().Pods().List(store.Filter{}) {
			if !p.Deleting() || p.DeletionTimestamp.After(now) || p.DeletionGracePeriodSeconds == nil || *p.DeletionGracePeriodSeconds == 0 {
				continue
			}
			renewed := *p
			renewed.DeletionTimestamp = now.Add(time.Duration(*p.DeletionGracePeriodSeconds) * time.Second)
			if err := tx.Update(&renewed); err != nil {
				return err
			}
		}
		return nil
	})
}
