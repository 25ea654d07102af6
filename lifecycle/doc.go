// Package lifecycle decides what happens next to a pod: which of its containers
// to start, stop and probe, which hooks to run, what its status is, and when it is gone.
//
// It is one function. [Decide] is given a pod that is bound to a node, what is
// known of it ([Seen]), the figures of the cluster ([Rules]) and the time, and
// returns a [Decision]. It does nothing by itself and remembers nothing: all
// that it must know later is in the status that it returns.
//
//	for {
//		d := lifecycle.Decide(p, seen, rules, now)
//		p.Status = d.Status        // write it down first
//		carryOut(d.Stop, d.Start)  // then act
//		wait(d.Wake)               // or for something to be seen
//	}
//
// A decision is a level: what should run and does not is in Start until it is
// seen, what may run and should not is in Stop until it is seen no more. The
// caller may lose work, repeat it, or die between any two lines.
//
// # Attempts
//
// Each run of a container is an attempt, numbered from 0; the number of the
// current one is the restart count. A container's status is in one of these
// states, told apart by what it waits for:
//
//	PodInitializing      its turn has not come: init containers are not done
//	ContainerCreating    the attempt is in Start
//	(a failure)          the attempt failed to start, and is in Start again at RetryAt
//	Running              the attempt was seen running
//	Terminated           the attempt has ended, and there is no next one
//	CrashLoopBackOff     the attempt has ended, and the next one begins at RetryAt
//
// There is never a start of a container while an attempt of it is recorded or
// seen as running. What runs of an older attempt is stopped first. An attempt
// that is recorded as running and is not in a complete list is stopped too,
// blindly: the list may be wrong.
//
// # Phases
//
// A pod is Pending until each container has started once; then Running, until
// all have ended for good. It is Succeeded if none of them failed, Failed
// otherwise. What a container's end means is up to the restart policy:
//
//	                          Always     OnFailure   Never
//	exits 0                   restart    Succeeded   Succeeded
//	exits with something      restart    restart     Failed
//	one of two fails          restart    restart     Running
//	then the other as well    restart    restart     Failed
//	out of memory             restart    restart     Failed, with an event
//	a volume breaks           all are killed, Failed
//	the node is given up      Failed
//
// Succeeded and Failed never change again, whatever is seen. What runs of such
// a pod is stopped. A pod is also Failed, once everything of it was stopped,
// when it has been active for activeDeadlineSeconds.
//
// A container was in failure if it exited with something else than 0, by a
// signal, for want of memory, or was killed for its health.
//
// Init containers run one after the other before all others, each to its
// success. Under Never the first failure is the pod's; otherwise they are restarted.
//
// # Back-off
//
// The first restart comes at once; the second waits for 10 s after the end, and
// each further one twice as long, 5 min at most. A container that has run for
// 10 min starts over, as does one with another image. These figures are
// Kubernetes'; Rules changes them for a cluster, and the annotations of
// [pod.Tuning] for a pod.
//
// What fails to start has not run: it stays the same attempt, keeps its
// pod Pending, and is tried again under every policy. It waits like a restart,
// but never starts again at once.
//
// A RetryAt that is further away than the longest wait, since the clock was set
// back, counts as that. Times of a runtime that can't be are taken as now.
//
// # Probes
//
// Decide lists the probes that are due and reads their results; it probes
// nothing. Until a startup probe has passed nothing else is asked. A startup or
// liveness probe that fails as often in a row as its threshold says condemns
// the attempt: it is recorded as Unhealthy, stopped, and counts as failed
// however it ends. A readiness probe makes a container ready, and not ready,
// when its thresholds are reached; in between it stays what it was. Without one
// a container is ready while it runs.
//
// A changed image condemns a running attempt as well, except under Never.
//
// # Hooks
//
// The postStart hook runs right after the start, beside the program. Until it has
// succeeded the container is neither started nor ready, and no probe asks it
// anything. One that fails condemns the attempt, as a liveness probe does.
//
// The preStop hook of a container that runs comes before its end is asked for,
// whatever the reason, but for a container that was given up or lost. Both share the
// grace, which is counted from the first decision to stop (StoppingSince), or
// ends when the pod is to be gone: what the hook takes, the container has less,
// and at least 2 s. A hook that has not ended by then is given up. Whether it
// fails matters to nobody but the reader of events. Without any grace there is no hook.
//
// Hooks that run a command or ask over the network are listed for the caller, who
// reports how they ended ([Hooked]); those that sleep are waited for here. A hook is run
// at least once, if its container lives that long: one whose end is not in the
// status when the host dies is run again by the next one, with what is left of
// the grace. It should do no harm when it is run twice.
//
// # The end
//
// A pod whose deletion was asked for starts nothing any more. Everything that
// may run is stopped, with the grace that is left; when there is none, it is
// killed. Once nothing runs the pod is Gone: the caller removes it from its
// runtime and deletes its object. A pod that has ended is Expired, and goes the
// same way, after TerminatedTTL. On a node that was given up nothing is waited for.
package lifecycle
