package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// kills are the processes that chaos has killed, and when.
type kills struct {
	mu sync.Mutex
	at map[string]time.Time // by id
}

// note notes that a process is killed now.
func (k *kills) note(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at == nil {
		k.at = make(map[string]time.Time)
	}
	k.at[id] = time.Now()
}

// before says whether a process had been killed by a time.
func (k *kills) before(id string, at time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	killed, ok := k.at[id]
	return ok && !killed.After(at)
}

// chaos kills a random container's process every so often, until ctx ends.
func chaos(ctx context.Context, client *orchestrator.Client, every time.Duration, killed *kills) {
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
			pid := pids[rand.IntN(len(pids))]
			killed.note(strconv.Itoa(pid))
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
