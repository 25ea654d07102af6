package docker

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// The reasons that a Start fails with, as core/v1 spells them, beside those of images.
const (
	reasonSandbox  = "CreatePodSandboxError"      // the infra container can't be made or started
	reasonHostPort = "HostPortConflict"           // not core/v1's: another program has the pod's host port
	reasonConfig   = "CreateContainerConfigError" // the specification asks for what can't or may not be
	reasonCreate   = "CreateContainerError"       // the engine refuses to make the container
	reasonRun      = "RunContainerError"          // the engine failed to start it
)

// reason gives an error its reason, unless it has one.
func reason(why string, err error) error {
	var has *orchestrator.StartError
	if err == nil || errors.As(err, &has) {
		return err
	}
	return &orchestrator.StartError{Reason: why, Err: err}
}

// isGone reports whether an error says that there is no such container.
func isGone(err error) bool {
	var none *docker.NoSuchContainer
	return errors.As(err, &none)
}

// gone is err, or nil where it says that the container is not there.
func gone(err error) error {
	if isGone(err) {
		return nil
	}
	return err
}

// started is the error of a start, or nil where the container runs already.
func started(err error) error {
	var running *docker.ContainerAlreadyRunning
	if errors.As(err, &running) {
		return nil
	}
	return err
}

// stopped is the error of a stop, or nil where the container is not there or does not run.
func stopped(err error) error {
	var idle *docker.ContainerNotRunning
	if errors.As(err, &idle) {
		return nil
	}
	return gone(err)
}

// answer returns what the engine said against a call, if it did.
func answer(err error) (status int, text string, ok bool) {
	var e *docker.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	return e.Status, e.Message, true
}

// beingRemoved reports whether an error says that the container is on its way out.
func beingRemoved(err error) bool {
	status, text, _ := answer(err)
	return status == http.StatusConflict && strings.Contains(text, "removal of container")
}

// sandboxError is the error of an infra container that does not start. A host
// port that is taken has a reason of its own: a user can do something about it.
func sandboxError(name string, err error) error {
	why := reasonSandbox
	if _, text, ok := answer(err); ok {
		for _, says := range []string{"port is already allocated", "address already in use"} {
			if strings.Contains(text, says) {
				why = reasonHostPort
			}
		}
	}
	return reason(why, fmt.Errorf("start infra container %q: %w", name, err))
}
