package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Reasons that an attempt ends with, as core/v1 spells them.
const (
	reasonCompleted  = "Completed"
	reasonError      = "Error"
	reasonOOMKilled  = "OOMKilled"
	reasonStartError = "StartError"
	reasonUnknown    = "ContainerStatusUnknown"
)

// List returns the newest two attempts of each container, running or ended,
// ordered by pod, container and attempt. It reads the directories each time, so
// it finds what any host program started; what can't change is read once.
//
// An attempt whose supervisor was killed is settled here: what is left of it is
// killed, and it has ended with exit code 137 and reason ContainerStatusUnknown.
func (r *Runtime) List(ctx context.Context) ([]orchestrator.ContainerState, error) {
	out, err := r.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list containers of node %q: %w", r.node, err)
	}
	return out, nil
}

func (r *Runtime) list(ctx context.Context) ([]orchestrator.ContainerState, error) {
	uids, err := names(r.pods)
	if err != nil {
		return nil, err
	}
	slices.Sort(uids)
	var out []orchestrator.ContainerState
	for _, uid := range uids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if out, err = r.listPod(ctx, out, uid); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listPod adds the attempts of one pod. A pod that is removed meanwhile is as
// good as not there.
func (r *Runtime) listPod(ctx context.Context, out []orchestrator.ContainerState, uid string) ([]orchestrator.ContainerState, error) {
	before := len(out)
	rec, err := r.record(uid)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	containers, err := names(filepath.Join(r.podDir(uid), containersDir))
	if err != nil {
		return out, err
	}
	slices.Sort(containers)
	for _, name := range containers {
		all, err := attemptsOf(r.containerDir(uid, name), uid, name)
		if err != nil {
			return out, err
		}
		for _, a := range all {
			state, id, known, err := r.state(a)
			if err != nil {
				return out, err
			}
			if known {
				out = append(out, orchestrator.ContainerState{
					ContainerRef: a.ContainerRef, Namespace: rec.Namespace, Pod: rec.Name,
					PodIP: rec.IP, ID: id, State: state,
				})
			}
		}
	}
	fault := r.volumes.Fault(ctx, rec.Volumes)
	if !exists(filepath.Join(r.podDir(uid), podFile)) {
		return out[:before], nil
	}
	for i := before; i < len(out); i++ {
		out[i].VolumeFault = fault
	}
	return out, nil
}

// state returns what is the case with one attempt. known is false where it was
// prepared and has not begun.
func (r *Runtime) state(a attempt) (state pod.ContainerState, id string, known bool, err error) {
	if t, ok := r.ended(a); ok {
		return pod.ContainerState{Terminated: &t}, t.ContainerID, true, nil
	}
	w, err := r.follow(a)
	if err != nil {
		return state, "", false, err
	}
	if t, ok := r.ended(a); ok { // since we asked first
		return pod.ContainerState{Terminated: &t}, t.ContainerID, true, nil
	}
	if !a.used() {
		return state, "", false, nil
	}
	if w != nil {
		return r.running(a)
	}
	t, err := r.settle(a)
	switch {
	case err == nil:
		return pod.ContainerState{Terminated: &t}, t.ContainerID, true, nil
	case isMissing(err):
		return state, "", false, nil
	case errors.Is(err, errLocked), errors.Is(err, errAlive):
		return r.running(a)
	}
	return state, "", false, err
}

// running describes an attempt that has not ended.
func (r *Runtime) running(a attempt) (pod.ContainerState, string, bool, error) {
	r.mu.Lock()
	run, ok := r.runs[a.dir]
	r.mu.Unlock()
	if !ok {
		var err error
		if run, err = a.run(); err == nil {
			r.mu.Lock()
			r.runs[a.dir] = run
			r.mu.Unlock()
		}
	}
	if run.PID == 0 { // the program is being started
		m, _ := a.mark()
		run.StartedAt = m.StartedAt
	}
	return pod.ContainerState{Running: &pod.Started{StartedAt: run.StartedAt}}, containerID(run), true, nil
}

// ended returns how the attempt ended, if it did.
func (r *Runtime) ended(a attempt) (pod.Terminated, bool) {
	r.mu.Lock()
	t, ok := r.exits[a.dir]
	r.mu.Unlock()
	if ok {
		return t, true
	}
	t, err := a.exit()
	if err != nil {
		return t, false
	}
	r.mu.Lock()
	r.exits[a.dir] = t
	delete(r.runs, a.dir)
	r.mu.Unlock()
	return t, true
}

// containerID is the program's process id.
func containerID(run runRecord) string {
	if run.PID == 0 {
		return ""
	}
	return strconv.Itoa(run.PID)
}
