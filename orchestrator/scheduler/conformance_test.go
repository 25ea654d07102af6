package scheduler_test

import (
	"testing"

	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// Every policy that is shipped passes the suite, and so do those that are hard.
func TestConformance(t *testing.T) {
	for name := range conformingPolicies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := orchtest.SchedulerHarness{New: func(*testing.T) scheduler.Scheduler { return conformingPolicies()[name] }}
			if name == "Anywhere" {
				h.Fits = conformingPolicies()[name].Fits
			}
			orchtest.Scheduler(t, h)
		})
	}
}

func conformingPolicies() map[string]*scheduler.Policy {
	all := oraclePolicies()
	all["Random"] = scheduler.Random(1)
	all["Individual"] = &scheduler.Policy{Individual: true}
	return all
}
