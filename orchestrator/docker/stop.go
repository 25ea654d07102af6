package docker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Stop has the engine send the image's stop signal, SIGTERM where it has none,
// wait for grace, rounded up to seconds, and send SIGKILL. It returns when the
// container has ended. The engine does all of it, and goes on with it where ctx ends before.
func (r *Runtime) Stop(ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error {
	if err := r.stop(ctx, r.name(ref), grace); err != nil {
		return fmt.Errorf("stop attempt %d of container %q of pod %q: %w", ref.Attempt, ref.Container, ref.UID, err)
	}
	return nil
}

// stop stops the container of that name. One that does not run may be about to:
// the start of a call that was given up can still be on its way. So the engine is
// asked again, which waits for such a start, and what has not begun is removed.
func (r *Runtime) stop(ctx context.Context, name string, grace time.Duration) error {
	engine, err := r.engine(ctx)
	if err != nil {
		return err
	}
	seconds := uint(min(math.Ceil(max(grace, 0).Seconds()), math.MaxInt32))
	for {
		err := engine.StopContainer(name, seconds)
		if err == nil || stopped(err) != nil || isGone(err) {
			return stopped(err)
		}
		c, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: name})
		if err != nil {
			return gone(err)
		}
		if c.State.Running {
			continue
		}
		if everStarted(c) {
			return nil
		}
		err = engine.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, RemoveVolumes: true})
		if status, _, _ := answer(err); status != http.StatusConflict {
			return gone(err)
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil { // it was started, or is being removed
			return err
		}
	}
}

// Remove kills what runs of the pod and removes its containers, those that were
// never started too, with their logs, its volumes, and those that images asked for.
func (r *Runtime) Remove(ctx context.Context, uid string) error {
	if err := r.remove(ctx, uid); err != nil {
		return fmt.Errorf("remove pod %q: %w", uid, err)
	}
	return nil
}

func (r *Runtime) remove(ctx context.Context, uid string) error {
	engine, err := r.engine(ctx)
	if err != nil {
		return err
	}
	unlock, err := r.pods.lock(ctx, uid)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := engine.ListContainers(docker.ListContainersOptions{All: true, Filters: r.ours(labelUID + "=" + uid)})
	if err != nil {
		return err
	}
	r.forgetSandbox(uid)
	if err := r.removeAll(ctx, engine, r.recognise(all)); err != nil {
		return err
	}
	if err := errors.Join(r.removeVolumes(ctx, engine, uid), r.removeMessages(uid)); err != nil {
		return err
	}
	r.forget(uid)
	return nil
}

// removeAll removes containers, all at once.
func (r *Runtime) removeAll(ctx context.Context, engine *docker.Client, list []found) error {
	errs := make([]error, len(list))
	var group sync.WaitGroup
	for i, f := range list {
		group.Go(func() { errs[i] = removeContainer(ctx, engine, f.ID) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// removeContainer kills and removes a container, and returns when it is gone.
func removeContainer(ctx context.Context, engine *docker.Client, id string) error {
	for {
		err := gone(engine.RemoveContainer(docker.RemoveContainerOptions{ID: id, Force: true, RemoveVolumes: true}))
		if !beingRemoved(err) {
			return err
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil { // somebody else is at it
			return err
		}
	}
}
