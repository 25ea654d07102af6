package proxy

import "time"

// evenPeriod is how often a loop looks whether it has more connections than
// others, and how old a connection must be to be worth a move: short ones even
// out by themselves.
const evenPeriod = 50 * time.Millisecond

// even hands connections to the loop that has the fewest, until both have as
// many. Connections are spread when they come, but only roughly, and those that
// stay are whoever they are: in the loop with more of them each would wait longer
// for its turn.
func (l *loop) even() {
	if l.now-l.evened < int64(evenPeriod) {
		return
	}
	l.evened = l.now
	calm := l.calmest()
	more := (l.active.Load() - calm.active.Load()) / 2
	for f := l.idle.last; f != nil && more > 0 && l.now-f.last < int64(evenPeriod); {
		before := f.prev
		if l.now-f.began >= int64(evenPeriod) && f.empty() {
			l.hand(f, calm)
			more--
		}
		f = before
	}
}

// calmest returns the loop with the fewest connections.
func (l *loop) calmest() *loop {
	calm := l
	for _, other := range l.e.loops {
		if other.active.Load() < calm.active.Load() {
			calm = other
		}
	}
	return calm
}

// empty says whether nothing is on its way through the flow.
func (f *flow) empty() bool {
	return !f.client.waits() && !f.server.waits() && !f.client.queued && !f.server.queued
}

// hand gives an established flow through which nothing is on its way to another loop.
func (l *loop) hand(f *flow, to *loop) {
	l.idle.remove(f)
	for _, e := range f.ends() {
		l.release(e)
		l.forget(e.fd, e.slot)
	}
	l.active.Add(-1)
	to.active.Add(1)
	to.do(func() { to.adopt(f) })
}

// adopt goes on with a flow of another loop. What its sockets can do by now is
// told when they are registered; that its endpoint's time was over meanwhile is not.
func (l *loop) adopt(f *flow) {
	f.last = l.now
	l.idle.append(f)
	gone := f.backend.over(l.e.clock())
	if gone {
		f.pool.tally.drained.Add(1)
	}
	for _, e := range f.ends() {
		slot, errno := l.add(e.fd, streamEvents, e)
		if e.slot = slot; errno != 0 {
			abort(e.fd)
			e.fd, gone = -1, true
		}
	}
	if gone {
		l.end(f, true)
	}
}
