package orchestrator

import "time"

// timers say when something needs a look again: each at most at one time.
// What is due at the same time comes in the order in which it was set. The zero value is empty.
type timers struct {
	heap  []moment // the first one in front
	byKey map[timerKey]*timer
	seq   uint64
}

// timer is one look to come. Where it is kept with what needs the look, nobody has
// to search for it; others are found by their key.
type timer struct {
	timerKey
	machine *machine  // of a timer that is kept there; nil: it is found by its key
	at      time.Time // when it is due
	place   int       // in the heap, from 1; 0: it is not set
}

// timerKey is a key of one of the queues.
type timerKey struct {
	loop loop
	key  string
}

// moment is a timer and its time as numbers, so that a comparison looks at nothing else.
type moment struct {
	second, part int64 // of Unix time, and the nanoseconds
	seq          uint64
	*timer
}

func (a *moment) before(b *moment) bool {
	switch {
	case a.second != b.second:
		return a.second < b.second
	case a.part != b.part:
		return a.part < b.part
	}
	return a.seq < b.seq
}

// set replaces the time of a key. The zero time removes it.
func (t *timers) set(k timerKey, at time.Time) {
	x := t.byKey[k]
	if x == nil {
		if at.IsZero() {
			return
		}
		if t.byKey == nil {
			t.byKey = make(map[timerKey]*timer)
		}
		x = &timer{timerKey: k}
		t.byKey[k] = x
	}
	t.put(x, at)
}

// sooner sets the time of a key unless it has an earlier one.
func (t *timers) sooner(k timerKey, at time.Time) {
	if x := t.byKey[k]; x == nil || at.Before(x.at) {
		t.set(k, at)
	}
}

// put replaces the time of a timer. The zero time removes it.
func (t *timers) put(x *timer, at time.Time) {
	switch {
	case at.IsZero():
		t.remove(x)
	case x.place == 0:
		t.heap = append(t.heap, t.moment(x, at))
		x.place = len(t.heap)
		t.up(x.place)
	case !x.at.Equal(at):
		t.heap[x.place-1] = t.moment(x, at)
		t.fix(x.place)
	}
}

// moment is the one of a timer that is set now.
func (t *timers) moment(x *timer, at time.Time) moment {
	t.seq++
	x.at = at
	return moment{at.Unix(), int64(at.Nanosecond()), t.seq, x}
}

// remove makes a timer one that is not set.
func (t *timers) remove(x *timer) {
	place, last := x.place, len(t.heap)
	if place == 0 {
		return
	}
	x.place = 0
	if x.machine == nil {
		delete(t.byKey, x.timerKey)
	}
	moved := t.heap[last-1]
	t.heap[last-1] = moment{}
	if t.heap = t.heap[:last-1]; place < last {
		t.heap[place-1], moved.place = moved, place
		t.fix(place)
	}
}

// due removes and returns one timer whose time has come; nil: there is none.
func (t *timers) due(now time.Time) *timer {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		return nil
	}
	x := t.heap[0].timer
	t.remove(x)
	return x
}

// next returns the earliest time, or zero where there is none.
func (t *timers) next() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].at
}

// fix moves the one at a place to where it belongs.
func (t *timers) fix(place int) { t.down(t.up(place)) }

// branches is how many places follow each one of the heap: 1 is before 2 to 5, 2 before 6 to 9.
const branches = 4

// up moves the one at a place before those that come after it, and returns where it is now.
func (t *timers) up(place int) int {
	moving := t.heap[place-1]
	for place > 1 {
		parent := (place + branches - 2) / branches
		if !moving.before(&t.heap[parent-1]) {
			break
		}
		place = t.fill(place, parent)
	}
	t.heap[place-1], moving.place = moving, place
	return place
}

// down moves the one at a place behind those that come before it.
func (t *timers) down(place int) {
	moving := t.heap[place-1]
	for {
		first := branches*(place-1) + 2
		if first > len(t.heap) {
			break
		}
		child := first
		for other := first + 1; other < min(first+branches, len(t.heap)+1); other++ {
			if t.heap[other-1].before(&t.heap[child-1]) {
				child = other
			}
		}
		if !t.heap[child-1].before(&moving) {
			break
		}
		place = t.fill(place, child)
	}
	t.heap[place-1], moving.place = moving, place
}

// fill moves the one at another place to this one, and returns the place that is free now.
func (t *timers) fill(place, from int) int {
	t.heap[place-1] = t.heap[from-1]
	t.heap[place-1].place = place
	return from
}
