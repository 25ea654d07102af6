package docker

import (
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// survey is what one list of the engine showed.
type survey struct {
	found  []found
	infras map[string]infra // by pod uid, those that run
	ran    map[string]bool  // by container id, whether it is an attempt that was started

	holders []string // uids of the pods that have volumes, as far as they were asked for
}

// chores are what is out of order on the engine.
type chores struct {
	cutOff  []string // ids of containers that run without their pod's network
	garbage []string // ids of containers that nobody wants any more
	strays  []string // uids of pods of which nothing was ever started
}

// learn takes over what a list showed, and passes on what is to be done about it.
func (r *Runtime) learn(s survey, attempts []orchestrator.ContainerState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range attempts {
		k := key{a.UID, a.Container}
		if newest, ok := r.newest[k]; !ok || newest < a.Attempt {
			r.newest[k] = a.Attempt
		}
	}
	there := make(map[string]bool, len(s.found))
	for _, f := range s.found {
		there[f.ID] = true
	}
	gone := func(id string) bool { return !there[id] }
	maps.DeleteFunc(r.states, func(id string, _ known) bool { return gone(id) })
	maps.DeleteFunc(r.killed, func(id string, _ string) bool { return gone(id) })
	maps.DeleteFunc(r.died, func(id string, _ bool) bool { return gone(id) })
	for uid, have := range r.infras {
		if s.infras[uid].id != have.id {
			delete(r.infras, uid) // if it is newer than the list, it is found again
		}
	}
	maps.Copy(r.infras, s.infras)
	todo := chores{cutOff: s.cutOff(), garbage: s.garbage(attempts, r.config.KeepDead), strays: s.strays(r.active, time.Now())}
	r.listed = true
	if len(todo.cutOff)+len(todo.garbage)+len(todo.strays) == 0 {
		return
	}
	select {
	case r.chores <- todo:
	default: // it is busy; the next list tells it again
	}
}

// cutOff returns the containers that run and have lost their network: the infra
// container that they joined has ended. As a kubelet does when a sandbox has
// changed, they are killed, so that they are started again in a new one.
func (s survey) cutOff() []string {
	var ids []string
	for _, f := range s.found {
		if !f.isInfra && runs(f.State) && f.Labels[labelInfra] != s.infras[f.ref.UID].id {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// garbage returns the attempts that ended and are older than the newest one and
// the keep before it.
func (s survey) garbage(attempts []orchestrator.ContainerState, keep int) []string {
	var ids []string
	for i, a := range attempts { // ordered by pod, container and attempt
		newer := 0
		for _, b := range attempts[i+1:] {
			if b.UID != a.UID || b.Container != a.Container {
				break
			}
			newer++
		}
		if newer > keep && a.State.Terminated != nil {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// patience is how long nothing must have been done for a pod of which nothing was
// ever started before what there is of it is removed.
const patience = time.Minute

// strays returns the pods that were begun and left alone before anything of
// them was started: by a host program that crashed, or for a pod that is not wanted
// any more. Nobody else would remove them, since they are no attempt that List shows.
func (s survey) strays(active map[string]time.Time, now time.Time) []string {
	started := make(map[string]bool)
	for _, uid := range s.holders {
		started[uid] = false
	}
	for _, f := range s.found {
		started[f.ref.UID] = started[f.ref.UID] || s.ran[f.ID]
	}
	var uids []string
	for uid, was := range started {
		if at, ok := active[uid]; !was && (!ok || now.Sub(at) > patience) {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}
