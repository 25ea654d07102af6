package orchestrator

import (
	"container/list"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// recorder counts events: one that says the same of the same object again gets
// a higher count instead of a new name. It remembers the newest, up to a limit.
type recorder struct {
	limit  int
	seq    uint64
	known  map[eventKey]*list.Element // of labels.Event
	recent list.List                  // least recently seen first
	fresh  []labels.Event             // since the last take
}

type eventKey struct {
	kind                 store.Kind
	uid, reason, message string
}

// record notes that something happened to an object.
func (r *recorder) record(o labels.Object, component, host string, what labels.Event, now time.Time) {
	if r.known == nil {
		r.known = make(map[eventKey]*list.Element)
	}
	m, kind := o.Identity(), store.KindOf(o)
	key := eventKey{kind, m.UID, what.Reason, what.Message}
	if old, ok := r.known[key]; ok {
		event := old.Value.(labels.Event)
		event.Count++
		event.LastTimestamp = now
		old.Value = event
		r.recent.MoveToBack(old)
		r.fresh = append(r.fresh, event)
		return
	}
	r.seq++
	event := labels.Event{
		Meta: labels.Meta{
			Name:              fmt.Sprintf("%s.%x", m.Name, r.seq),
			Namespace:         m.Namespace,
			CreationTimestamp: now,
		},
		InvolvedObject: labels.Reference{
			APIVersion: "v1", Kind: string(kind), Namespace: m.Namespace, Name: m.Name,
			UID: m.UID, ResourceVersion: m.ResourceVersion,
		},
		Type:           what.Type,
		Reason:         what.Reason,
		Message:        what.Message,
		Count:          1,
		FirstTimestamp: now,
		LastTimestamp:  now,
		Source:         labels.EventSource{Component: component, Host: host},
	}
	if event.Type == "" {
		event.Type = labels.Normal
	}
	r.known[key] = r.recent.PushBack(event)
	r.fresh = append(r.fresh, event)
	if r.recent.Len() > r.limit {
		oldest := r.recent.Front()
		gone := r.recent.Remove(oldest).(labels.Event)
		delete(r.known, eventKey{store.Kind(gone.InvolvedObject.Kind), gone.InvolvedObject.UID, gone.Reason, gone.Message})
	}
}

// take returns the events since the last take, in order.
func (r *recorder) take() []labels.Event {
	fresh := r.fresh
	r.fresh = nil
	return fresh
}
