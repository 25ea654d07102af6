package pod

import "time"

// Phase is where a pod is in its life. Succeeded and Failed are final.
type Phase string

// The phases of core/v1.
const (
	// Pending: accepted; at least one container has not yet started, be it
	// for want of a node or because an image is on its way.
	Pending Phase = "Pending"
	// Running: bound, all containers have started, at least one runs or restarts.
	Running Phase = "Running"
	// Succeeded: all containers ended with exit code 0.
	Succeeded Phase = "Succeeded"
	// Failed: all containers ended, at least one in failure; or the node or a disk was lost.
	Failed Phase = "Failed"
)

// Terminal reports whether the phase never changes again.
func (p Phase) Terminal() bool { return p == Succeeded || p == Failed }

// Status is what is the case.
type Status struct {
	Phase                 Phase             `json:"phase,omitempty"`
	Conditions            []Condition       `json:"conditions,omitempty"`
	Message               string            `json:"message,omitempty"`
	Reason                string            `json:"reason,omitempty"`            // why the phase is what it is: NodeLost, VolumeFailed, DeadlineExceeded
	NominatedNodeName     string            `json:"nominatedNodeName,omitempty"` // where room is made for a pod that waits, and kept from those of no higher priority
	HostIP                string            `json:"hostIP,omitempty"`
	PodIP                 string            `json:"podIP,omitempty"`
	PodIPs                []IP              `json:"podIPs,omitempty"`
	StartTime             time.Time         `json:"startTime,omitzero"` // when its node took it up
	Devices               []Devices         `json:"devices,omitempty"`  // of its node, by name; recorded when it is bound. Not in core/v1
	InitContainerStatuses []ContainerStatus `json:"initContainerStatuses,omitempty"`
	ContainerStatuses     []ContainerStatus `json:"containerStatuses,omitempty"`
}

// IP is one address of a pod.
type IP struct {
	IP string `json:"ip"`
}

// Condition is one thing that is true of a pod, false, or not known.
type Condition struct {
	Type               ConditionType   `json:"type"`
	Status             ConditionStatus `json:"status"`
	LastProbeTime      time.Time       `json:"lastProbeTime,omitzero"`
	LastTransitionTime time.Time       `json:"lastTransitionTime,omitzero"`
	Reason             string          `json:"reason,omitempty"`
	Message            string          `json:"message,omitempty"`
}

// ConditionType names a condition.
type ConditionType string

// The conditions of core/v1, and two of our own that say why a pod was given up.
const (
	PodScheduled    ConditionType = "PodScheduled"
	Initialized     ConditionType = "Initialized"
	ContainersReady ConditionType = "ContainersReady"
	Ready           ConditionType = "Ready"
	// VolumeFailed is True once a volume of the pod broke under it.
	VolumeFailed ConditionType = "VolumeFailed"
	// NodeLost is True once the pod's node was given up.
	NodeLost ConditionType = "NodeLost"
)

// ConditionStatus is True, False or Unknown.
type ConditionStatus string

// The statuses of core/v1.
const (
	True    ConditionStatus = "True"
	False   ConditionStatus = "False"
	Unknown ConditionStatus = "Unknown"
)

// ContainerStatus is what is known of one container.
type ContainerStatus struct {
	Name         string         `json:"name"`
	State        ContainerState `json:"state,omitzero"`
	LastState    ContainerState `json:"lastState,omitzero"`
	Ready        bool           `json:"ready"`
	RestartCount int            `json:"restartCount"` // also the number of the current attempt, from 0
	Image        string         `json:"image,omitempty"`
	ImageID      string         `json:"imageID,omitempty"`
	ContainerID  string         `json:"containerID,omitempty"`
	Started      *bool          `json:"started,omitempty"` // the startup probe has passed, or there is none

	// BackOff counts the ends in a row that were not followed by a long
	// enough run; it is not in core/v1. See lifecycle for what it means.
	BackOff int `json:"backOff,omitempty"`
	// RetryAt is when a waiting container is started again. Not in core/v1.
	RetryAt time.Time `json:"retryAt,omitzero"`
	// Unhealthy says why the current attempt must be killed and tried again:
	// a liveness or startup probe or the postStart hook failed. Not in core/v1.
	Unhealthy string `json:"unhealthy,omitempty"`
	// PostStarted says that the postStart hook of the current attempt has succeeded. Not in core/v1.
	PostStarted bool `json:"postStarted,omitempty"`
	// StoppingSince is when the current attempt began to be stopped, where it
	// has a preStop hook. Not in core/v1.
	StoppingSince time.Time `json:"stoppingSince,omitzero"`
	// PreStopped says that the preStop hook of the current attempt is over. Not in core/v1.
	PreStopped bool `json:"preStopped,omitempty"`
}

// ContainerState is one of waiting (none of the others set), running and terminated.
type ContainerState struct {
	Waiting    *Waiting    `json:"waiting,omitempty"`
	Running    *Started    `json:"running,omitempty"`
	Terminated *Terminated `json:"terminated,omitempty"`
}

// Waiting is a container that has not started, or not again.
type Waiting struct {
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Started is a container that runs.
type Started struct {
	StartedAt time.Time `json:"startedAt,omitzero"`
}

// Terminated is a container that has ended.
type Terminated struct {
	ExitCode    int       `json:"exitCode"`
	Signal      int       `json:"signal,omitempty"`
	Reason      string    `json:"reason,omitempty"` // Completed, Error, OOMKilled, StartError, ContainerStatusUnknown
	Message     string    `json:"message,omitempty"`
	StartedAt   time.Time `json:"startedAt,omitzero"`
	FinishedAt  time.Time `json:"finishedAt,omitzero"`
	ContainerID string    `json:"containerID,omitempty"`
}
