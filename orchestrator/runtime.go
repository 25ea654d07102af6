package orchestrator

import (
	"context"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Runtime runs the containers of one node.
//
// Every method may be called again after an error, a time-out or a crash of
// the host program, and must then bring about the same end. Methods are called
// from many goroutines, but never two at a time for the same container. Each
// returns soon after its context ends: a call that does not keeps its pod from
// going on, and nothing else.
type Runtime interface {
	// Start runs attempt p.Status's restart count of container c of pod p: see
	// RefTo. It prepares what the pod needs (address, directory, volumes) if
	// that is not there yet, and returns once the container runs or has ended.
	// Starting an attempt that was ever started changes nothing and returns nil.
	//
	// An error means that this attempt has not run; it is tried again after a
	// back-off. Wrap a *StartError to give it a reason. A program that can not be
	// executed is not an error: it is an attempt that ended with reason StartError.
	Start(ctx context.Context, p *pod.Pod, c pod.Container) error

	// Stop ends one attempt: it asks politely, and kills when grace is over. It
	// returns nil once nothing of the attempt runs, also where it had ended
	// before or never was. The attempt stays in List.
	Stop(ctx context.Context, ref ContainerRef, grace time.Duration) error

	// Remove forgets a pod: it kills what still runs of it, and removes its
	// containers, address and volumes. Removing an unknown pod returns nil.
	Remove(ctx context.Context, uid string) error

	// List returns every attempt that the runtime knows, running or ended, of
	// every pod that was not removed; at least the newest ended one of each
	// container. It is the only memory after a crash. What it has returned does not
	// change any more: the caller keeps it.
	List(ctx context.Context) ([]ContainerState, error)

	// Changed returns a channel that receives when List may have changed by
	// itself. Hints coalesce, may be missed and may be wrong; nil means that there are none.
	Changed() <-chan struct{}
}

// ContainerRef names one attempt to run one container.
type ContainerRef struct {
	UID       string // of the pod
	Container string
	Attempt   int // from 0; the container's restart count
}

// RefTo returns the attempt of the container that p's status asks for now: its restart
// count, or 0 where the status does not know the container.
func RefTo(p *pod.Pod, container string) ContainerRef {
	ref := ContainerRef{UID: p.UID, Container: container}
	if s := p.Status.Container(container); s != nil {
		ref.Attempt = s.RestartCount
	}
	return ref
}

// ContainerState is what a runtime knows of one attempt.
type ContainerState struct {
	ContainerRef
	Namespace string // of the pod
	Pod       string // its name
	PodIP     string // its address; empty where it has none
	ID        string // the runtime's own name for the attempt: a process id, a container id
	State     pod.ContainerState
	// VolumeFault says what broke where a volume of the pod is lost; it is set
	// on any attempt of the pod.
	VolumeFault string
}

// StartError gives the error of a Start its reason, which becomes the reason
// that the container waits with.
type StartError struct {
	Reason string // as core/v1 spells it: ErrImagePull, InvalidImageName, CreateContainerError, …
	Err    error
	// Unfinished says that nothing has failed: what the attempt needs takes
	// longer than one call may, goes on without it, and the next Start joins it. The
	// container waits with ContainerCreating and the text of Err.
	Unfinished bool
}

// Error returns the reason and the cause.
func (e *StartError) Error() string { return e.Reason + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// Sizer is a Runtime that knows how large its node is. What it says becomes the
// capacity of a node that states none.
type Sizer interface {
	// Capacity returns what the node has. It is asked once after each connection.
	Capacity(ctx context.Context) (pod.Resources, error)
}

// Warner is a Runtime that has something to say about the whole node: a limit
// that it can't enforce, a directory that is nearly full. Each text becomes a
// warning event on the node, once.
type Warner interface {
	Warnings() []string
}

// Prober is a Runtime that can run a command in a container, for exec probes and hooks.
type Prober interface {
	// Probe runs the command and returns nil where it exits with 0.
	Probe(ctx context.Context, ref ContainerRef, command []string) error
}
