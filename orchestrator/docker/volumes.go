package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// filledFile is in an infra container whose volumes have all that has to be in
// them. No volume can have that name.
const filledFile = volumesDir + "/.filled"

// prepareVolumes makes the pod's volumes on the engine, and has the infra
// container hold them. What the host program lacks is found before anything is
// made. Volumes that are there stay as they are.
func (r *Runtime) prepareVolumes(ctx context.Context, engine *docker.Client, p *pod.Pod, options *docker.CreateContainerOptions) error {
	for _, v := range volume.Plan(p.Spec.Volumes, nil).SetUp {
		if err := r.prepareVolume(ctx, engine, p, &v, options); err != nil {
			return reason(volume.FailedMount, fmt.Errorf("set up volume %q: %w", v.Name, err))
		}
	}
	return nil
}

func (r *Runtime) prepareVolume(ctx context.Context, engine *docker.Client, p *pod.Pod, v *pod.Volume, options *docker.CreateContainerOptions) error {
	at := volumesDir + "/" + v.Name
	switch v.Source() {
	case pod.SourceFlex:
		return fmt.Errorf("this node has no volumes that are a %s", v.Source())
	case pod.SourceGCEDisk, pod.SourceAWSDisk:
		if err := r.attachDisk(ctx, engine, p, v); err != nil {
			return err
		}
	case pod.SourceHostPath:
		if v.HostPath.Type == "DirectoryOrCreate" && !strings.Contains(v.HostPath.Path, ":") {
			// The one form in which the engine makes what is not there.
			options.HostConfig.Binds = append(options.HostConfig.Binds, v.HostPath.Path+":"+at)
			return nil
		}
	default:
		if _, err := engine.CreateVolume(r.volumeOptions(p, v)); err != nil {
			return err
		}
	}
	options.HostConfig.Mounts = append(options.HostConfig.Mounts, r.mount(p, v, at))
	return nil
}

// checkHostPaths compares paths of the engine's machine with their types. They
// are seen through an infra container that need not run.
func (r *Runtime) checkHostPaths(ctx context.Context, p *pod.Pod, infra string) error {
	for _, v := range p.Spec.Volumes {
		if v.HostPath == nil || v.HostPath.Type == "" {
			continue
		}
		mode, err := r.stat(ctx, infra, volumesDir+"/"+v.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return reason(volume.FailedMount, fmt.Errorf("set up volume %q: there is no %q on the engine's machine", v.Name, v.HostPath.Path))
		}
		if err != nil {
			return mountError(p, err)
		}
		fits, known := mount.FitsHostPath(v.HostPath.Type, mode)
		switch {
		case !known:
			err = fmt.Errorf("hostPath %q has the unknown type %q", v.HostPath.Path, v.HostPath.Type)
		case !fits:
			err = fmt.Errorf("hostPath %q is not of type %s", v.HostPath.Path, v.HostPath.Type)
		}
		if err != nil {
			return reason(volume.FailedMount, fmt.Errorf("set up volume %q: %w", v.Name, err))
		}
	}
	return nil
}

// fillVolumes puts into the volumes of a pod what has to be in them before its
// containers start, once for each infra container: what is in memory went with
// the one before. What is on disk and was used is not filled again.
func (r *Runtime) fillVolumes(ctx context.Context, engine *docker.Client, p *pod.Pod, box infra) error {
	if len(p.Spec.Volumes) == 0 {
		return nil
	}
	r.mu.Lock()
	filled, used := r.filled[p.UID] == box.id, false
	for k := range r.newest {
		used = used || k.uid == p.UID
	}
	r.mu.Unlock()
	if filled {
		return nil
	}
	_, err := r.stat(ctx, box.id, filledFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = r.fill(ctx, engine, p, box, used)
	}
	if err != nil {
		return mountError(p, err)
	}
	r.mu.Lock()
	r.filled[p.UID] = box.id
	r.mu.Unlock()
	return nil
}

// fill fetches the content of the pod's volumes here, and uploads it.
func (r *Runtime) fill(ctx context.Context, engine *docker.Client, p *pod.Pod, box infra, used bool) error {
	scratch, err := os.MkdirTemp("", "coracle-volumes-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	var fillings []filling
	for _, v := range volume.Plan(p.Spec.Volumes, nil).SetUp {
		if !volume.Owned(v.Source()) || used && !inMemory(&v) {
			continue
		}
		f := filling{name: v.Name, mode: 0o777}
		if v.Secret != nil || v.ConfigMap != nil {
			f.mode = 0o755
		}
		dir, err := os.MkdirTemp(scratch, "volume-")
		if err == nil {
			f.dir, err = r.config.Volumes.Fill(ctx, mount.Request{Pod: p, Volume: v, Dir: dir})
		}
		if err != nil {
			return reason(volume.FailedMount, fmt.Errorf("set up volume %q: %w", v.Name, err))
		}
		fillings = append(fillings, f)
	}
	return r.upload(ctx, engine, box.id, fillings)
}

// mountError is the error of a call that had to do with the volumes of a pod. An
// engine that says something against one of them has a reason for the user.
func mountError(p *pod.Pod, err error) error {
	if _, text, ok := answer(err); ok && len(p.Spec.Volumes) > 0 {
		for _, says := range []string{"bind source path does not exist", "mount", "volume", "no such file or directory"} {
			if strings.Contains(text, says) {
				return reason(volume.FailedMount, fmt.Errorf("set up volumes: %s", strings.TrimSpace(text)))
			}
		}
	}
	return err
}

// removeVolumes removes the volumes of a pod, of which there are no containers any
// more, and then detaches its disks.
func (r *Runtime) removeVolumes(ctx context.Context, engine *docker.Client, uid string) error {
	all, err := engine.ListVolumes(docker.ListVolumesOptions{Filters: r.ours(labelUID + "=" + uid)})
	if err != nil {
		return err
	}
	var errs []error
	var notes []docker.Volume
	for _, v := range r.recogniseVolumes(all) {
		if v.Labels[labelDisk] != "" {
			notes = append(notes, v)
			continue
		}
		errs = append(errs, removeVolume(engine, v))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, note := range notes {
		errs = append(errs, r.detachDisk(ctx, engine, note))
	}
	return errors.Join(errs...)
}

func removeVolume(engine *docker.Client, v docker.Volume) error {
	err := engine.RemoveVolumeWithOptions(docker.RemoveVolumeOptions{Name: v.Name})
	if err != nil && !errors.Is(err, docker.ErrNoSuchVolume) {
		return fmt.Errorf("remove volume %q: %w", v.Labels[labelVolume], err)
	}
	return nil
}

// recogniseVolumes returns those volumes that are ours, by their labels and their names.
func (r *Runtime) recogniseVolumes(list []docker.Volume) []docker.Volume {
	var ours []docker.Volume
	for _, v := range list {
		if l := v.Labels; l[labelInstance] == r.config.Instance && l[labelNode] == r.node && v.Name == r.volumeName(l[labelUID], l[labelVolume]) {
			ours = append(ours, v)
		}
	}
	return ours
}
