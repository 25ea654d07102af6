package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	engine "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// chaos has the engine kill a random container every so often, until ctx ends.
func chaos(ctx context.Context, client *orchestrator.Client, docker *engine.Client, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var ids []string
		for p := range client.View().Pods().All(store.Filter{}) {
			for _, s := range p.Status.ContainerStatuses {
				if s.State.Running != nil {
					ids = append(ids, s.ContainerID)
				}
			}
		}
		if len(ids) == 0 {
			continue
		}
		id := ids[rand.IntN(len(ids))]
		err := docker.KillContainer(engine.KillContainerOptions{ID: id, Signal: engine.SIGKILL, Context: ctx})
		fmt.Printf("%s chaos  killed container %.12s: %v\n", clock(), id, err)
	}
}

func clock() string { return time.Now().Format("15:04:05.000") }
