package simulate

import (
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Fault is something that goes wrong: a value, which can be kept, printed and
// tried again. [Cluster.Strike] makes it happen; a [Schedule] has many.
type Fault interface {
	fmt.Stringer
	strike(c *Cluster)
}

// Strike makes a fault happen. What follows from it shows at the next Advance,
// Settle or write.
func (c *Cluster) Strike(f Fault) { f.strike(c) }

// Act is an incident of one's own: what a client does, a fault that is not here, a
// look at how things are. It is as repeatable as Do is.
type Act struct {
	Name string           // what is printed of it
	Do   func(c *Cluster) // must not move the time on
}

// String returns the name.
func (f Act) String() string { return f.Name }

func (f Act) strike(c *Cluster) { f.Do(c) }

// ErrDown is the answer to a write that nobody can answer: the program that
// runs the orchestrator has died. The write is carried out as a whole, or not at all.
var ErrDown = errors.New("the orchestrator is down")

// Crash is the death of the program that runs the orchestrator, as by kill -9,
// and its start some time later. The machines live on. The new program knows what
// was durable, and lists the machines.
//
// It happens in the next step that has what At asks for. Of two crashes that
// were struck before one has happened, the later one counts.
type Crash struct {
	// At is where in a step the program dies. Zero: BeforeChanges.
	At Point
	// Given is how much of the step's work had been given out, at most all of
	// it. It matters only InWork.
	Given int
	// Down is how long nobody is there. Zero: the program is back at once.
	Down time.Duration
	// Clock is added to the clock that the new program has: its machine was
	// started with another time of day. Zero: it is right, or as wrong as before.
	Clock time.Duration
}

// Point is where in a step a program dies. Nothing that is under way is ever reported.
type Point string

// The points of a step at which something is lost.
const (
	BeforeChanges Point = "before its changes are durable"                     // in a step that has some
	AfterChanges  Point = "when its changes are durable and nobody knows them" // in a step that has some
	InWork        Point = "when some of its work is given out"                 // in a step that has some
)

// String reads: crash when 2 of its work is given out, back after 1m0s.
func (f Crash) String() string {
	at := string(f.point())
	if f.At == InWork {
		at = fmt.Sprintf("when %d of its work is given out", f.Given)
	}
	text := fmt.Sprintf("crash %s, back after %s", at, f.Down)
	if f.Clock != 0 {
		text += fmt.Sprintf(" with a clock that is %s off", f.Clock)
	}
	return text
}

func (f Crash) point() Point {
	if f.At == "" {
		return BeforeChanges
	}
	return f.At
}

func (f Crash) strike(c *Cluster) { c.host.crash = &f }

// fits reports whether the crash can happen in a step.
func (f Crash) fits(r orchestrator.Ready) bool {
	if f.At == InWork {
		return len(r.Work) > 0
	}
	return len(r.Changes) > 0
}

// ClockJump sets the clock of the program that runs the orchestrator, forward or
// back. The time that passes, and the clocks of the machines, stay as they are.
type ClockJump struct{ By time.Duration }

// String reads: the clock jumps by -1h0m0s.
func (f ClockJump) String() string { return fmt.Sprintf("the clock jumps by %s", f.By) }

func (f ClockJump) strike(c *Cluster) { c.host.skew += f.By }
