package node

import (
	"cmp"
	"slices"
	"time"
)

// Standing is what a zone knows of a node: see [Decision].
type Standing struct {
	Zone Zone
	// Running says that the node counts: a Pending one was never in service,
	// and says nothing of how its zone is.
	Running bool
	// Ready says that it is Running and takes pods.
	Ready bool
	// Since is when it began to be silent or unhealthy. Zero: it is neither.
	Since time.Time
}

// Zones says which nodes are given up and when, so that an outage is not made
// worse: see [Zones.Evict]. It keeps the Standing of every node, as it is told,
// and counts. The zero value has no nodes.
//
// It holds that
//
//  1. a node is given up once, and not again before its Since was zero;
//  2. no node is given up before LostAfter has passed since its Since, and since a node became ready after Evict found none that was;
//  3. two Running nodes of one zone are given up no closer together than its rate says;
//  4. none is given up while no node is ready anywhere.
//
// A change costs the logarithm of the number of lost nodes of its zone; a node
// that is well is never looked at. A zone without nodes is forgotten. None of
// this need outlive the process: after a restart the standings tell it again.
// Zones is not safe for concurrent use.
type Zones struct {
	nodes map[string]*member
	zones []*zone   // sorted by place
	idle  queue     // nodes that are not Running, and may have to be given up
	ready int       // nodes
	anew  time.Time // when a node was ready again after none was
	down  bool      // the last Evict told that none is ready
}

// member is one node.
type member struct {
	name string
	Standing
	zone    *zone
	in      *queue // where it waits; nil: nowhere
	at      int    // its place there
	evicted bool   // it was given up
}

// zone is the nodes of one place.
type zone struct {
	place   Zone
	members int
	running int // that count
	ready   int // of those
	queue   queue
	last    time.Time // when one of it was given up
	told    ZoneState
}

// Set records what a node's standing is now. The node may be new, and may be in another zone than it was.
func (z *Zones) Set(name string, s Standing, now time.Time) {
	m := z.nodes[name]
	if m != nil && m.Standing == s {
		return
	}
	was := z.ready
	if m == nil {
		m = &member{name: name}
		if z.nodes == nil {
			z.nodes = make(map[string]*member)
		}
		z.nodes[name] = m
	} else {
		z.leave(m)
	}
	m.Standing = s
	m.evicted = m.evicted && !s.Since.IsZero()
	z.enter(m)
	if was == 0 && z.ready > 0 && z.down {
		z.anew = now
	}
}

// Delete forgets a node. One that is not there is ignored.
func (z *Zones) Delete(name string) {
	if m := z.nodes[name]; m != nil {
		z.leave(m)
		delete(z.nodes, name)
		z.tidy(m.zone)
	}
}

// Evicted reports whether the node was given up, and has not been well since.
func (z *Zones) Evicted(name string) bool {
	m := z.nodes[name]
	return m != nil && m.evicted
}

// Len returns how many nodes there are.
func (z *Zones) Len() int { return len(z.nodes) }

// Count returns how many nodes of a zone are Running, and how many of those are Ready.
func (z *Zones) Count(place Zone) (running, ready int) {
	if i, found := z.find(place); found {
		return z.zones[i].running, z.zones[i].ready
	}
	return 0, 0
}

// enter counts a node in, and lists it where it may have to be given up.
func (z *Zones) enter(m *member) {
	before := m.zone
	m.zone = z.open(m.Zone)
	m.zone.members++
	if m.Running {
		m.zone.running++
	}
	if m.Running && m.Ready {
		m.zone.ready++
		z.ready++
	}
	switch {
	case m.Since.IsZero() || m.evicted:
	case m.Running:
		m.zone.queue.push(m)
	default:
		z.idle.push(m)
	}
	if before != nil {
		z.tidy(before)
	}
}

// leave undoes enter.
func (z *Zones) leave(m *member) {
	m.zone.members--
	if m.Running {
		m.zone.running--
	}
	if m.Running && m.Ready {
		m.zone.ready--
		z.ready--
	}
	m.dequeue()
}

// find returns where a zone is, or would be.
func (z *Zones) find(place Zone) (int, bool) {
	return slices.BinarySearchFunc(z.zones, place, func(o *zone, place Zone) int {
		return cmp.Or(cmp.Compare(o.place.Region, place.Region), cmp.Compare(o.place.Name, place.Name))
	})
}

// open returns the zone of a place, a new one if need be.
func (z *Zones) open(place Zone) *zone {
	i, found := z.find(place)
	if !found {
		z.zones = slices.Insert(z.zones, i, &zone{place: place})
	}
	return z.zones[i]
}

// tidy forgets a zone without nodes.
func (z *Zones) tidy(of *zone) {
	if i, found := z.find(of.place); found && of.members == 0 {
		z.zones = slices.Delete(z.zones, i, i+1)
	}
}
