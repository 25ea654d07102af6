package orchestrator

import (
	"cmp"
	"slices"
	"time"
)

// calls are the work that was given out and has not come back.
type calls struct {
	last  uint64           // the newest ID
	under []outstanding    // by ID; most have no more than a few
	ended int              // how many of them have
	byPod map[string]*call // by uid: those that guard something of the pod, each with the next
}

// outstanding is a call and its ID; no call: it has ended.
type outstanding struct {
	id uint64
	*call
}

// call is one work under way.
type call struct {
	Work
	machine   *machine
	since     time.Time
	next      *call // of the same pod
	guards    bool  // it has what it is about to itself: it is among those of its pod
	slow      bool  // said so already
	lost      bool  // a Stop that makes sure of a container which is no longer listed
	cancelled bool  // its end was asked for
}

// find returns the call under way for a container attempt, or for a pod's
// removal where ref has only its UID; nil where there is none.
func (c *calls) find(ref ContainerRef) *call {
	x := c.byPod[ref.UID]
	for x != nil && x.Ref != ref {
		x = x.next
	}
	return x
}

// on returns the call under way that has the container of an attempt to itself: for
// any of its attempts, or the removal of its pod; nil where there is none.
func (c *calls) on(ref ContainerRef) *call {
	x := c.byPod[ref.UID]
	for x != nil && x.Ref.Container != ref.Container && x.Kind != WorkRemove {
		x = x.next
	}
	return x
}

// busy reports whether anything is under way for a pod.
func (c *calls) busy(uid string) bool { return c.byPod[uid] != nil }

// add takes in a call that is newer than all others. The one that it cancels, to do
// something else with the same, gives that up to it.
func (c *calls) add(x *call) {
	c.under = append(c.under, outstanding{x.ID, x})
	switch x.Kind {
	case WorkStart, WorkStop, WorkRemove:
	default:
		return
	}
	if c.byPod == nil {
		c.byPod = make(map[string]*call)
	}
	if old := c.find(x.Ref); old != nil && old.ID == x.Cancel {
		c.release(old)
	}
	x.guards, x.next = true, c.byPod[x.Ref.UID]
	c.byPod[x.Ref.UID] = x
}

// end removes and returns a call; nil where the engine does not wait for it
// (any more), as for a result that comes twice.
func (c *calls) end(id uint64) *call {
	at, found := slices.BinarySearchFunc(c.under, id, func(o outstanding, id uint64) int { return cmp.Compare(o.id, id) })
	if !found || c.under[at].call == nil {
		return nil
	}
	x := c.under[at].call
	c.under[at].call = nil
	if c.ended++; c.ended > len(c.under)/2 {
		c.under = slices.DeleteFunc(c.under, func(o outstanding) bool { return o.call == nil })
		c.ended = 0
	}
	return x
}

// release ends that a call has something to itself.
func (c *calls) release(x *call) {
	first := c.byPod[x.Ref.UID]
	switch {
	case first != x:
		for first.next != x {
			first = first.next
		}
		first.next = x.next
	case x.next == nil:
		delete(c.byPod, x.Ref.UID)
	default:
		c.byPod[x.Ref.UID] = x.next
	}
	x.guards, x.next = false, nil
}

// ask gives out work.
func (e *Engine) ask(m *machine, w Work) *call {
	e.calls.last++
	w.ID, w.Node = e.calls.last, m.name
	e.work = append(e.work, w)
	if w.Kind == WorkCancel || w.Kind == WorkForget {
		return nil
	}
	x := &m.list // there is only one
	if w.Kind != WorkList {
		x = new(call)
	}
	*x = call{Work: w, machine: m, since: e.now}
	e.calls.add(x)
	m.calls = append(m.calls, x)
	return x
}

// ended removes and returns a call; nil where nobody waits for its result.
func (e *Engine) ended(id uint64) *call {
	c := e.calls.end(id)
	if c == nil {
		return nil
	}
	at := slices.Index(c.machine.calls, c)
	c.machine.calls = slices.Delete(c.machine.calls, at, at+1)
	switch {
	case c.guards:
		e.calls.release(c)
	case c.Kind == WorkStart || c.Kind == WorkStop || c.Kind == WorkRemove:
		return nil // it was replaced
	}
	return c
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
	c := e.ended(r.Work)
	if c == nil {
		return
	}
	switch m := c.machine; c.Kind {
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
		e.nodes.add(m)
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
		if n := m.node; n != nil {
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
