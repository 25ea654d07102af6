package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	docker "github.com/fsouza/go-dockerclient"
)

// sweepAgain is the time between two looks for volumes that belong to nobody.
const sweepAgain = 10 * time.Minute

// choreTimeout bounds one round of tidying.
const choreTimeout = time.Minute

// tidy puts in order what lists found out of order, until ctx ends. Whatever fails
// is found again by the next list.
func (r *Runtime) tidy(ctx context.Context) {
	sweep := time.NewTimer(patience)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			r.warnOf("look for volumes without a pod", r.sweep(ctx, time.Now()))
			sweep.Reset(sweepAgain)
		case todo := <-r.chores:
			r.do(ctx, todo)
		}
	}
}

func (r *Runtime) do(ctx context.Context, todo chores) {
	ctx, cancel := context.WithTimeout(ctx, choreTimeout)
	defer cancel()
	engine := bound(ctx, r.client)
	for _, id := range todo.cutOff {
		r.mu.Lock()
		r.killed[id] = "killed, since its pod's infra container had ended and its network with it"
		r.mu.Unlock()
		r.warnOf("kill a container that was cut off", stopped(engine.KillContainer(docker.KillContainerOptions{ID: id})))
	}
	if len(todo.cutOff) > 0 {
		r.hint()
	}
	for _, id := range todo.garbage {
		err := engine.RemoveContainer(docker.RemoveContainerOptions{ID: id, RemoveVolumes: true})
		if !beingRemoved(err) {
			r.warnOf("remove an old container", gone(err))
		}
	}
	for _, uid := range todo.strays {
		if unlock := r.pods.tryLock(uid); unlock != nil { // otherwise it is no stray
			r.warnOf("remove a pod that was never started", r.removeStray(ctx, engine, uid))
			unlock()
		}
	}
}

// removeStray removes what there is of a pod, unless something was started meanwhile.
func (r *Runtime) removeStray(ctx context.Context, engine *docker.Client, uid string) error {
	all, err := engine.ListContainers(docker.ListContainersOptions{All: true, Filters: r.ours(labelUID + "=" + uid)})
	if err != nil {
		return err
	}
	mine := r.recognise(all)
	for _, f := range mine {
		if f.isInfra {
			continue
		}
		if _, started, err := r.state(engine, f); err != nil || started {
			return err
		}
	}
	for _, f := range mine {
		if f.isInfra {
			continue
		}
		// Without force: the engine refuses where it runs by now.
		err := engine.RemoveContainer(docker.RemoveContainerOptions{ID: f.ID, RemoveVolumes: true})
		if status, _, _ := answer(err); status == http.StatusConflict {
			return nil
		}
		if gone(err) != nil {
			return err
		}
	}
	r.forgetSandbox(uid)
	if err := r.removeAll(ctx, engine, mine); err != nil {
		return err
	}
	return r.removeVolumes(ctx, engine, uid)
}

// sweep removes the volumes of pods that have no container, and for which nothing
// was done for a while: a crash left them before the infra container was made.
func (r *Runtime) sweep(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, choreTimeout)
	defer cancel()
	engine := bound(ctx, r.client)
	volumes, err := r.holdings(engine)
	if err != nil || len(volumes) == 0 {
		return err
	}
	all, err := engine.ListContainers(docker.ListContainersOptions{All: true, Filters: r.ours()})
	if err != nil {
		return err
	}
	for _, f := range r.recognise(all) {
		delete(volumes, f.ref.UID)
	}
	r.mu.Lock()
	for uid, was := range r.active {
		if now.Sub(was) <= patience {
			delete(volumes, uid)
		}
	}
	r.mu.Unlock()
	var errs []error
	for uid := range volumes {
		if unlock := r.pods.tryLock(uid); unlock != nil {
			errs = append(errs, r.removeStray(ctx, engine, uid))
			unlock()
		}
	}
	return errors.Join(errs...)
}

// warnOf makes a warning of an error, if there is one.
func (r *Runtime) warnOf(what string, err error) {
	if err != nil {
		r.warn(what + ": " + err.Error())
	}
}

const (
	soonest = 100 * time.Millisecond // between two connections to the events
	latest  = 30 * time.Second
	steady  = 10 * time.Second // a stream that lived so long was a good one
)

// follow hints at what the engine's events tell, until ctx ends. A stream that
// breaks is opened again, after a wait that grows; nothing depends on it.
func (r *Runtime) follow(ctx context.Context) {
	for wait := soonest; ; wait = min(2*wait, latest) {
		began := time.Now()
		_ = r.events(ctx) // it always ends with an error, and is opened again
		if time.Since(began) > steady {
			wait = soonest
		}
		r.hint() // something may have been missed
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// events reads one stream of the events of this node's containers. The client's
// own listener knows no context and gives up by itself.
func (r *Runtime) events(ctx context.Context) error {
	filters := r.ours()
	filters["type"] = []string{"container"}
	filters["event"] = []string{"die", "destroy", "oom"}
	b, err := json.Marshal(filters)
	if err != nil {
		return err
	}
	address := r.at.base() + "/events?filters=" + url.QueryEscape(string(b))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := r.client.HTTPClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("follow events: %s", response.Status)
	}
	r.hint()
	for events := json.NewDecoder(response.Body); ; r.hint() {
		var event struct{ ID, Action string }
		if err := events.Decode(&event); err != nil {
			return err
		}
		if event.Action == "die" {
			r.doubt(event.ID)
		}
	}
}

// doubt has the next list ask for the state of a container. The engine tells of
// an end a moment before its own list knows of it.
func (r *Runtime) doubt(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.states[id]; ok && s.state.Running != nil {
		delete(r.states, id)
	}
	r.died[id] = true
}

// sleep waits, or returns the error of a context that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
