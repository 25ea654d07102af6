package simulate

import (
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// host is the program that runs the orchestrator: what is left of it when it
// dies is what the store has published.
type host struct {
	crash *Crash              // to come; nil: none
	dead  bool                // it has died
	back  time.Time           // when it is started again, if it is dead
	skew  time.Duration       // its clock, less the time
	wrong time.Duration       // what the clock of the next one is off by, beside the skew
	write *orchestrator.Write // a client waits for its answer
}

// clock returns the time of day as the program has it.
func (c *Cluster) clock() time.Time { return c.now.Add(c.host.skew) }

// turn has the program step the engine once, and reports whether it lives.
func (c *Cluster) turn() (lives bool) {
	now := c.clock()
	inputs := c.inputs
	c.inputs = nil
	c.engine.Apply(now, inputs...)
	c.forgetResults()
	ready := c.engine.Step(now)
	c.wake = ready.Wake
	if !c.wake.IsZero() {
		c.wake = c.wake.Add(-c.host.skew)
	}
	crash := c.host.crash
	if crash != nil && !crash.fits(ready) {
		crash = nil
	}
	if crash != nil && crash.point() == BeforeChanges {
		return c.die(crash)
	}
	c.engine.Store().Publish()
	c.record(ready)
	if crash != nil && crash.At == AfterChanges {
		return c.die(crash)
	}
	c.host.answer(inputs)
	c.answered()
	c.remember(ready.Events)
	if c.cfg.Observe != nil {
		c.cfg.Observe(c.now, ready)
	}
	for i, w := range ready.Work {
		if crash != nil && i >= crash.Given {
			break
		}
		c.carryOut(w)
	}
	if crash != nil {
		return c.die(crash)
	}
	return true
}

// forgetResults makes room for others in the place of those that were taken in.
func (c *Cluster) forgetResults() {
	for _, x := range c.results {
		c.agenda.done(x)
	}
	c.results = c.results[:0]
}

// answer tells the client of its write, if that is among the inputs.
func (h *host) answer(inputs []orchestrator.Input) {
	if h.write != nil && slices.Contains(inputs, orchestrator.Input(h.write)) {
		h.write = nil
	}
}

// die ends the program. Nobody hears of what is under way.
func (c *Cluster) die(f *Crash) (lives bool) {
	c.host.crash, c.host.dead, c.host.back, c.host.wrong = nil, true, c.now.Add(max(0, f.Down)), f.Clock
	c.wake = c.host.back
	c.agenda.dropWork()
	for _, a := range c.arriving {
		a.again = true
		c.comeAgain(a)
	}
	c.arriving = c.arriving[:0]
	return false
}

// revive starts the program again when its time has come, and reports whether it lives.
func (c *Cluster) revive() (lives bool) {
	if !c.host.dead {
		return true
	}
	c.inputs = nil // nobody is there to hear them
	c.forgetResults()
	if c.now.Before(c.host.back) {
		return false
	}
	c.host.dead = false
	c.host.skew += c.host.wrong
	engine, err := c.restored()
	if err != nil {
		c.err = err
		return false
	}
	c.engine = engine
	return true
}

// restored returns the engine of a program that begins with what is durable.
func (c *Cluster) restored() (*orchestrator.Engine, error) {
	var kept []labels.Object
	view := c.View()
	for _, kind := range store.Kinds() {
		for o := range view.All(kind, store.Filter{}) {
			kept = append(kept, o)
		}
	}
	return orchestrator.RestoreEngine(c.cfg.Orchestrator, kept, view.Revision(), c.clock())
}
