package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// lookAgain is the time between two looks at the volumes of a pod, at least.
const lookAgain = 2 * time.Second

// look is what was seen of a pod's volumes, and when.
type look struct {
	fault string // stays
	next  time.Time
}

// holdings are the volumes of the node's pods, as the engine knows them by their labels.
type holdings map[string][]docker.Volume // by pod uid

// faults returns which of the pods that are listed have lost a volume, and how.
// It costs one call for all volumes, and one for each pod that has some, now
// and then; what is in them is counted in the background. What can't be found out
// now is no fault.
func (r *Runtime) faults(ctx context.Context, engine *docker.Client, s survey) map[string]string {
	held := make(map[string]infra)
	for _, f := range s.found {
		if f.isInfra && f.Labels[labelHolds] != "" {
			held[f.ref.UID] = infra{id: f.ID}
		}
	}
	if len(held) == 0 {
		return nil
	}
	now := time.Now()
	out := make(map[string]string)
	var due []string
	r.mu.Lock()
	for _, uid := range slices.Sorted(maps.Keys(held)) {
		seen := r.looks[uid]
		switch {
		case seen.fault != "":
			out[uid] = seen.fault
		case !now.Before(seen.next):
			due = append(due, uid)
		}
	}
	r.mu.Unlock()
	if len(due) == 0 {
		return out
	}
	volumes, err := r.holdings(engine)
	if err != nil {
		return out
	}
	used := r.used(volumes)
	for _, uid := range due {
		fault, known := r.fault(ctx, engine, s, uid, volumes[uid], used)
		if !known {
			continue
		}
		if fault != "" {
			out[uid] = fault
		}
		r.mu.Lock()
		r.looks[uid] = look{fault, now.Add(lookAgain)}
		r.mu.Unlock()
	}
	return out
}

// holdings asks the engine for the volumes of this node.
func (r *Runtime) holdings(engine *docker.Client) (holdings, error) {
	all, err := engine.ListVolumes(docker.ListVolumesOptions{Filters: r.ours()})
	if err != nil {
		return nil, err
	}
	h := make(holdings)
	for _, v := range r.recogniseVolumes(all) {
		h[v.Labels[labelUID]] = append(h[v.Labels[labelUID]], v)
	}
	return h, nil
}

// fault says what is wrong with the volumes of one pod; known is false where it
// can't be said now.
func (r *Runtime) fault(ctx context.Context, engine *docker.Client, s survey, uid string, there []docker.Volume, used map[string]int64) (fault string, known bool) {
	box, runs := s.infras[uid]
	if !runs {
		return "", false // it is on its way up or down
	}
	for _, v := range there {
		if v.Labels[labelMemory] != "" && v.Labels[labelSource] == string(pod.SourceEmptyDir) && s.outlived(uid, box.id) {
			return fmt.Sprintf("volume %q: it was in memory, and went with its pod's infra container", v.Labels[labelVolume]), true
		}
		limit, _ := strconv.ParseInt(v.Labels[labelLimit], 10, 64)
		rec := volume.Record{Name: v.Labels[labelVolume], Path: v.Name, There: true, Limit: limit}
		if fault := volume.Fault(rec, volume.Reading{Used: used[v.Name]}); fault != "" {
			return fault, true
		}
	}
	_, err := r.stat(ctx, box.id, volumesDir)
	switch _, _, answered := answer(err); {
	case err == nil:
		return "", true
	case errors.Is(err, fs.ErrNotExist), answered:
		return r.vanished(engine, uid, box.id), true
	}
	return "", false
}

// vanished says which volume it is that the engine does not find any more when it
// mounts what an infra container holds; nothing where there is another reason, which
// is no fault. The engine says so only to those who make a container. That one would
// have a name that is taken, so that it is never made.
func (r *Runtime) vanished(engine *docker.Client, uid, infra string) string {
	box, err := engine.InspectContainerWithOptions(docker.InspectContainerOptions{ID: infra})
	if err != nil {
		return ""
	}
	var mounts []docker.HostMount
	for _, m := range box.Mounts {
		mounts = append(mounts, docker.HostMount{Type: "bind", Source: m.Source, Target: m.Destination})
	}
	again, err := engine.CreateContainer(docker.CreateContainerOptions{
		Name: r.infraName(uid), Config: &docker.Config{Image: box.Image}, HostConfig: &docker.HostConfig{Mounts: mounts},
	})
	if err == nil { // the infra container is gone, of all moments in this one
		engine.RemoveContainer(docker.RemoveContainerOptions{ID: again.ID, Force: true})
		return ""
	}
	_, text, _ := answer(err)
	for _, m := range box.Mounts {
		if strings.HasSuffix(strings.TrimSpace(text), "does not exist: "+m.Source) {
			return fmt.Sprintf("volume %q: %q has vanished", path.Base(m.Destination), m.Source)
		}
	}
	return ""
}

// outlived reports whether an attempt of the pod was made for another infra
// container than the one that there is now.
func (s survey) outlived(uid, infra string) bool {
	return slices.ContainsFunc(s.found, func(f found) bool {
		return !f.isInfra && f.ref.UID == uid && s.ran[f.ID] && f.Labels[labelInfra] != infra
	})
}

// used returns how many bytes were in the volumes when they were last counted, by
// name, and has them counted again where one of them has a limit.
func (r *Runtime) used(volumes holdings) map[string]int64 {
	for _, there := range volumes {
		if slices.ContainsFunc(there, func(v docker.Volume) bool { return v.Labels[labelLimit] != "" }) {
			select {
			case r.counts <- struct{}{}:
			default: // somebody asked already
			}
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.usage
}

// countVolumes counts what is in volumes whenever it is asked for, until ctx ends.
// That may take an engine minutes, for which no list is held up, and it is done so
// seldom that it is a small part of the time.
func (r *Runtime) countVolumes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.counts:
		}
		begin := time.Now()
		counted, err := r.count(ctx)
		if err == nil { // otherwise the last answer stands: an engine that is away is told of by List
			r.mu.Lock()
			r.usage = counted
			r.mu.Unlock()
		}
		end := time.Now()
		if sleep(ctx, countAgain(begin, end, err).Sub(end)) != nil {
			return
		}
	}
}

// countAgain returns when to count again after a count that ended so. An engine
// that counts for somebody else refuses, which costs it nothing, whenever that is said.
func countAgain(begin, end time.Time, err error) time.Time {
	if _, text, _ := answer(err); strings.Contains(text, "already running") {
		begin = end
	}
	return volume.CountAgain(end.Sub(begin), end)
}

// count asks the engine what its volumes take on disk. One before version 1.42 of
// the API adds up all that it has.
func (r *Runtime) count(ctx context.Context) (map[string]int64, error) {
	response, err := r.ask(ctx, http.MethodGet, "/system/df", url.Values{"type": {"volume"}})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var says struct {
		Volumes []struct {
			Name      string
			UsageData struct{ Size int64 }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&says); err != nil {
		return nil, err
	}
	sizes := make(map[string]int64, len(says.Volumes))
	for _, v := range says.Volumes {
		sizes[v.Name] = max(v.UsageData.Size, 0)
	}
	return sizes, nil
}
