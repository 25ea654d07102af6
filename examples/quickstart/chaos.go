package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// chaos kills a random container's process every so often, until ctx ends.
func chaos(ctx context.Context, client *orchestrator.Client, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var pids []int
		for p := range client.View().Pods().All(store.Filter{}) {
			for _, s := range p.Status.ContainerStatuses {
				if pid, err := strconv.Atoi(s.ContainerID); err == nil && s.State.Running != nil {
					pids = append(pids, pid)
				}
			}
		}
		if len(pids) > 0 {
			syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL)
		}
	}
}
