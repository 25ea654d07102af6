// Package simulate runs a whole cluster on virtual time, on one goroutine, from
// one seed: the engine that runs in production, over machines that are data.
// An hour takes milliseconds, and the same seed gives the same hour.
//
//	c, err := simulate.New(simulate.Config{
//		Orchestrator: orchestrator.Config{Machines: nodes, Seed: 42},
//		Scripts:      fake.Scripts{{Container: "web", Attempts: []fake.Script{{Runs: time.Minute, ExitCode: 1}}}},
//	})
//	_, err = c.Apply(objects...)
//	c.Advance(time.Hour)
//	fmt.Println(c.View().Pods().List(store.Filter{}))
//
// Time moves only in Advance and Settle, and jumps from one thing that happens
// to the next. What containers do is scripted with package fake; what happens to
// machines from outside is done to Machine.
//
// # Faults
//
// What goes wrong is a [Fault], a value: the program that runs the orchestrator
// dies in the middle of a step and comes back ([Crash]), or its clock is set
// ([ClockJump]). Nodes are cut off with Cluster.Cut.
//
// # Concurrency
//
// A Cluster is not safe for concurrent use. Clusters are independent of each other.
package simulate
