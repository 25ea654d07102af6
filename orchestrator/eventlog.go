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
	mu    sync.RWMutex
	limit int
	told  []toldEvent   // in the order in which they came, at most twice the limit
	next  int           // the number of the next one
	more  chan struct{} // closed when events come
}

// toldEvent is an event as it was told, which may have been told again since.
type toldEvent struct {
	number int
	labels.Event
}

// id tells different events apart. An event that is told again has the same.
func (e *toldEvent) id() [2]string { return [2]string{e.Namespace, e.Name} }

func newEventLog(limit int) *eventLog {
	return &eventLog{limit: limit, more: make(chan struct{})}
}

// append adds events together with what show shows: who sees the one finds the other.
func (l *eventLog) append(events []labels.Event, show func()) {
	if len(events) == 0 {
		show()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	show()
	for i := range events {
		l.told = append(l.told, toldEvent{l.next, events[i]})
		l.next++
	}
	if len(l.told) > 2*l.limit {
		l.told = newest(l.told, l.limit)
	}
	close(l.more)
	l.more = make(chan struct{})
}

// newest returns the newest of each event, of at most so many events, in a new
// slice: readers may hold the old one.
func newest(told []toldEvent, limit int) []toldEvent {
	seen := make(map[[2]string]bool)
	var kept []toldEvent
	for i := len(told) - 1; i >= 0 && len(kept) < limit; i-- {
		if id := told[i].id(); !seen[id] {
			seen[id] = true
			kept = append(kept, told[i])
		}
	}
	slices.Reverse(kept)
	return kept
}

// from returns what was told from a number on, the number of the next one, and
// a channel that closes when there is one.
func (l *eventLog) from(number int) ([]toldEvent, int, <-chan struct{}) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	start, _ := slices.BinarySearchFunc(l.told, number, func(e toldEvent, n int) int { return e.number - n })
	return l.told[start:len(l.told):len(l.told)], l.next, l.more
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
// recent first. An event that happened often is there once, with its count. Events
// are there as soon as the objects are seen that changed with them, and no sooner.
func (c *Client) Events(f EventFilter) []labels.Event {
	told, _, _ := c.o.events.from(0)
	var chosen []labels.Event
	for _, e := range newest(told, len(told)) {
		if f.matches(&e.Event) {
			chosen = append(chosen, e.Event)
		}
	}
	return chosen
}

// WatchEvents yields the events that the filter chooses: those that are kept,
// then every new one as it happens, until ctx ends. An event that happens again
// comes again with a higher count. A loop that is too slow misses some. When Run has
// returned no more events come, and the loop still waits for ctx to end.
func (c *Client) WatchEvents(ctx context.Context, f EventFilter) iter.Seq[labels.Event] {
	return func(yield func(labels.Event) bool) {
		next := 0
		for {
			events, after, more := c.o.events.from(next)
			for i := range events {
				if e := &events[i].Event; f.matches(e) && !yield(*e) {
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
	switch {
	case e.Type == labels.Warning:
		level = slog.LevelWarn
	case e.Reason == EventRecovered:
		level = slog.LevelInfo
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	o := &e.InvolvedObject
	logger.LogAttrs(ctx, level, e.Message, slog.String("reason", e.Reason), slog.String("kind", o.Kind),
		slog.String("namespace", o.Namespace), slog.String("name", o.Name), slog.Int("count", e.Count))
}
