package docker

import (
	"fmt"
	"strconv"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// volumesDir is where an infra container has the volumes of its pod, each by its
// name. It holds them for as long as the pod lives, and through it the engine
// says how they are.
const volumesDir = "/volumes"

// mounts returns what of the pod's volumes is put into the container.
func (r *Runtime) mounts(p *pod.Pod, c *pod.Container) ([]docker.HostMount, error) {
	var out []docker.HostMount
	for _, m := range c.VolumeMounts {
		v := volumeNamed(p, m.Name)
		if v == nil {
			return nil, reason(reasonConfig, fmt.Errorf("mount volume %q: the pod has no such volume", m.Name))
		}
		if m.SubPath != "" {
			return nil, reason(reasonConfig, fmt.Errorf("mount volume %q: subPath %q is not available on this runtime", m.Name, m.SubPath))
		}
		mount := r.mount(p, v, m.MountPath)
		mount.ReadOnly = m.ReadOnly
		out = append(out, mount)
	}
	return out, nil
}

// volumeNamed returns a volume of the pod, or nil.
func volumeNamed(p *pod.Pod, name string) *pod.Volume {
	for i := range p.Spec.Volumes {
		if p.Spec.Volumes[i].Name == name {
			return &p.Spec.Volumes[i]
		}
	}
	return nil
}

// mount returns how a volume of the pod is mounted at a path.
func (r *Runtime) mount(p *pod.Pod, v *pod.Volume, at string) docker.HostMount {
	if v.HostPath != nil {
		return docker.HostMount{Type: "bind", Source: v.HostPath.Path, Target: at}
	}
	return docker.HostMount{
		Type: "volume", Source: r.volumeName(p.UID, v.Name), Target: at,
		VolumeOptions: &docker.VolumeOptions{NoCopy: true}, // what an image has there is not the pod's
	}
}

// inMemory reports whether the engine keeps a volume in memory.
func inMemory(v *pod.Volume) bool {
	return v.EmptyDir != nil && v.EmptyDir.Medium == pod.MediumMemory || v.Secret != nil
}

// volumeOptions says how the engine makes the volume.
func (r *Runtime) volumeOptions(p *pod.Pod, v *pod.Volume) docker.CreateVolumeOptions {
	labels := r.podLabels(p)
	labels[labelVolume] = v.Name
	labels[labelSource] = string(v.Source())
	options := docker.CreateVolumeOptions{Name: r.volumeName(p.UID, v.Name), Driver: "local", Labels: labels}
	limit := volume.Limit(v)
	if limit > 0 {
		labels[labelLimit] = strconv.FormatInt(limit, 10)
	}
	if inMemory(v) {
		labels[labelMemory] = "true"
		options.DriverOpts = map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "nosuid,nodev"}
		if limit > 0 {
			options.DriverOpts["o"] += ",size=" + strconv.FormatInt(limit, 10)
		}
	}
	return options
}
