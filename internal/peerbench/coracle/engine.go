// Package coracle places the workload with the engine of this module.
package coracle

import (
	"fmt"
	"runtime"
	"time"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// Bind has an engine place all pods that wait in its store, and commit that: they
// are bound, and the events are recorded. As after a restart: the engine is restored
// with the pods, and its nodes are ready on record but their runtimes have not
// answered yet, so that nothing is started. The engine does it in parts of some
// thousand pods, each of which it publishes. A nil policy is the default one.
func Bind(s workload.Size, policy scheduler.Scheduler) (workload.Result, error) {
	return run(s, policy, false)
}

// BindAndStart is Bind where the runtimes have answered. The same step then also finds
// out that each container is to be started, records that in the status of its
// pod, and gives out the work.
func BindAndStart(s workload.Size, policy scheduler.Scheduler) (workload.Result, error) {
	return run(s, policy, true)
}

// settle is longer than an engine waits for its nodes before it schedules.
const settle = 3 * time.Second

func run(s workload.Size, policy scheduler.Scheduler, start bool) (workload.Result, error) {
	objects, revision, now, err := pending(s)
	if err != nil {
		return workload.Result{}, err
	}
	e, err := orchestrator.RestoreEngine(orchestrator.Config{Scheduler: policy}, objects, revision, now)
	if err != nil {
		return workload.Result{}, err
	}
	objects = nil // the collector is to see what an engine has, and no more
	work := step(e, now)
	var inputs []orchestrator.Input
	if start {
		inputs = append(inputs, answer(e, work, now)) // the engine waits for this one
	} else {
		now = now.Add(settle)
	}
	runtime.GC()

	watch := workload.Start()
	e.Apply(now, inputs...)
	work = step(e, now)
	result := watch.Stop(s.Pods)

	if err := e.Check(); err != nil {
		return result, err
	}
	starts := 0
	for _, w := range work {
		if w.Kind == orchestrator.WorkStart {
			starts++
		}
	}
	if start != (starts == s.Pods) {
		return result, fmt.Errorf("%d of %d pods are to be started", starts, s.Pods)
	}
	return result, s.Check(placements(e.Store().View()))
}

// step has the engine do all that there is to do at a time, part by part, and
// returns the work that it gives out.
func step(e *orchestrator.Engine, now time.Time) (work []orchestrator.Work) {
	for {
		ready := e.Step(now)
		e.Store().Publish()
		work = append(work, ready.Work...)
		if !ready.Wake.Equal(now) {
			return work
		}
	}
}
