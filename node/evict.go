package node

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
)

// ZoneState is how a zone is as a whole.
type ZoneState string

// The states of a zone.
const (
	ZoneNormal    ZoneState = "Normal"    // most of its nodes are ready, or there are few
	ZoneDisrupted ZoneState = "Disrupted" // at least three, and UnhealthyZone of it, are not
	ZoneDown      ZoneState = "Down"      // none is
)

// Eviction is what follows for the nodes that were lost.
type Eviction struct {
	// Nodes are to be given up now: those that are not Running, then zone by zone
	// the others, in each the one that was lost first in front. From now on [Zones.Evicted] says so of them.
	Nodes []string
	// Events of zones, and of the cluster: a Type, a Reason and a Message, and
	// an InvolvedObject of kind Zone, or of none.
	Events []labels.Event
	// Wake is when to evict again even if no standing changes. Zero: never.
	Wake time.Time
}

// Evict returns the nodes that are given up now, and takes it that they are.
// A node may be given up LostAfter its Since, and LostAfter a node became ready
// after none was. One node of a zone is, and then no other for a time that is up to the rate:
//
//	the zone                                      nodes per second   default
//	is normal                                     Rate               0.1
//	is disrupted, and has more than LargeZone     SlowRate           0.01
//	is disrupted, and has not                     0
//	is down, and others are not                   Rate               0.1
//	is down, and so is every other                0
//
// A zone is disrupted when at least three of its nodes, and at least
// UnhealthyZone (0.55) of them, are not ready; it is down when none is. Nodes
// that are not Running do not count, and wait for no other. This is what Kubernetes does, and why: a
// few lost nodes are replaced; when most of a zone is gone it is more likely the
// network, and moving everything at once would take the others down with it;
// a zone that is gone for good is replaced by the others; and when everything is
// gone, it is the one who looks. When it sees again, all get their time anew.
//
// Calling it again at the same time yields nothing. It costs the number of
// zones, and the logarithm of the lost nodes for each one that is given up.
func (z *Zones) Evict(r Rules, now time.Time) Eviction {
	r = r.Defaults()
	var e Eviction
	z.tell(&e)
	if z.ready > 0 {
		z.evict(&z.idle, nil, 0, r, now, &e)
	}
	for _, of := range z.zones {
		state := of.state(r)
		of.tell(state, r, &e)
		rate := of.rate(state, r)
		wait, ok := gap(rate)
		if z.ready == 0 || !ok {
			continue
		}
		z.evict(&of.queue, &of.last, wait, r, now, &e)
	}
	return e
}

// evict gives up nodes of a queue, with a wait between two and after the last; nil: without one.
func (z *Zones) evict(q *queue, last *time.Time, wait time.Duration, r Rules, now time.Time, e *Eviction) {
	for len(*q) > 0 {
		m := (*q)[0]
		at := later(earlier(m.Since, now), earlier(z.anew, now)).Add(r.LostAfter)
		if last != nil && !last.IsZero() {
			at = later(at, earlier(*last, now).Add(wait))
		}
		if at.After(now) {
			if e.Wake.IsZero() || at.Before(e.Wake) {
				e.Wake = at
			}
			return
		}
		m.dequeue()
		m.evicted = true
		e.Nodes = append(e.Nodes, m.name)
		if last != nil {
			*last = now
		}
	}
}

// State returns how a zone is; one without nodes is normal.
func (z *Zones) State(place Zone, r Rules) ZoneState {
	if i, found := z.find(place); found {
		return z.zones[i].state(r.Defaults())
	}
	return ZoneNormal
}

// state returns how the zone is.
func (z *zone) state(r Rules) ZoneState {
	lost := z.running - z.ready
	switch {
	case z.running > 0 && z.ready == 0:
		return ZoneDown
	case lost >= 3 && float64(lost) >= r.UnhealthyZone*float64(z.running):
		return ZoneDisrupted
	}
	return ZoneNormal
}

// rate returns how many nodes of the zone are given up per second, while not all zones are down.
func (z *zone) rate(s ZoneState, r Rules) float64 {
	switch {
	case s != ZoneDisrupted:
		return r.Rate
	case z.running > r.LargeZone:
		return r.SlowRate
	}
	return 0
}

// tell makes an event of the end of all, and of its end.
func (z *Zones) tell(e *Eviction) {
	running := 0
	for _, of := range z.zones {
		running += of.running
	}
	down := running > 0 && z.ready == 0
	switch {
	case down == z.down:
	case down:
		e.Events = append(e.Events, event(labels.Warning, EventEvictionStopped,
			fmt.Sprintf("none of %d nodes is ready: no node is given up until one is", running)))
	default:
		e.Events = append(e.Events, event(labels.Normal, EventEvictionResumed,
			"a node is ready again: those that are not get their time anew"))
	}
	z.down = down
}

// tell makes an event of what became of the zone.
func (z *zone) tell(s ZoneState, r Rules, e *Eviction) {
	told := z.told
	if told == "" {
		told = ZoneNormal
	}
	if z.told = s; told == s {
		return
	}
	text := fmt.Sprintf("%d of %d nodes are ready", z.ready, z.running)
	how := event(labels.Warning, EventZoneDown, text)
	switch {
	case s == ZoneNormal:
		how = event(labels.Normal, EventZoneNormal, text)
	case s == ZoneDisrupted && z.running > r.LargeZone:
		how = event(labels.Warning, EventZoneDisrupted, text+": they are given up slowly")
	case s == ZoneDisrupted:
		how = event(labels.Warning, EventZoneDisrupted, text+": none is given up")
	}
	how.InvolvedObject = labels.Reference{Kind: "Zone", Name: z.place.String()}
	e.Events = append(e.Events, how)
}
