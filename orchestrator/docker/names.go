package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// labelPrefix begins every label of the runtime.
const labelPrefix = "coracle.dev/"

// The labels of every container that the runtime makes. Those of an infra
// container end with the pod's.
const (
	labelInstance  = "coracle.dev/instance"  // Config.Instance
	labelNode      = "coracle.dev/node"      // the node's name
	labelNamespace = "coracle.dev/namespace" // the pod's
	labelPod       = "coracle.dev/pod"       // the pod's name
	labelUID       = "coracle.dev/uid"       // the pod's
	labelContainer = "coracle.dev/container" // the container's name
	labelAttempt   = "coracle.dev/attempt"   // its number, from 0
	labelInfra     = "coracle.dev/infra"     // the id of the infra container it was made for
	labelHash      = "coracle.dev/hash"      // of the container's specification
	labelHolds     = "coracle.dev/holds"     // of an infra container: how many volumes it holds; none: no label
)

// The labels that a volume has beside those of its pod.
const (
	labelVolume = "coracle.dev/volume" // the volume's name
	labelSource = "coracle.dev/source" // what it is, as core/v1 spells it
	labelLimit  = "coracle.dev/limit"  // in bytes; none: no label
	labelMemory = "coracle.dev/memory" // true where it is in memory; otherwise no label
	labelDisk   = "coracle.dev/disk"   // of the note of a disk: what is attached, as JSON; otherwise no label
)

// uidForm is what can be part of a container's name as it is.
var uidForm = regexp.MustCompile(`^[a-zA-Z0-9.-]{1,64}$`)

// podName begins the names of all containers of a pod. It follows from the uid,
// and two uids never share one.
func (r *Runtime) podName(uid string) string {
	if !uidForm.MatchString(uid) {
		sum := sha256.Sum256([]byte(uid))
		uid = "sha256-" + hex.EncodeToString(sum[:16])
	}
	return r.config.Instance + "_" + uid
}

// infraName is the name of a pod's infra container.
func (r *Runtime) infraName(uid string) string { return r.podName(uid) + "_infra" }

// name is the name of an attempt's container. An engine gives a name to one
// container at a time, which is why no attempt can be made twice.
func (r *Runtime) name(ref orchestrator.ContainerRef) string {
	return r.podName(ref.UID) + "_" + ref.Container + "_" + strconv.Itoa(ref.Attempt)
}

// volumeName is the name of a pod's volume on the engine.
func (r *Runtime) volumeName(uid, name string) string { return r.podName(uid) + "_volume_" + name }

// podLabels are the labels of everything that belongs to the pod.
func (r *Runtime) podLabels(p *pod.Pod) map[string]string {
	return map[string]string{
		labelInstance: r.config.Instance, labelNode: r.node,
		labelNamespace: p.Namespace, labelPod: p.Name, labelUID: p.UID,
	}
}

// labels are the labels of an attempt's container.
func (r *Runtime) labels(p *pod.Pod, c *pod.Container, ref orchestrator.ContainerRef, infraID string) map[string]string {
	l := r.podLabels(p)
	l[labelContainer] = c.Name
	l[labelAttempt] = strconv.Itoa(ref.Attempt)
	l[labelInfra] = infraID
	l[labelHash] = hash(c)
	r.messageLabels(c, l)
	return l
}

// hash tells specifications of containers apart.
func hash(c *pod.Container) string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// ours is the filter for the containers of this node.
func (r *Runtime) ours(more ...string) map[string][]string {
	return map[string][]string{"label": append(more, labelInstance+"="+r.config.Instance, labelNode+"="+r.node)}
}

// found is a container of ours in a list of the engine.
type found struct {
	docker.APIContainers
	ref     orchestrator.ContainerRef // of an infra container only the UID
	isInfra bool
}

// recognise returns those containers that are ours. Labels alone do not make one:
// an image that was made from a container of ours carries them on. So the
// name has to be the one that belongs to the labels.
func (r *Runtime) recognise(list []docker.APIContainers) []found {
	ours := make([]found, 0, len(list))
	for _, c := range list {
		l := c.Labels
		f := found{APIContainers: c, ref: orchestrator.ContainerRef{UID: l[labelUID], Container: l[labelContainer]}}
		name := r.infraName(f.ref.UID)
		if f.isInfra = f.ref.Container == ""; !f.isInfra {
			n, err := strconv.Atoi(l[labelAttempt])
			if err != nil {
				continue
			}
			f.ref.Attempt = n
			name = r.name(f.ref)
		}
		for _, has := range c.Names {
			if has == "/"+name {
				ours = append(ours, f)
			}
		}
	}
	return ours
}
