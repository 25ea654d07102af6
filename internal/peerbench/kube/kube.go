// Package kube places the workload with kube-scheduler.
package kube

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/kubernetes/pkg/scheduler"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
)

// Default runs the scheduler with its own settings. On more than 100 nodes it stops
// looking when it has found a share of them feasible: 10 % on 5,000.
func Default(s workload.Size) (workload.Result, error) { return run(s, 0) }

// EveryNode runs the scheduler with percentageOfNodesToScore at 100, so that it
// chooses the best of all nodes.
func EveryNode(s workload.Size) (workload.Result, error) { return run(s, 100) }

// patience is how long a run waits for the next binding before it gives up.
const patience = time.Minute

// run times the scheduler's own loop with all pods in its queue. The first tenth of
// the pods does not count: with the first one the scheduler copies the cluster.
func run(s workload.Size, percentage int32) (workload.Result, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := newServer(s)
	client := server.client()
	informers := scheduler.NewInformerFactory(client, 0, nil)
	sched, err := scheduler.New(ctx, client, informers, nil, silent, scheduler.WithPercentageOfNodesToScore(&percentage))
	if err != nil {
		return workload.Result{}, err
	}
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	if err := sched.WaitForHandlersSync(ctx); err != nil {
		return workload.Result{}, err
	}
	runtime.GC()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		sched.Run(ctx)
	}()
	defer func() {
		cancel()
		<-ended
		informers.Shutdown()
	}()

	first := s.Pods / 10
	if err := server.wait(first); err != nil {
		return workload.Result{}, err
	}
	watch := workload.Start()
	if err := server.wait(s.Pods - first); err != nil {
		return workload.Result{}, err
	}
	return watch.Stop(s.Pods - first), s.Check(server.placements())
}

// silent returns a recorder that drops all events.
func silent(string) events.EventRecorderLogger { return &events.FakeRecorder{} }

// wait waits for as many bindings.
func (v *server) wait(n int) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for i := range n {
		select {
		case <-v.bound:
			timer.Reset(patience)
		case <-timer.C:
			return fmt.Errorf("%d of %d pods were bound, and no other within %v", i, n, patience)
		}
	}
	return nil
}
