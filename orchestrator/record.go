package orchestrator

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
)

// Record tells that something happened to an object, in the name of a component
// such as "proxy": it appears among the events, like those of the orchestrator
// itself, and with the same count where it is said again. Of the event, type,
// reason and message are used, and of the object what it is called now. Nil: it
// happened to nothing in particular.
//
// It never blocks. Before Run some are kept until it runs; after Run they are dropped.
func (c *Client) Record(about labels.Object, component string, what labels.Event) {
	what.InvolvedObject, what.Namespace = labels.Reference{}, ""
	if !missing(about) {
		refer(&what, about) // now: the object is the caller's
	}
	o := c.o
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == running || o.state == idle && len(o.inbox) < maxToldIdle {
		o.inbox = append(o.inbox, told{component, what})
		o.poke()
	}
}

// maxToldIdle bounds the events that are kept before Run.
const maxToldIdle = 1024

// told is an event from outside the engine.
type told struct {
	component string
	what      labels.Event
}

func (t told) applyTo(e *Engine, now time.Time) {
	e.recorder.tell(t.what, t.component, "", now)
}
