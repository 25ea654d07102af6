package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// recovery is how long after the last kill everything must be well again, and
// how long the end of everything may take beside the pods' own grace.
const recovery = 30 * time.Second

// verdict returns what is not as asked, if the run was to end by itself. What
// was killed last has some time to come back.
func verdict(ctx context.Context, opt options, client *orchestrator.Client, objects []labels.Object) error {
	if opt.For == 0 || ctx.Err() != nil {
		return nil // Ctrl-C: nobody asks
	}
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	if client.Wait(ctx, func(store.Reader) bool { return missing(client, objects) == nil }) == nil {
		return nil
	}
	return missing(client, objects)
}

// missing returns what of the objects is not as asked.
func missing(client *orchestrator.Client, objects []labels.Object) error {
	var errs []error
	for _, o := range objects {
		switch o := o.(type) {
		case *replication.Controller:
			c, err := client.Controllers().Get(o.Namespace, o.Name)
			if err == nil && c.Status.ReadyReplicas != *c.Spec.Replicas {
				err = fmt.Errorf("%d of %d replicas of %q are ready", c.Status.ReadyReplicas, *c.Spec.Replicas, c.Name)
			}
			errs = append(errs, err)
		case *pod.Pod:
			p, err := client.Pods().Get(o.Namespace, o.Name)
			if err == nil && p.Status.Phase != pod.Succeeded && !p.Status.Is(pod.Ready) {
				err = fmt.Errorf("pod %q is %s and not ready", p.Name, p.Status.Phase)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// shutDown deletes everything that runs, of earlier runs as well, and waits until it has ended.
func shutDown(client *orchestrator.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), recovery+longestGrace(client))
	defer cancel()
	var deletions []orchestrator.Operation
	for _, c := range client.Controllers().List(store.Filter{}) {
		deletions = append(deletions, orchestrator.Operation{
			Verb: orchestrator.Delete, Kind: store.KindController, Namespace: c.Namespace, Name: c.Name,
			Options: orchestrator.DeleteOptions{Cascade: true},
		})
	}
	if _, err := client.Do(ctx, deletions...); err != nil {
		return err
	}
	for _, p := range client.Pods().List(store.Filter{}) {
		err := client.Pods().Delete(ctx, p.Namespace, p.Name, orchestrator.DeleteOptions{})
		if err != nil && !errors.Is(err, orchestrator.ErrNotFound) {
			return err
		}
	}
	err := client.Wait(ctx, func(view store.Reader) bool { return view.Pods().Len() == 0 })
	if err != nil {
		return fmt.Errorf("%d pods have not ended in time: %w", client.View().Pods().Len(), err)
	}
	return nil
}

// longestGrace returns the most that a pod may take to end.
func longestGrace(client *orchestrator.Client) time.Duration {
	var longest int64
	for p := range client.View().Pods().All(store.Filter{}) {
		if grace := p.Spec.TerminationGracePeriodSeconds; grace != nil {
			longest = max(longest, *grace)
		}
	}
	return time.Duration(longest) * time.Second
}
