package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// sights is what was seen of the pods' addresses.
type sights struct {
	mu        sync.Mutex
	addresses map[string]string // by pod uid
	changes   []string          // of addresses, which should never change
}

// watch prints what happens, until ctx ends.
func watch(ctx context.Context, client *orchestrator.Client) *sights {
	s := &sights{addresses: make(map[string]string)}
	go func() {
		last := make(map[string]string)
		for change, err := range client.Pods().Watch(ctx, store.Filter{}, 0) {
			if err != nil {
				return
			}
			p := change.Object
			s.note(p)
			line := describe(p)
			if change.Type == store.Deleted {
				line = "gone"
			}
			if last[p.UID] != line {
				last[p.UID] = line
				fmt.Printf("%s pod    %s  %s\n", clock(), p.Name, line)
			}
		}
	}()
	go func() {
		for e := range client.WatchEvents(ctx, orchestrator.EventFilter{}) {
			fmt.Printf("%s event  %s: %s: %s\n", clock(), e.InvolvedObject.Name, e.Reason, e.Message)
		}
	}()
	return s
}

// describe says how a pod is, on one line.
func describe(p *pod.Pod) string {
	parts := []string{string(p.Status.Phase), p.Status.PodIP}
	for _, c := range p.Status.ContainerStatuses {
		ready := "not ready"
		if c.Ready {
			ready = "ready"
		}
		parts = append(parts, fmt.Sprintf("%s %s, %d restarts", c.Name, ready, c.RestartCount))
	}
	return strings.Join(parts, "  ")
}

func (s *sights) note(p *pod.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, is := s.addresses[p.UID], p.Status.PodIP
	if was != "" && is != was {
		s.changes = append(s.changes, fmt.Sprintf("pod %s had address %s, and then %s", p.Name, was, is))
	}
	s.addresses[p.UID] = is
}

// moved returns an error that names the pods that changed their address.
func (s *sights) moved() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.changes) == 0 {
		return nil
	}
	return fmt.Errorf("addresses changed: %s", strings.Join(s.changes, "; "))
}
