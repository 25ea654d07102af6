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
// And, of a runtime that is an orchestrator.Logger, Prober, Executor, Attacher,
// PortForwarder or Meter, which the suite finds out:
//
//   - A log has what was said, on its stream, the newest lines, from a time on, up to
//     a number of bytes; it is followed until the container ends, stays for the
//     attempt before, and outlives the host program.
//   - The message of an end is what the container left, or where it wants that, what
//     it said last.
//   - Commands have their streams and exit codes, run at the same time, and only in
//     what runs. A probe fails where its command does.
//   - Attach ends with its container, and hands on its input where there is one.
//   - A connection reaches the pod, and is refused where nobody listens.
//   - What is measured is what runs, and what only grows never shrinks.
//   - All of them end with their context.
//
// The harness gives the suite containers that mean something to the runtime: a
// name and an image, or a command. Those that are to be stopped say a line when they
// are ready for it. What a runtime can't do, its harness leaves nil; the suite then has
// fewer tests, and says so in its log.
//
// # What the suite of clouds holds a cloud to
//
// Whoever writes an orchestrator.Cloud has one line, too:
//
//	func TestCloud(t *testing.T) {
//		orchtest.Cloud(t, orchtest.CloudHarness{New: …, Set: …, Fail: …, Hang: …, Reopen: …})
//	}
//
// The suite says which machines the cloud has, and wants:
//
//   - Instances lists every machine once, with all that the cloud knows of it,
//     however many there are, and also where something is wrong with one.
//   - No machines are a list, and no error; a failure is an error, and no list.
//     After it, the list is as if nothing had been.
//   - The list belongs to the caller, down to the last label.
//   - What comes, goes and moves shows; while it does, a list has every machine
//     as it was or as it is.
//   - Calls go on at the same time, and return when their context ends.
//   - Hints come after a change, if the cloud gives any, and stop.
//   - The name is a label value, the same at every call and after a restart.
//   - A cloud that has something to run (orchestrator.CloudRunner) ends when it
//     is told to.
//
// # What the suite of volumes holds a plug-in to
//
// Whoever writes a mount.Plugin has one line as well:
//
//	func TestVolume(t *testing.T) {
//		orchtest.Volume(t, orchtest.VolumeHarness{New: …, Volume: …, Bad: …, Hangs: …})
//	}
//
// The suite wants:
//
//   - SetUp makes a volume once: called again, also by a new instance after a
//     crash, it finds it with all that is in it, and returns the same record.
//   - A set-up that was interrupted, wherever, is finished or made anew by the
//     next one; one that can't be done says why; one that hangs ends with its context.
//   - Check finds a volume well as long as it is, and broken when it is, and
//     knows when there is more in it than its limit.
//   - TearDown leaves nothing that is mounted, and nothing of the volume's own; it
//     may be called twice, on what is broken, half done or unknown, and by a new
//     instance. What a volume only gave access to stays.
//   - Volumes are apart, and are made at the same time.
//
// # What the suite of balancers holds a balancer to
//
// Whoever writes an orchestrator.Balancer has one, too:
//
//	func TestBalancer(t *testing.T) {
//		orchtest.Balancer(t, orchtest.BalancerHarness{New: …, Made: …, Nodes: …, Reopen: …})
//	}
//
// It wants:
//
//   - A service has one load balancer however often it is ensured, reached where
//     it was before, also by a new instance after a crash; and none once it is
//     deleted, however often.
//   - It does what it was asked for last, and no other service's does.
//   - Calls for different services go on at the same time, and return when their
//     context ends.
//
// # What the suite of schedulers holds a scheduler to
//
// Whoever writes a scheduler.Scheduler, or filters and scorers for a scheduler.Policy, has one:
//
//	func TestScheduler(t *testing.T) {
//		orchtest.Scheduler(t, orchtest.SchedulerHarness{New: …})
//	}
//
// It has nodes and pods come, change and go at random, and wants:
//
//   - The same pod and the same cluster have the same decision: asked twice, in
//     whatever order everything came, and whatever the scheduler has seen before.
//   - It is a node that there is and that fits, with devices that are free; or else
//     reasons that count every node once. Which nodes fit is what the default policy
//     says, or SchedulerHarness.Fits.
//   - Nothing but the caller changes the pod and the cluster.
//   - A pod that waits gets a node when one comes, or is back, or has room again.
//   - A fork of the cluster is decided about as a cluster of its own, at the same time
//     as others. Run the suite with the race detector.
//   - An engine that it decides for gives out nothing twice, lets no pod wait that
//     fits, and has the same hour again.
//
// And, of a scheduler that is a Grouper, Preempter or Explainer, which the suite finds out:
//
//   - Pods of one group all fit, or none does; and those that are told apart later
//     are of other groups then.
//   - Those that make way for a pod are on the node, have a lower priority and are
//     enough; nobody makes way in vain.
//   - There is a verdict on each node, the first on the one that is taken.
//
// # What the suite of journals holds a journal to
//
//	func TestJournal(t *testing.T) {
//		orchtest.Journal(t, orchtest.JournalHarness{Open: …, File: …, Small: …, Child: …})
//	}
//
// The suite appends batches that it can tell again from a number, and wants:
//
//   - What is loaded is what was appended, every field of every object, and the
//     newest revision; also of what a real orchestrator does in an hour.
//   - The last change of an object counts, within a batch and across.
//   - Loaded objects belong to the caller, and changes are left as they are.
//   - A journal that is closed takes nothing, and one that is open is not opened again.
//   - A file that is torn, cut off or damaged anywhere in what the last append
//     wrote has that batch, or the one before, or an error that names the file. Where
//     nothing points to a block yet, it does no harm.
//   - When the disk is full an append fails, and all after it; what was acknowledged
//     is there, and with more room everything goes on.
//   - A program that is killed while it appends leaves every batch that it was told
//     is there, and at most one more, whole.
//
// # Time
//
// The suites wait for what is done with a generous limit (RuntimeHarness.Soon)
// and go on as soon as it is done. Whether something happened that must not, that of
// runtimes looks at when another pod has run meanwhile, from its start to its end.
//
// A runtime or cloud that has its time from package time and does nothing outside the
// program can have RuntimeHarness.Virtual: then every test runs in a testing/synctest
// bubble, takes no time, and fails where the runtime is late by a nanosecond.
package orchtest
