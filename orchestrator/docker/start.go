package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// attemptsToCreate bounds how often a name is tried that somebody else takes, and
// has no container for or gives back.
const attemptsToCreate = 9

// nextTry waits before the n'th of the tries after the first: all in all for some
// 5 seconds. An engine gives a name away a while before there is a container.
func nextTry(ctx context.Context, n int) error {
	if n == 0 {
		return ctx.Err()
	}
	return sleep(ctx, 10*time.Millisecond<<n)
}

// Start runs the attempt in a container of its own, which joins the pod's infra
// container. It returns once the program runs, or has ended, or could not be
// executed; see the package's overview for the reasons that it fails with. An
// attempt older than the newest one known is left alone.
func (r *Runtime) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	err := r.start(ctx, p, &c)
	r.noteDisk(err)
	if err != nil {
		return fmt.Errorf("start container %q of pod %q: %w", c.Name, or(p.Namespace, "default")+"/"+p.Name, err)
	}
	return nil
}

func (r *Runtime) start(ctx context.Context, p *pod.Pod, c *pod.Container) error {
	engine, err := r.engine(ctx)
	if err != nil {
		return err
	}
	unlock, err := r.pods.lock(ctx, p.UID)
	if err != nil {
		return err
	}
	defer unlock()
	ref := orchestrator.RefTo(p, c.Name)
	if err := r.remember(ctx); err != nil {
		return err
	}
	if r.past(ref) {
		return nil
	}
	r.begin(p.UID)
	defer r.begin(p.UID)
	if err := r.allowed(p, c); err != nil {
		return reason(reasonConfig, err)
	}
	defer r.want(c.Image)()
	image, err := r.image(ctx, engine, p, c)
	if err != nil {
		return err
	}
	for range attemptsToCreate {
		box, err := r.sandbox(ctx, engine, p)
		if err != nil {
			return err
		}
		if err = r.fillVolumes(ctx, engine, p, box); err == nil {
			err = r.run(ctx, engine, p, c, ref, image, box)
		}
		if !errors.Is(err, errSandboxGone) {
			if err == nil {
				r.note(ref)
			}
			return err
		}
		r.forgetSandbox(p.UID)
	}
	return reason(reasonSandbox, errSandboxGone)
}

// errSandboxGone says that the infra container ended while a container was made for it.
var errSandboxGone = errors.New("its pod's infra container has ended")

// run makes the container and starts it, unless it was ever started.
func (r *Runtime) run(ctx context.Context, engine *docker.Client, p *pod.Pod, c *pod.Container,
	ref orchestrator.ContainerRef, image *docker.Image, box infra) error {
	options, err := r.specify(engine, p, c, ref, image, box)
	if err != nil {
		return err
	}
	id, err := r.create(ctx, engine, options)
	if err != nil || id == "" {
		return err
	}
	err = started(engine.StartContainer(id, nil))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	return r.explain(engine, id, err)
}

// create makes the container of an attempt and returns its id; none where the
// attempt was ever started. One that was made and never started, before a crash or by
// another host program, is taken if it is what would be made: if not, the
// pod has another infra container by now, and it is made anew. It is removed
// without force, which the engine refuses where it runs after all.
func (r *Runtime) create(ctx context.Context, engine *docker.Client, options docker.CreateContainerOptions) (id string, err error) {
	for n := range attemptsToCreate {
		if err := nextTry(ctx, n); err != nil {
			return "", err
		}
		made, err := engine.CreateContainer(options)
		if err == nil {
			return made.ID, nil
		}
		if lostSandbox(err) {
			return "", errSandboxGone
		}
		if !errors.Is(err, docker.ErrContainerAlreadyExists) {
			return "", createError(options, err)
		}
		there, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: options.Name})
		if isGone(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if l := there.Config.Labels; l[labelInstance] != r.config.Instance || l[labelNode] != r.node {
			return "", reason(reasonCreate, fmt.Errorf("create container %q: container %.12s has that name and is not of node %q", options.Name, there.ID, r.node))
		}
		if everStarted(there) {
			return "", nil
		}
		if maps.Equal(labelsOf(there), options.Config.Labels) {
			return there.ID, nil
		}
		err = engine.RemoveContainer(docker.RemoveContainerOptions{ID: there.ID, RemoveVolumes: true})
		if _, _, answered := answer(err); err != nil && !isGone(err) && !answered {
			return "", err
		}
	}
	return "", reason(reasonCreate, fmt.Errorf("create container %q: another one of that name came and went", options.Name))
}

// labelsOf returns the labels of a container that are the runtime's: an image
// may add its own.
func labelsOf(c *docker.Container) map[string]string {
	own := maps.Clone(c.Config.Labels)
	maps.DeleteFunc(own, func(key, _ string) bool { return !strings.HasPrefix(key, labelPrefix) })
	return own
}

// createError is the error of a container that the engine does not make.
func createError(options docker.CreateContainerOptions, err error) error {
	if errors.Is(err, docker.ErrNoSuchImage) {
		return reason(reasonCreate, fmt.Errorf("create container %q: image %q is no longer there", options.Name, options.Config.Image))
	}
	if _, _, answered := answer(err); !answered {
		return err
	}
	return reason(reasonCreate, fmt.Errorf("create container %q: %w", options.Name, err))
}

// explain finds out what became of a container whose start was answered with an error.
func (r *Runtime) explain(engine *docker.Client, id string, err error) error {
	c, inspecting := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: id})
	switch {
	case isGone(inspecting):
		return errSandboxGone // or it was removed: made anew in either case
	case inspecting != nil:
		return errors.Join(err, inspecting)
	case everStarted(c):
		return nil
	case lostSandbox(err):
		return errSandboxGone
	}
	return reason(reasonRun, err)
}

// lostSandbox reports whether a container did not start because the one whose
// network it joins does not run.
func lostSandbox(err error) bool {
	_, text, _ := answer(err)
	return isGone(err) || strings.Contains(text, "No such container") || strings.Contains(text, "non running container")
}

// everStarted reports whether an attempt is over the point where it could still be
// started: its program ran, or was found to be one that can't be executed.
func everStarted(c *docker.Container) bool {
	return !c.State.StartedAt.IsZero() || notExecutable(c)
}

// notExecutable reports whether the engine found that there is no such program
// (127), or that it may not or can't be executed (126). The engine keeps that
// with a container that it then never started.
func notExecutable(c *docker.Container) bool {
	return c.State.StartedAt.IsZero() && !c.State.Running && (c.State.ExitCode == 126 || c.State.ExitCode == 127)
}
