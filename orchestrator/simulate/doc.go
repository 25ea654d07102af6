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
// What goes wrong is a [Fault], a value:
//
//	Crash, ClockJump                    the program that runs the orchestrator dies, or has another time
//	NodeDown, Partition, Kill           a machine loses power, or its network; containers are killed
//	Slow, Hang, Lies, Reports           a runtime answers late, not at all, or what is not so
//	BreakVolumes, CloudFails            a disk dies; the cloud does not answer
//
// Cluster.Strike makes one happen. A [Schedule] says what goes wrong when;
// Cluster.Play plays it, the same way each time. With Config.Check every step is
// verified. [Shrink] finds the part of a schedule that is enough for a failure:
//
//	s = simulate.Shrink(s, func(s simulate.Schedule) bool { return play(seed, s) != nil })
//
// # Concurrency
//
// A Cluster is not safe for concurrent use. Clusters are independent of each other.
package simulate
