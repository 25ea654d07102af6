package docker

import (
	"context"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// mounts returns what of the pod's volumes is put into the container.
func (r *Runtime) mounts(_ context.Context, _ *docker.Client, _ *pod.Pod, c *pod.Container) ([]docker.HostMount, error) {
	if len(c.VolumeMounts) > 0 {
		return nil, reason("FailedMount", fmt.Errorf("volume %q can't be mounted: this runtime has no volumes", c.VolumeMounts[0].Name))
	}
	return nil, nil
}
