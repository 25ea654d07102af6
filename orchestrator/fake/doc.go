// Package fake is a node without containers, a cloud without machines, and a
// journal without a disk: a test scripts them by Go values. Nothing runs, and all of
// an orchestrator's life goes on as if it did.
//
//	machines := &fake.Machines{Scripts: fake.Scripts{
//		{Image: "web:2", Attempts: []fake.Script{{Runs: time.Minute, OOM: true}}},
//		{Pod: "batch-*", Attempts: []fake.Script{{Runs: time.Hour, ExitCode: 1}, {Runs: time.Hour}}},
//	}}
//
// Here every container of the image web:2 runs for a minute and is then killed
// for want of memory, again and again; containers of pods called batch-… fail
// once after an hour and succeed the second time; and all others run until
// they are stopped. machines.Dial is what an orchestrator asks for the runtimes
// of its nodes.
//
// # What is here
//
// A Script is what one attempt to run a container does: how long it lives, how
// it ends, how its start fails, how slow it is, whether it heeds SIGTERM, when
// a disk dies under it, when its probes pass, what becomes of its hooks, what it
// says, and what those find who look into it (Exec, Attach, Dial, Uses). Scripts choose by pod, container
// and image, and by try: the first script for the first try, and so on.
//
// A Machine is one node's containers as a value: it has no clock, no lock and
// no goroutine. Time is an argument, and Next says when something happens by
// itself. A simulation of ten thousand nodes holds ten thousand of them.
//
// A Runtime is an orchestrator.Runtime over a Machine. It takes its time from
// package time, so that in a testing/synctest bubble its hours pass in no time.
//
// Machines is a Runtime for every node of a cluster.
//
// A Cloud is an orchestrator.Cloud: Set, Put, Delete and SetAddresses let machines
// come, go and move.
//
// # Making things go wrong
//
// From outside, as an operator or a kernel would: Kill sends a signal, End ends
// a container in any way, Break breaks a disk.
//
// To the runtime itself: Faults is a value that says what is wrong with it, and
// SetFaults switches to it at any time, also under calls. A machine without
// power (Down), a cut network (Cut), calls that hang, or hang and ignore their
// context (Hang, Deaf), that are slow (Latency), that fail (StartErr, …), that
// work but lose their answer (AnswersLost), hints that never come (Mute), and a
// List that leaves out, repeats or invents (Lie).
//
// To a cloud: CloudFaults is a value of the same sort. SetFaults takes a script
// of them, each for as many calls as it says, so that a cloud can fail twice, be
// slow once, list nothing once, and then be well:
//
//	cloud.SetFaults(
//		fake.CloudFaults{Calls: 2, Err: errors.New("throttled")},
//		fake.CloudFaults{Calls: 1, Latency: time.Minute},
//		fake.CloudFaults{Calls: 1, Empty: true},
//	)
//
// To a journal: JournalFaults make it slow, or fail from some append on, with what
// failed there or not there afterwards. Journal.Until is what a program finds
// that was killed after any of its batches.
//
// # Looking at the truth
//
// Live, Pods and Starts say what is so, whatever List tells the orchestrator.
// Check says whether the orchestrator kept its promises: nothing is executed
// twice, and no two attempts of one container are alive at the same time.
// Calls counts, so that a test can see a loop that is too busy.
//
// # What it does in the places where runtimes differ
//
// List forgets as much as it may: of the ended attempts of a container, all but
// the newest. A call whose context ends is not taken back: a container that was
// being started runs when its time comes, one that was asked to stop is killed
// when its grace is over, and the next call finds that. A Stop or Remove that
// overtakes a Start prevents it. A pod keeps its address until it is removed;
// addresses go round the network before one comes again. A pod with a broken
// volume starts no more containers.
//
// # Concurrency
//
// A Runtime, Machines and a Cloud are safe for concurrent use; a Machine is not. No
// goroutine is started: hints come from a timer. The order of concurrent Starts
// decides which pod has which address, and nothing else.
package fake
