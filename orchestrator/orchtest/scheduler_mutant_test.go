package orchtest_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// As with runtimes: every mutant is a scheduler with one defect, and has to fail
// the tests named for it, in a process of its own.

const schedulerMutantVariable = "ORCHTEST_SCHEDULER_MUTANT"

func TestEverySchedulerTestCanFail(t *testing.T) {
	t.Parallel()
	all := schedulerRun.outcomes(t, "none", ".", "PASS")
	requireCanFail(t, schedulerRun, all, schedulerMutants, func(m schedulerMutant) []string { return m.fails })
}

// schedulerRun runs the suite on a mutant: in a process of its own.
var schedulerRun = mutantRun{"TestSchedulerMutant", schedulerMutantVariable, nil, false}

// TestSchedulerMutant runs the suite on the mutant that the environment names.
func TestSchedulerMutant(t *testing.T) {
	name := os.Getenv(schedulerMutantVariable)
	if name == "" {
		t.Log("runs only as a part of TestEverySchedulerTestCanFail")
		return
	}
	m, ok := schedulerMutants[name]
	require.True(t, ok)
	orchtest.Scheduler(t, orchtest.SchedulerHarness{New: func(*testing.T) scheduler.Scheduler {
		return &defectiveScheduler{schedulerMutant: m, nodes: make(map[string]string), texts: make(map[string]string)}
	}})
}

// bare hides what a scheduler can do besides.
type bare struct{ scheduler.Scheduler }

// A scheduler that is nothing but a Scheduler passes as well, with fewer tests; so does
// one that has its own idea of which nodes are good enough.
func TestSchedulerOfItsOwnKind(t *testing.T) {
	orchtest.Scheduler(t, orchtest.SchedulerHarness{New: func(*testing.T) scheduler.Scheduler { return bare{new(scheduler.Policy)} }})
	orchtest.Scheduler(t, orchtest.SchedulerHarness{
		New:   func(*testing.T) scheduler.Scheduler { return firstByName{} },
		Pod:   named,
		Fits:  func(*scheduler.Request, *scheduler.Candidate) scheduler.Reason { return scheduler.Reason{} },
		Alone: true,
	})
}

// firstByName minds neither whether a node is ready nor how much it has left.
type firstByName struct{}

func (firstByName) Pick(_ *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	for n := range c.Nodes() {
		return scheduler.Decision{Node: n.Node.Name, Nodes: c.Len()}
	}
	return scheduler.Decision{}
}

// schedulerMutant is one defect: what is done in place of a method, and the tests that must fail.
type schedulerMutant struct {
	fails   []string
	pick    func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision
	group   func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) string
	preempt func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption
	explain func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) []scheduler.Verdict
	atOnce  bool // pick is called for several pods at the same time, and minds what it shares
}

// defectiveScheduler is a scheduler that works, with a defect.
type defectiveScheduler struct {
	scheduler.Policy
	schedulerMutant
	first *scheduler.Cluster // what it remembers, and should not
	nodes map[string]string
	texts map[string]string
	calls atomic.Int64
	one   sync.Mutex // or a mutant that remembers something may crash, and fail no test
}

func (d *defectiveScheduler) Pick(p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	if d.pick != nil {
		if !d.atOnce {
			d.one.Lock()
			defer d.one.Unlock()
		}
		return d.pick(d, p, c)
	}
	return d.Policy.Pick(p, c)
}

func (d *defectiveScheduler) Group(p *pod.Pod, c *scheduler.Cluster) string {
	if d.group != nil {
		return d.group(d, p, c)
	}
	return d.Policy.Group(p, c)
}

func (d *defectiveScheduler) Preempt(p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
	if d.preempt != nil {
		return d.preempt(d, p, c, on)
	}
	return d.Policy.Preempt(p, c, on)
}

func (d *defectiveScheduler) Explain(p *pod.Pod, c *scheduler.Cluster) []scheduler.Verdict {
	if d.explain != nil {
		return d.explain(d, p, c)
	}
	return d.Policy.Explain(p, c)
}
