package docker

import (
	"context"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// image returns the container's image, which the engine then has.
func (r *Runtime) image(_ context.Context, engine *docker.Client, _ *pod.Pod, c *pod.Container) (*docker.Image, error) {
	image, err := engine.InspectImage(c.Image)
	if errors.Is(err, docker.ErrNoSuchImage) {
		return nil, reason("ErrImageNeverPull", fmt.Errorf("image %q is not there", c.Image))
	}
	if err != nil {
		return nil, fmt.Errorf("inspect image %q: %w", c.Image, err)
	}
	return image, nil
}
