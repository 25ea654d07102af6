package orchestrator

import (
	"slices"
	"time"
)

// calls are the work that was given out and has not come back.
type calls struct {
	last   uint64 // the newest ID
	byID   map[uint64]*call
	byRef  map[ContainerRef]*call // Start and Stop; Remove under the uid alone
	perPod map[string]int         // how many of byRef each pod has
}

// call is one work under way.
type call struct {
	Work
	since     time.Time
	slow      bool // said so already
	lost      bool // a Stop that makes sure of a container which is no longer listed
	cancelled bool // its end was asked for
}

// find returns the call under way for a container attempt, or for a pod's
// removal where ref has only its UID; nil where there is none.
func (c *calls) find(ref ContainerRef) *call { return c.byRef[ref] }

// busy reports whether anything is under way for a pod.
func (c *calls) busy(uid string) bool { return c.perPod[uid] > 0 }

func (c *calls) add(w Work, now time.Time) *call {
	if c.byID == nil {
		c.byID = make(map[uint64]*call)
		c.byRef = make(map[ContainerRef]*call)
		c.perPod = make(map[string]int)
	}
	entry := &call{Work: w, since: now}
	c.byID[w.ID] = entry
	if ref, ok := w.guards(); ok {
		if c.byRef[ref] == nil {
			c.perPod[ref.UID]++
		}
		c.byRef[ref] = entry
	}
	return entry
}

// end removes and returns a call; nil where the engine does not wait for it
// (any more): a result that comes twice, or after the work was replaced.
func (c *calls) end(id uint64) *call {
	entry := c.byID[id]
	if entry == nil {
		return nil
	}
	delete(c.byID, id)
	if ref, ok := entry.guards(); ok {
		if c.byRef[ref] != entry {
			return nil // replaced
		}
		delete(c.byRef, ref)
		if c.perPod[ref.UID]--; c.perPod[ref.UID] == 0 {
			delete(c.perPod, ref.UID)
		}
	}
	return entry
}

// guards returns what the work has to itself while it is under way.
func (w Work) guards() (ContainerRef, bool) {
	switch w.Kind {
	case WorkStart, WorkStop:
		return w.Ref, true
	case WorkRemove:
		return ContainerRef{UID: w.Ref.UID}, true
	}
	return ContainerRef{}, false
}

// ask gives out work.
func (e *Engine) ask(m *machine, w Work) *call {
	e.calls.last++
	w.ID, w.Node = e.calls.last, m.name
	e.work = append(e.work, w)
	if w.Kind == WorkCancel || w.Kind == WorkForget {
		return nil
	}
	entry := e.calls.add(w, e.now)
	m.calls = append(m.calls, entry)
	return entry
}

// applyTo takes in the end of a work.
func (r Result) applyTo(e *Engine, now time.Time) {
	if r.Work == e.sync.asking && r.Work != 0 {
		e.instances(r, now)
		return
	}
	if e.balanced(r, now) {
		return
	}
	c := e.calls.end(r.Work)
	if c == nil {
		return
	}
	m := e.machines[c.Node]
	if m == nil {
		return // the node was deleted meanwhile
	}
	m.calls = slices.DeleteFunc(m.calls, func(x *call) bool { return x.ID == c.ID })
	switch c.Kind {
	case WorkList:
		e.listed(m, c, r, now)
	case WorkStart:
		e.started(m, c, r.Err, now)
	case WorkStop:
		e.stopped(m, c, r.Err, now)
	case WorkRemove:
		e.removed(m, c, r.Err, now)
	case WorkProbe:
		e.probed(c, r.Err, now)
	case WorkHook:
		e.hooked(c, r.Err, now)
	}
}

// applyTo lists the node soon.
func (h Hint) applyTo(e *Engine, _ time.Time) {
	if m := e.machines[h.Node]; m != nil {
		m.relist = true
		e.nodes.add(h.Node)
	}
}

// reportSlow says of each call on a machine that it takes long, once: half of
// the time after which its context ends.
func (e *Engine) reportSlow(m *machine, now time.Time) {
	for _, c := range m.calls {
		if c.Kind == WorkList && now.Sub(c.since) >= e.cfg.Node.CheckPeriod {
			e.checked(m) // it hangs: others may go on
		}
		if c.slow || now.Sub(c.since) < e.cfg.CallTimeout/2+c.Grace {
			continue
		}
		c.slow = true
		if c.Kind == WorkHook {
			e.tellHanging(c, now)
			continue
		}
		if n, err := e.head().Nodes().Get("", m.name); err == nil {
			e.event(n, "node", m.name, warning("RuntimeHangs", "%s has not returned for %s", c.subject(), now.Sub(c.since)))
		}
	}
}

// subject names the call for people.
func (c *call) subject() string {
	switch c.Kind {
	case WorkList:
		return "listing the containers"
	case WorkStart:
		return "starting container " + c.Ref.Container + " of pod " + c.Pod.Namespace + "/" + c.Pod.Name
	case WorkStop:
		return "stopping container " + c.Ref.Container + " of pod " + c.Ref.UID
	case WorkRemove:
		return "removing pod " + c.Ref.UID
	case WorkHook:
		return "the " + hookField(c.Hook.Kind) + " hook of container " + c.Ref.Container
	}
	return "probing container " + c.Ref.Container + " of pod " + c.Ref.UID
}
