package orchestrator

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"sync"

	"github.com/coracle-dev/coracle/labels"
)

// eventLog keeps the newest events for readers, up to a limit, and wakes those
// that wait for more. A reader never holds up the writer.
type eventLog struct {
	mu     sync.RWMutex
	limit  int
	events []labels.Event // in the order in which they came, at most twice the limit
	first  int            // the number of events[0]
	more   chan struct{}  // closed when events come
}

func newEventLog(limit int) *eventLog {
	return &eventLog{limit: limit, more: make(chan struct{})}
}

func (l *eventLog) append(events []labels.Event) {
	if len(events) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
	if len(l.events) > 2*l.limit {
		drop := len(l.events) - l.limit
		l.events = append([]labels.Event(nil), l.events[drop:]...) // readers may hold the old array
		l.first += drop
	}
	close(l.more)
	l.more = make(chan struct{})
}

// from returns the events from a number on, the number of the next one, and a
// channel that closes when there is one.
func (l *eventLog) from(number int) ([]labels.Event, int, <-chan struct{}) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	start := min(max(0, number-l.first), len(l.events))
	return l.events[start:len(l.events):len(l.events)], l.first + len(l.events), l.more
}

// EventFilter chooses events by the object they are about. The zero value chooses all.
type EventFilter struct {
	Kind      string // of the object: "Pod", "Node", …
	Namespace string
	Name      string
	UID       string
	Reason    string
}

func (f EventFilter) matches(e *labels.Event) bool {
	o := &e.InvolvedObject
	return (f.Kind == "" || f.Kind == o.Kind) &&
		(f.Namespace == "" || f.Namespace == o.Namespace) &&
		(f.Name == "" || f.Name == o.Name) &&
		(f.UID == "" || f.UID == o.UID) &&
		(f.Reason == "" || f.Reason == e.Reason)
}

// Events returns what happened to the objects that the filter chooses, least
// recent first. An event that happened often is there once, with its count.
func (c *Client) Events(f EventFilter) []labels.Event {
	all, _, _ := c.o.events.from(0)
	seen := make(map[string]bool)
	var newest []labels.Event
	for i := len(all) - 1; i >= 0; i-- {
		if e := &all[i]; f.matches(e) && !seen[e.Namespace+"/"+e.Name] {
			seen[e.Namespace+"/"+e.Name] = true
			newest = append(newest, *e)
		}
	}
	slices.Reverse(newest)
	return newest
}

// WatchEvents yields the events that the filter chooses: those that are kept,
// then every new one as it happens, until ctx ends. An event that happens again
// comes again with a higher count. A loop that is too slow misses some.
func (c *Client) WatchEvents(ctx context.Context, f EventFilter) iter.Seq[labels.Event] {
	return func(yield func(labels.Event) bool) {
		next := 0
		for {
			events, after, more := c.o.events.from(next)
			for i := range events {
				if f.matches(&events[i]) && !yield(events[i]) {
					return
				}
			}
			next = after
			select {
			case <-ctx.Done():
				return
			case <-more:
			}
		}
	}
}

// logEvent writes one event to a logger: warnings as such, the rest for debugging.
func logEvent(ctx context.Context, logger *slog.Logger, e *labels.Event) {
	level := slog.LevelDebug
	if e.Type == labels.Warning {
		level = slog.LevelWarn
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	o := &e.InvolvedObject
	logger.LogAttrs(ctx, level, e.Message, slog.String("reason", e.Reason), slog.String("kind", o.Kind),
		slog.String("namespace", o.Namespace), slog.String("name", o.Name), slog.Int("count", e.Count))
}
