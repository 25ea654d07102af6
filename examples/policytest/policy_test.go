// Package policytest shows how to test a policy: here, that a program which
// crashes every minute is restarted as often as Kubernetes would, over one hour
// that takes milliseconds.
package policytest

import (
	"testing"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
)

// A crash loop backs off: 0 s, 10 s, 20 s, … 5 min. In an hour that leaves room
// for 14 restarts, where restarting at once would need 59.
func TestCrashLoopBacksOff(t *testing.T) {
	if got := restartsInAnHour(t, lifecycle.Rules{}); got != 14 {
		t.Errorf("%d restarts in an hour, want 14", got)
	}
}

// A policy of one's own: at most a minute between two tries.
func TestCapOfOneMinute(t *testing.T) {
	if got := restartsInAnHour(t, lifecycle.Rules{BackOffMax: time.Minute}); got != 31 {
		t.Errorf("%d restarts in an hour, want 31", got)
	}
}

// restartsInAnHour runs a program that fails after a minute, each time.
func restartsInAnHour(t *testing.T, rules lifecycle.Rules) int {
	t.Helper()
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{
			Machines:  []*node.Node{{Meta: labels.Meta{Name: "one"}}},
			Lifecycle: rules,
		},
		Scripts: fake.Scripts{{Attempts: []fake.Script{{Runs: time.Minute, ExitCode: 1}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	crashing := &pod.Pod{
		Meta: labels.Meta{Name: "crashing"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "crashing"}}},
	}
	if _, err := c.Apply(crashing); err != nil {
		t.Fatal(err)
	}
	if err := c.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	p, err := c.View().Pods().Get("default", "crashing")
	if err != nil {
		t.Fatal(err)
	}
	return p.Status.ContainerStatuses[0].RestartCount
}
