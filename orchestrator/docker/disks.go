package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// A disk of a cloud is attached to the node and then mounted by the engine, as a
// volume of the pod. Beside it a second volume, which nothing is ever in, notes
// what is attached: it is made before and removed after, so that a crash in between
// leaves no disk that nobody detaches.

// attachDisk attaches the disk of a volume, and makes the volume.
func (r *Runtime) attachDisk(ctx context.Context, engine *docker.Client, p *pod.Pod, v *pod.Volume) error {
	cloud := r.config.Volumes.Disks
	if cloud == nil {
		return errors.New("the host program has no cloud whose disks could be attached")
	}
	d, _ := volume.DiskOf(v)
	unlock, err := r.disks.lock(ctx, d.ID)
	if err != nil {
		return err
	}
	defer unlock()
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	note := v.Name + ".disk" // no volume of a pod has such a name
	options := docker.CreateVolumeOptions{Name: r.volumeName(p.UID, note), Driver: "local", Labels: r.podLabels(p)}
	options.Labels[labelVolume], options.Labels[labelDisk] = note, string(text)
	if _, err := engine.CreateVolume(options); err != nil {
		return err
	}
	at, err := cloud.Attach(ctx, d, r.node)
	if err != nil {
		return fmt.Errorf("attach disk %q: %w", d.ID, err)
	}
	options = r.volumeOptions(p, v)
	options.DriverOpts = diskOptions(d, at)
	_, err = engine.CreateVolume(options)
	return err
}

// diskOptions say how the engine mounts what is attached at a path of its machine.
func diskOptions(d volume.Disk, at string) map[string]string {
	o := map[string]string{"type": d.FSType, "device": d.Device(at), "o": "nosuid,nodev"}
	if !mount.IsDevice(at) {
		o["type"], o["device"], o["o"] = "none", at, "bind,nosuid,nodev"
	}
	if d.ReadOnly {
		o["o"] += ",ro"
	}
	return o
}

// detachDisk detaches the disk of a note, unless another pod of the node has noted it
// too, and removes the note.
func (r *Runtime) detachDisk(ctx context.Context, engine *docker.Client, note docker.Volume) error {
	var d volume.Disk
	if err := json.Unmarshal([]byte(note.Labels[labelDisk]), &d); err != nil {
		return fmt.Errorf("read the note of volume %q: %w", note.Name, err)
	}
	cloud := r.config.Volumes.Disks
	if cloud == nil {
		return fmt.Errorf("detach disk %q: the host program has no cloud any more that could", d.ID)
	}
	unlock, err := r.disks.lock(ctx, d.ID)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := r.holdings(engine)
	if err != nil {
		return err
	}
	if !all.share(d, note.Name) {
		if err := cloud.Detach(ctx, d, r.node); err != nil {
			return fmt.Errorf("detach disk %q: %w", d.ID, err)
		}
	}
	return removeVolume(engine, note)
}

// share reports whether another note than that of the name is of the same disk.
func (h holdings) share(d volume.Disk, name string) bool {
	for _, volumes := range h {
		for _, v := range volumes {
			var other volume.Disk
			if v.Name == name || json.Unmarshal([]byte(v.Labels[labelDisk]), &other) != nil {
				continue
			}
			if other.ID == d.ID && other.Source == d.Source {
				return true
			}
		}
	}
	return false
}
