package simulate_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
)

// The program dies when it has started one of two containers, and comes back a
// minute later. Neither is started twice, and neither is missing.
func ExampleCrash() {
	c, _ := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	c.Advance(time.Minute)
	crash := simulate.Crash{At: simulate.InWork, Given: 1, Down: time.Minute}
	fmt.Println(crash)
	c.Strike(crash)
	c.Apply(replicas(2))
	running := func() int { return len(c.Machine("left").Live(c.Now())) + len(c.Machine("right").Live(c.Now())) }
	fmt.Println(running())
	fmt.Println(c.Advance(2*time.Minute), running())
	// Output:
	// crash when 1 of its work is given out, back after 1m0s
	// 1
	// <nil> 2
}

// A write that is not answered is carried out as a whole, or not at all.
func ExamplePoint() {
	for _, at := range []simulate.Point{simulate.BeforeChanges, simulate.AfterChanges} {
		c, _ := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}})
		c.Advance(time.Minute)
		c.Strike(simulate.Crash{At: at})
		_, err := c.Apply(replicas(2))
		c.Settle()
		fmt.Println(errors.Is(err, simulate.ErrDown), c.View().Controllers().Len(), c.View().Pods().Len())
	}
	// Output:
	// true 0 0
	// true 1 2
}

// Faults are values: a schedule of them can be kept, printed and tried again.
func ExampleFault() {
	c, _ := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	c.Apply(replicas(2))
	c.Advance(time.Minute)
	for _, f := range []simulate.Fault{
		simulate.ClockJump{By: -time.Hour},
		simulate.Crash{At: simulate.InWork, Down: time.Hour, Clock: 365 * 24 * time.Hour},
	} {
		c.Strike(f)
		c.Advance(2 * time.Hour)
		fmt.Println(f, "→", len(c.Machine("left").Live(c.Now()))+len(c.Machine("right").Live(c.Now())), "run")
	}
	// Output:
	// the clock jumps by -1h0m0s → 2 run
	// crash when 0 of its work is given out, back after 1h0m0s with a clock that is 8760h0m0s off → 2 run
}

// Nobody restarts a container because the clock says something else.
func ExampleClockJump() {
	c, _ := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	c.Apply(replicas(1))
	c.Advance(time.Minute)
	c.Strike(simulate.ClockJump{By: 30 * 24 * time.Hour})
	c.Advance(time.Hour)
	for _, p := range c.View().Pods().List(everyPod) {
		fmt.Println(p.Status.Phase, p.Status.ContainerStatuses[0].RestartCount)
	}
	// Output: Running 0
}
