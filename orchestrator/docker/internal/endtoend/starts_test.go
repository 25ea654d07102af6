package endtoend_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"
)

// starts counts how often each container of an instance was started, by the
// engine's own account of it. Names are those of attempts: pod, container, restart count.
type starts struct {
	mu    sync.Mutex
	names map[string]map[int64]bool // the times of the starts, of which a stream that was opened again may tell twice
}

// countStarts counts from now until the test ends. The stream of events is opened
// in the background, so it is asked for what was meanwhile.
func countStarts(t testing.TB, client *engine.Client, instance string) *starts {
	t.Helper()
	s := &starts{names: make(map[string]map[int64]bool)}
	events := make(chan *engine.APIEvents, 4096)
	now := time.Now()
	require.NoError(t, client.AddEventListenerWithOptions(engine.EventsOptions{
		Since:   fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond()),
		Filters: map[string][]string{"type": {"container"}, "event": {"start"}, "label": {label(instance)}},
	}, events))
	t.Cleanup(func() { client.RemoveEventListener(events) })
	go func() {
		for e := range events {
			if name := e.Actor.Attributes["name"]; !strings.HasSuffix(name, "_infra") {
				s.mu.Lock()
				if s.names[name] == nil {
					s.names[name] = make(map[int64]bool)
				}
				s.names[name][e.TimeNano] = true
				s.mu.Unlock()
			}
		}
	}()
	return s
}

// requireOnce checks that none was started twice, and returns how many there were.
func (s *starts) requireOnce(t testing.TB) int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, times := range s.names {
		require.Len(t, times, 1, "container %s was started more than once", name)
	}
	return len(s.names)
}

// knows says whether all names were started.
func (s *starts) knows(names []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if len(s.names[name]) == 0 {
			return false
		}
	}
	return true
}

// requireKnown waits until the starts of all the containers were told, so that
// the count is no count of nothing.
func (s *starts) requireKnown(t testing.TB, list []engine.APIContainers) {
	t.Helper()
	var names []string
	for _, c := range list {
		if name := strings.TrimPrefix(c.Names[0], "/"); !strings.HasSuffix(name, "_infra") {
			names = append(names, name)
		}
	}
	require.Eventually(t, func() bool { return s.knows(names) }, patience, 10*time.Millisecond)
}
