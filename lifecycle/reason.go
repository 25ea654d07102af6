package lifecycle

import "github.com/coracle-dev/coracle/labels"

// The reasons a container waits with, as core/v1 spells them. What failed to
// start waits with the reason of its failure.
const (
	PodInitializing   = "PodInitializing"   // until the containers before it are done
	ContainerCreating = "ContainerCreating" // it is being started
	CrashLoopBackOff  = "CrashLoopBackOff"  // it ended and is started again later
	RunContainerError = "RunContainerError" // it failed to start, for no reason that is known

	ErrImagePull      = "ErrImagePull"      // its image could not be pulled
	ImagePullBackOff  = "ImagePullBackOff"  // and is pulled again later
	ErrImageNeverPull = "ErrImageNeverPull" // its image is not there, and may not be pulled
	InvalidImageName  = "InvalidImageName"  // its image has a name that no image can have
)

// The reasons a container ended with, as core/v1 spells them.
const (
	Completed              = "Completed"              // with exit code 0
	Errored                = "Error"                  // with another one, or by a signal
	OOMKilled              = "OOMKilled"              // for want of memory
	StartError             = "StartError"             // its program could not be executed
	ContainerStatusUnknown = "ContainerStatusUnknown" // nobody saw it end
)

// The reasons for which a pod as a whole is Failed.
const (
	DeadlineExceeded = "DeadlineExceeded" // activeDeadlineSeconds are over
	VolumeFailed     = "VolumeFailed"     // a volume broke under it
	NodeLost         = "NodeLost"         // its node was given up
)

// The reasons of a Stop, the weightiest first: where several apply, the first is given.
const (
	StopDeleted   = "Deleted"   // the pod's deletion was asked for
	StopEnded     = "Ended"     // the pod is Succeeded or Failed, or about to be
	StopOutdated  = "Outdated"  // a newer attempt takes its place, or it had been given up
	StopStranger  = "Stranger"  // the pod has no such container
	StopLost      = "Lost"      // it should run, but the runtime does not list it
	StopUnhealthy = "Unhealthy" // a probe failed too often, its postStart hook failed, or its image was changed
)

// The reasons of events that have no namesake above.
const (
	EventStarted    = "Started"
	EventFailed     = "Failed"
	EventBackOff    = "BackOff"
	EventOOMKilling = "OOMKilling"
	EventUnhealthy  = "Unhealthy"

	EventFailedPostStart = "FailedPostStartHook"
	EventFailedPreStop   = "FailedPreStopHook"
)

// event appends an event to the decision.
func (x *decider) event(of labels.EventType, reason, message string) {
	x.Events = append(x.Events, labels.Event{Type: of, Reason: reason, Message: message})
}
