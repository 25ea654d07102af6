package lifecycle

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Rules are the figures of a cluster. The zero value is Kubernetes' own; the
// annotations of a pod override the back-off (see pod.Tuning).
type Rules struct {
	// BackOffBase is the wait before the second restart in a row. Default: 10 s.
	BackOffBase time.Duration
	// BackOffMax is the longest wait. Default: 5 min.
	BackOffMax time.Duration
	// BackOffReset is how long a container must have run for its back-off to
	// start over. Default: 10 min.
	BackOffReset time.Duration
	// TerminatedTTL after its end a Succeeded or Failed pod expires; one that has
	// a disk of a cloud after 10 s at most, so that others get the disk.
	// Default: 1 h. Negative: never.
	TerminatedTTL time.Duration
}

// Seen is what is known of a pod beyond its object. Its slices are only read.
type Seen struct {
	// Listed says that Containers is complete: the runtime was asked, and an
	// attempt that is not there does not exist.
	Listed bool
	// Containers is every attempt that the runtime knows, in any order, with
	// what failed to start since the last decision.
	Containers []Sighting
	// Probes are the results so far, in any order.
	Probes []Probing
	// Hooks are those that have ended, in any order. Those of which it is
	// recorded need not be there any more.
	Hooks []Hooked
	// Since is when the runtime was asked the time before: what is new in
	// Containers has happened after it, whatever the clock of its machine
	// says. Zero: it was not.
	Since time.Time
	// NodeLost says why the node was given up. Empty: it was not.
	NodeLost string
	// VolumeFault says which volume broke, and how. Empty: none did.
	VolumeFault string
}

// Sighting is one attempt to run one container, as its runtime reports it. It
// runs, or has ended, or failed to start; otherwise it says nothing.
type Sighting struct {
	Container string
	Attempt   int    // the container's restart count, from 0
	ID        string // the runtime's own name for it
	PodIP     string // the address of the pod; empty where it has none
	State     pod.ContainerState
	// StartFailed says that the last start of the attempt returned an error.
	// Give it to one decision only: each one counts.
	StartFailed *StartFailure
}

// StartFailure is why an attempt could not be started. It has not run.
type StartFailure struct {
	Reason  string // as core/v1 spells it: ErrImagePull, …. Default: RunContainerError
	Message string
	At      time.Time // default: now
	// Unfinished says that nothing has failed: the start takes longer than one
	// try may, and the next one goes on with it, after the first back-off. The
	// container waits with ContainerCreating and the message, and nothing is told.
	Unfinished bool
}

// ProbeKind is the question that a probe answers.
type ProbeKind string

// The probes of core/v1, in the order in which a container is asked.
const (
	Startup   ProbeKind = "Startup"   // has it come up? nothing else is asked before
	Liveness  ProbeKind = "Liveness"  // does it hang? then it is killed
	Readiness ProbeKind = "Readiness" // does it take requests?
)

// Probing counts the latest results in a row of one probe of one attempt. At
// most one of the counts is above zero.
type Probing struct {
	Container string
	Attempt   int
	Kind      ProbeKind
	Successes int
	Failures  int
	Message   string // of the latest failure
}

// Decision is what follows for a pod.
type Decision struct {
	// Status is the pod's status with what was seen folded in. It may share
	// what pointers in it lead to with the pod and the sightings; nothing
	// behind a pointer in a status is ever written to.
	Status pod.Status
	// Changed says that Status differs from the pod's.
	Changed bool
	// Start lists what should run and does not, in the order of the spec. It is
	// a level: an attempt is repeated until it is seen.
	Start []Start
	// Stop lists what may run and should not. It is a level as well.
	Stop []Stop
	// Probe lists the questions to be asked, in the order of the spec.
	Probe []ProbeDue
	// Hook lists the hooks to be run, in the order of the spec. It is a level
	// too: one that is not listed any more is not to run any more.
	Hook []HookDue
	// Gone says that the pod is to go and nothing of it runs any more: remove
	// it from its runtime, then delete its object.
	Gone bool
	// Expired says that the pod ended longer ago than the rules keep it.
	Expired bool
	// Events of this transition: a Type, a Reason and a Message each. Deciding
	// on the result again yields none.
	Events []labels.Event
	// Wake is when to decide again even if nothing happens. Zero: never.
	Wake time.Time
}

// Start is an attempt that should run.
type Start struct {
	Container string
	Attempt   int
}

// Stop is an attempt that should not run.
type Stop struct {
	Container string
	Attempt   int
	// Grace between asking and killing.
	Grace time.Duration
	// Reason is one of the Stop constants.
	Reason string
	// Message puts it into words that go on after "stopping container main: ".
	Message string
	// Lost says that the attempt should be running but is not listed, or that
	// nothing was listed and it may have been started. Once the stop has
	// succeeded, report it as terminated with reason ContainerStatusUnknown.
	Lost bool
}

// ProbeDue is a question to be asked again and again, until it is not listed any more.
type ProbeDue struct {
	Container string
	Attempt   int
	Kind      ProbeKind
	Probe     *pod.Probe // the pod's own: read only
	NotBefore time.Time  // the container's start plus the initial delay
}
