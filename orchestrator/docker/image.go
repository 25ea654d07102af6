package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// image returns the container's image, which the engine then has: pulled as
// the container's policy says.
func (r *Runtime) image(ctx context.Context, engine *docker.Client, p *pod.Pod, c *pod.Container) (*docker.Image, error) {
	ref, err := parseReference(c.Image)
	if err != nil {
		return nil, reason(lifecycle.InvalidImageName, err)
	}
	if c.ImagePullPolicy == pod.PullAlways && ref.version != "" {
		if err := r.pull(ctx, p, c.Image, ref); err != nil {
			return nil, err
		}
	}
	image, err := engine.InspectImage(c.Image)
	if !errors.Is(err, docker.ErrNoSuchImage) {
		return image, imageError(c.Image, err)
	}
	switch {
	case ref.version == "":
		return nil, reason(lifecycle.ErrImageNeverPull, fmt.Errorf("image %q is not there, and an id can not be pulled", c.Image))
	case c.ImagePullPolicy == pod.PullNever:
		return nil, reason(lifecycle.ErrImageNeverPull, fmt.Errorf("image %q is not there, and imagePullPolicy is Never", c.Image))
	}
	if err := r.pull(ctx, p, c.Image, ref); err != nil {
		return nil, err
	}
	image, err = engine.InspectImage(c.Image)
	return image, imageError(c.Image, err)
}

func imageError(image string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("inspect image %q: %w", image, err)
}

// pull pulls an image for a pod, or joins whoever is at it. Where ctx ends
// first the pull goes on, and the error says so.
func (r *Runtime) pull(ctx context.Context, p *pod.Pod, image string, ref reference) error {
	with, known, err := r.credential(ctx, p, ref.registry)
	if err != nil {
		return reason(lifecycle.ErrImagePull, fmt.Errorf("pull image %q: %w", image, err))
	}
	job, err := r.pulls.join(ctx, pullKey{ref, with})
	if err != nil {
		return err
	}
	r.tell(p, "Pulling", "Pulling image %q", image)
	ticker := time.NewTicker(pullTold)
	defer ticker.Stop()
	for {
		select {
		case <-job.done:
			if job.err == nil {
				r.tell(p, "Pulled", "Pulled image %q in %s: %s", image, job.took, job.progress.text())
			}
			return reason(lifecycle.ErrImagePull, pullError(image, ref, with, known, job.err))
		case <-ticker.C:
			r.tell(p, "Pulling", "Pulling image %q: %s", image, job.progress.text())
		case <-ctx.Done():
			r.pulls.leave(job)
			return &orchestrator.StartError{Unfinished: true, Err: fmt.Errorf("pulling image %q: %s", image, job.progress.text())}
		}
	}
}

// pullTold is how often it is told how far a pull has come.
const pullTold = 10 * time.Second
