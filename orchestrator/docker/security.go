package docker

import (
	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// allowed says what of the specification this node does not allow.
func (r *Runtime) allowed(*pod.Pod, *pod.Container) error { return nil }

// secure sets as whom and with which rights the container runs.
func (r *Runtime) secure(*pod.Pod, *pod.Container, *docker.Image, *docker.Config, *docker.HostConfig) error {
	return nil
}
