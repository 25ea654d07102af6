package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/replication"
)

// everything is the filter that chooses all.
var everything store.Filter

// update replaces the pods of each controller by new ones, one by one, every so
// often until ctx ends.
func update(ctx context.Context, client *orchestrator.Client, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, c := range client.Controllers().List(everything) {
			if err := replace(ctx, client, c, n); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "update:", err)
			}
		}
	}
}

// replace moves the pods of a controller to a new one, as replication.Rollout
// says, and deletes the old one.
func replace(ctx context.Context, client *orchestrator.Client, from *replication.Controller, n int) error {
	version := fmt.Sprintf("v%d", n)
	to := from.Copy()
	to.Meta = labels.Meta{Namespace: from.Namespace, Name: fmt.Sprintf("web-%s", version)}
	to.Spec.Replicas = new(int)
	to.Spec.Selector["version"], to.Spec.Template.Labels["version"] = version, version
	to.Status = replication.Status{}
	to, err := client.Controllers().Create(ctx, to)
	if err != nil {
		return err
	}
	rolling := replication.Rolling{Replicas: *from.Spec.Replicas}
	var last error
	err = client.Wait(ctx, func(view store.Reader) bool {
		was, err1 := view.Controllers().Get(from.Namespace, from.Name)
		is, err2 := view.Controllers().Get(to.Namespace, to.Name)
		if err1 != nil || err2 != nil {
			return true
		}
		step := replication.Rollout(was, is, view.Pods().List(everything), rolling, time.Now())
		last = scale(ctx, client, was, step.From)
		if last == nil {
			last = scale(ctx, client, is, step.To)
		}
		return step.Done || last != nil
	})
	if err != nil || last != nil {
		return fmt.Errorf("replace %q by %q: %w", from.Name, to.Name, first(err, last))
	}
	return client.Controllers().Delete(ctx, from.Namespace, from.Name, orchestrator.DeleteOptions{})
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// scale makes a controller ask for so many pods.
func scale(ctx context.Context, client *orchestrator.Client, c *replication.Controller, replicas int) error {
	if *c.Spec.Replicas == replicas {
		return nil
	}
	_, err := client.Controllers().Patch(ctx, c.Namespace, c.Name, func(c *replication.Controller) error {
		c.Spec.Replicas = &replicas
		return nil
	})
	return err
}
