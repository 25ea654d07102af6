package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Reasons that an attempt ends with, as core/v1 spells them.
const (
	reasonCompleted  = "Completed"
	reasonError      = "Error"
	reasonOOMKilled  = "OOMKilled"
	reasonStartError = "StartError"
)

// List returns the attempts of the node that the engine knows, ordered by pod,
// container and attempt. A container that was made and never started is none.
// It asks the engine for its list, and for each container that is in
// another state than before.
//
// What it finds out of order is put in order in the background: see the package's overview.
func (r *Runtime) List(ctx context.Context) ([]orchestrator.ContainerState, error) {
	out, err := r.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list containers of node %q: %w", r.node, err)
	}
	return out, nil
}

func (r *Runtime) list(ctx context.Context) ([]orchestrator.ContainerState, error) {
	engine, err := r.engine(ctx)
	if err != nil {
		return nil, err
	}
	s, err := r.survey(engine)
	if err != nil {
		return nil, err
	}
	out := []orchestrator.ContainerState(nil)
	for _, f := range s.found {
		if f.isInfra {
			continue
		}
		state, ok, err := r.state(engine, f)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		s.ran[f.ID] = true
		out = append(out, orchestrator.ContainerState{
			ContainerRef: f.ref, Namespace: f.Labels[labelNamespace], Pod: f.Labels[labelPod],
			PodIP: s.infras[f.ref.UID].ip, ID: f.ID, State: state,
		})
	}
	faults := r.faults(ctx, engine, s)
	for i := range out {
		out[i].VolumeFault = faults[out[i].UID]
	}
	slices.SortFunc(out, func(a, b orchestrator.ContainerState) int {
		return cmp.Or(cmp.Compare(a.UID, b.UID), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Attempt, b.Attempt))
	})
	r.learn(s, out)
	return out, nil
}

// survey asks the engine what there is of ours. The first time it asks for
// volumes too: a crash may have left some that no container has.
func (r *Runtime) survey(engine *docker.Client) (survey, error) {
	all, err := engine.ListContainers(docker.ListContainersOptions{All: true, Filters: r.ours()})
	if err != nil {
		return survey{}, err
	}
	s := survey{found: r.recognise(all), infras: make(map[string]infra), ran: make(map[string]bool)}
	for _, f := range s.found {
		if f.isInfra && runs(f.State) {
			s.infras[f.ref.UID] = infra{id: f.ID, ip: r.address(f.Networks.Networks)}
		}
	}
	r.mu.Lock()
	listed := r.listed
	r.mu.Unlock()
	if listed {
		return s, nil
	}
	volumes, err := engine.ListVolumes(docker.ListVolumesOptions{Filters: r.ours()})
	if err != nil {
		return survey{}, err
	}
	for _, v := range r.recogniseVolumes(volumes) {
		s.holders = append(s.holders, v.Labels[labelUID])
	}
	return s, nil
}

// runs reports whether the engine's word for a state says that it is alive.
func runs(state string) bool { return state == "running" || state == "paused" || state == "restarting" }

// state returns what is the case with a container; ok is false where it is no
// attempt (yet), or vanished.
func (r *Runtime) state(engine *docker.Client, f found) (state pod.ContainerState, ok bool, err error) {
	r.mu.Lock()
	have, isKnown := r.states[f.ID]
	why := r.killed[f.ID]
	r.mu.Unlock()
	if isKnown && have.engine == f.State {
		return have.state, true, nil
	}
	c, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: f.ID})
	if isGone(err) {
		return state, false, nil
	}
	if err != nil {
		return state, false, err
	}
	if !everStarted(c) {
		return state, false, nil
	}
	if c.State.Running {
		state.Running = &pod.Started{StartedAt: c.State.StartedAt}
	} else {
		state.Terminated = terminated(c, why)
		if state.Terminated.Message == "" {
			state.Terminated.Message = r.lastWords(engine, c)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if runs(f.State) == c.State.Running && !(c.State.Running && r.died[f.ID]) { // otherwise it changed in between
		r.states[f.ID] = known{f.State, state}
	}
	return state, true, nil
}

// terminated says how a container ended. The engine gives the end by a signal
// the exit code 128 and the signal, as a shell does; a program that exits with such a
// code by itself looks the same.
func terminated(c *docker.Container, why string) *pod.Terminated {
	t := &pod.Terminated{
		ExitCode: c.State.ExitCode, Reason: reasonError, Message: why, ContainerID: c.ID,
		StartedAt: c.State.StartedAt, FinishedAt: c.State.FinishedAt,
	}
	if t.ExitCode > 128 && t.ExitCode <= 128+64 {
		t.Signal = t.ExitCode - 128
	}
	if t.FinishedAt.Before(t.StartedAt) { // an engine notes the start when containerd has told it, which may be later
		t.StartedAt = t.FinishedAt
	}
	switch {
	case notExecutable(c):
		t.Reason, t.Message = reasonStartError, cause(c.State.Error)
		t.StartedAt, t.FinishedAt = c.Created, c.Created
	case t.ExitCode == 0:
		t.Reason = reasonCompleted
	case c.State.OOMKilled:
		t.Reason = reasonOOMKilled
	}
	return t
}
