package fake

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// ErrUnreachable is the error of every call to a machine that is cut off or down.
var ErrUnreachable = errors.New("machine unreachable")

// ErrAnswerLost is the error of a call that did its work, while Faults.AnswersLost.
var ErrAnswerLost = errors.New("answer lost")

// errStopped is the error of a Start that a Stop or Remove overtook.
var errStopped = errors.New("stopped before it ran")

func startError(p *pod.Pod, ref orchestrator.ContainerRef, err error) error {
	return fmt.Errorf("start container %q attempt %d: %w", p.Namespace+"/"+p.Name+"/"+ref.Container, ref.Attempt, err)
}

func describe(ref orchestrator.ContainerRef) string {
	return fmt.Sprintf("container %q attempt %d of pod %q", ref.Container, ref.Attempt, ref.UID)
}
