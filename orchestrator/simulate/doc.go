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
//	Act                                 whatever you write: what clients do, for example
//
// Cluster.Strike makes one happen. A [Schedule] says what goes wrong when;
// Cluster.Play plays it, the same way each time. With Config.Check every step is
// verified. [Shrink] finds the part of a schedule that is enough for a failure:
//
//	s = simulate.Shrink(s, func(s simulate.Schedule) bool { return play(seed, s) != nil })
//
// # Capacity
//
// Where only distributions are known, a [Model] says what containers do, and a
// [Workload] has pods come as time passes. Both are drawn from the seed and from
// names, so that the same jobs come, and do the same, on clusters of any size and
// under any scheduler:
//
//	c, err := simulate.New(simulate.Config{
//		Orchestrator: orchestrator.Config{Machines: nodes},
//		Models:       []simulate.Model{{Runs: simulate.LogNormal{Median: 20 * time.Minute, Sigma: 1}}},
//		Record:       time.Minute,
//	})
//	err = c.Offer(simulate.Workload{Name: "job", Template: job, Every: simulate.Exponential{Mean: time.Minute}})
//	c.Advance(24 * time.Hour)
//	fmt.Println(c.Report())
//
// A [Report] has how much of each resource was taken and how much of the rest was
// of no use, how long pods waited for a node and until they ran, evictions and
// restarts; in the end, and in a sample for each Config.Record. It prints as text,
// and its curves as CSV, which the module orchestrator/simulate/plot draws.
// examples/capacity finds out with it how many nodes a workload needs.
//
// # Concurrency
//
// A Cluster is not safe for concurrent use. Clusters are independent of each other.
package simulate
