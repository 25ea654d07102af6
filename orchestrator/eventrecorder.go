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

// eventKey is what two events that say the same have in common. A name can
// come again with another uid; what has no uid is told by its name.
type eventKey struct {
	kind, name, uid, reason, message string
}

// record notes that something happened to an object.
func (r *recorder) record(o labels.Object, component, host string, what labels.Event, now time.Time) {
	m := o.Identity()
	what.Namespace = m.Namespace
	what.InvolvedObject = labels.Reference{
		APIVersion: "v1", Kind: string(store.KindOf(o)), Namespace: m.Namespace, Name: m.Name,
		UID: m.UID, ResourceVersion: m.ResourceVersion,
	}
	r.tell(what, component, host, now)
}

// tell notes that something happened to what the event names.
func (r *recorder) tell(event labels.Event, component, host string, now time.Time) {
	if r.known == nil {
		r.known = make(map[eventKey]*list.Element)
	}
	key := keyOfEvent(&event)
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
	event.Name = fmt.Sprintf("%s.%x", event.InvolvedObject.Name, r.seq)
	event.CreationTimestamp, event.FirstTimestamp, event.LastTimestamp = now, now, now
	event.Count = 1
	event.Source = labels.EventSource{Component: component, Host: host}
	if event.Type == "" {
		event.Type = labels.Normal
	}
	r.known[key] = r.recent.PushBack(event)
	r.fresh = append(r.fresh, event)
	if r.recent.Len() > r.limit {
		gone := r.recent.Remove(r.recent.Front()).(labels.Event)
		delete(r.known, keyOfEvent(&gone))
	}
}

func keyOfEvent(e *labels.Event) eventKey {
	o := &e.InvolvedObject
	return eventKey{o.Kind, o.Name, o.UID, e.Reason, e.Message}
}

// take returns the events since the last take, in order.
func (r *recorder) take() []labels.Event {
	fresh := r.fresh
	r.fresh = nil
	return fresh
}
