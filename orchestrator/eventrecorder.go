package orchestrator

import (
	"slices"
	"strconv"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// recorder counts events: one that says the same of the same object again gets
// a higher count instead of a new name. It remembers the newest, up to a limit.
type recorder struct {
	limit  int
	seq    uint64
	known  map[eventKey]*remembered
	recent remembered     // the ends of the list: after it comes the one least recently seen
	fresh  []labels.Event // since the last take
	last   int            // how many the last take took
}

// remembered is an event in the order in which they were seen last.
type remembered struct {
	labels.Event
	before, after *remembered
}

// eventKey is what two events that say the same have in common: the uid of the
// object, since a name can come again; what has none is told by kind and name.
type eventKey struct {
	kind, name, uid, reason, message string
}

// record notes that something happened to an object.
func (r *recorder) record(o labels.Object, component, host string, what labels.Event, now time.Time) {
	refer(&what, o)
	r.tell(what, component, host, now)
}

// once is record for what happens to an object only once, and need not be remembered.
func (r *recorder) once(o labels.Object, component, reason, message string, now time.Time) {
	r.fresh = append(r.fresh, labels.Event{Reason: reason, Message: message})
	event := &r.fresh[len(r.fresh)-1] // where it is made: events are large
	refer(event, o)
	r.begin(event, component, "", now)
}

// refer says which object an event is about.
func refer(event *labels.Event, o labels.Object) {
	m := o.Identity()
	event.Namespace = m.Namespace
	event.InvolvedObject = labels.Reference{
		APIVersion: "v1", Kind: string(store.KindOf(o)), Namespace: m.Namespace, Name: m.Name,
		UID: m.UID, ResourceVersion: m.ResourceVersion,
	}
}

// begin gives a new event its name and all that it begins with.
func (r *recorder) begin(event *labels.Event, component, host string, now time.Time) {
	r.seq++
	event.Name = event.InvolvedObject.Name + "." + strconv.FormatUint(r.seq, 16)
	event.CreationTimestamp, event.FirstTimestamp, event.LastTimestamp = now, now, now
	event.Count = 1
	event.Source = labels.EventSource{Component: component, Host: host}
	if event.Type == "" {
		event.Type = labels.Normal
	}
}

// tell notes that something happened to what the event names.
func (r *recorder) tell(event labels.Event, component, host string, now time.Time) {
	if r.known == nil {
		r.known = make(map[eventKey]*remembered)
		r.recent.before, r.recent.after = &r.recent, &r.recent
	}
	key := keyOfEvent(&event)
	x := r.known[key]
	if x != nil {
		x.unlink()
		x.Count++
		x.LastTimestamp = now
	} else {
		x = r.room()
		x.Event = event
		r.begin(&x.Event, component, host, now)
		r.known[key] = x
	}
	x.link(&r.recent)
	r.fresh = append(r.fresh, x.Event)
}

// room returns a place for a new event: at the limit that of the one that was
// least recently seen.
func (r *recorder) room() *remembered {
	if len(r.known) < r.limit {
		return new(remembered)
	}
	oldest := r.recent.after
	oldest.unlink()
	delete(r.known, keyOfEvent(&oldest.Event))
	return oldest
}

// link puts x before the end of the list.
func (x *remembered) link(end *remembered) {
	x.before, x.after = end.before, end
	end.before.after, end.before = x, x
}

func (x *remembered) unlink() { x.before.after, x.after.before = x.after, x.before }

func keyOfEvent(e *labels.Event) eventKey {
	o := &e.InvolvedObject
	if o.UID != "" {
		return eventKey{uid: o.UID, reason: e.Reason, message: e.Message}
	}
	return eventKey{kind: o.Kind, name: o.Name, reason: e.Reason, message: e.Message}
}

// expect makes room for so many events, and if they are the first, for as many as came last time.
func (r *recorder) expect(n int) {
	if r.fresh == nil {
		n = max(n, r.last)
	}
	r.fresh = slices.Grow(r.fresh, n)
}

// take returns the events since the last take, in order.
func (r *recorder) take() []labels.Event {
	fresh := r.fresh
	r.fresh, r.last = nil, len(fresh)
	return fresh
}
