package main

import (
	"context"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/replication"
)

// recovery is how long after the last kill everything must be ready again, and
// how long the end of everything may take.
const recovery = 30 * time.Second

// verdict returns what is not as asked, if the run was to end by itself. What
// was killed last has some time to come back.
func verdict(ctx context.Context, opt options, client *orchestrator.Client, c *replication.Controller) error {
	if opt.For == 0 || ctx.Err() != nil {
		return nil // Ctrl-C: nobody asks
	}
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	ready := func(view store.Reader) int {
		now, err := view.Controllers().Get(c.Namespace, c.Name)
		if err != nil {
			return 0
		}
		return now.Status.ReadyReplicas
	}
	want := *c.Spec.Replicas
	if err := client.Wait(ctx, func(view store.Reader) bool { return ready(view) == want }); err != nil {
		return fmt.Errorf("%d of %d pods are ready", ready(client.View()), want)
	}
	restarts := 0
	for p := range client.View().Pods().All(store.Filter{}) {
		for _, s := range p.Status.ContainerStatuses {
			restarts += s.RestartCount
		}
	}
	fmt.Printf("%s all %d pods are ready, after %d restarts of their containers\n", clock(), want, restarts)
	return nil
}

// shutDown deletes everything and waits until it has ended.
func shutDown(client *orchestrator.Client, c *replication.Controller) error {
	ctx, cancel := context.WithTimeout(context.Background(), recovery)
	defer cancel()
	if err := client.Controllers().Delete(ctx, c.Namespace, c.Name, orchestrator.DeleteOptions{Cascade: true}); err != nil {
		return err
	}
	err := client.Wait(ctx, func(view store.Reader) bool { return view.Pods().Len() == 0 })
	if err != nil {
		return fmt.Errorf("%d pods have not ended in time: %w", client.View().Pods().Len(), err)
	}
	return nil
}
