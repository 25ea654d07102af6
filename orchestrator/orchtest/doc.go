// Package orchtest holds the conformance suites for what others may implement.
//
// Whoever writes an orchestrator.Runtime runs its suite in one line, and is
// done when it passes:
//
//	func TestRuntime(t *testing.T) {
//		orchtest.Runtime(t, orchtest.RuntimeHarness{New: …, Forever: …, Exits: …, Stubborn: …})
//	}
//
// # What the suite of runtimes holds a runtime to
//
//   - Start runs an attempt once: not again when it is called twice, at the
//     same time, after the attempt ended, or by a new instance after a crash.
//   - List knows every attempt with its pod, address and times, and the newest
//     ended one of each container with exit code, signal and reason.
//   - Stop asks, waits for grace, and kills; it ends the attempt that it names
//     and no other, and has no quarrel with one that is unknown.
//   - Remove kills and forgets; removing what is unknown is no error.
//   - A call returns soon after its context ends, and what it left half done
//     can be finished by the next one.
//   - Calls for different containers go on at the same time. Run the suite
//     with the race detector.
//   - A pod has one address for all its containers, which stays the same when
//     they restart, and which no other pod has.
//   - A new instance finds what an old one left, if RuntimeHarness.Reopen is given.
//   - Hints come, if the runtime gives any.
//
// The harness gives the suite containers that mean something to the runtime: a
// name and an image, or a command. What a runtime can't do, its harness leaves
// nil; the suite then has fewer tests, and says so in its log.
//
// # Time
//
// The suite waits for what a runtime does with a generous limit
// (RuntimeHarness.Soon) and goes on as soon as it is done. A runtime that has
// its time from package time and does nothing outside the program can have
// RuntimeHarness.Virtual: then every test runs in a testing/synctest bubble,
// takes no time, and fails where the runtime is late by a nanosecond.
package orchtest
