package replication

import (
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Kind and APIVersion are what an owner reference calls a controller.
const (
	Kind       = "ReplicationController"
	APIVersion = "v1"
)

// Owner returns the reference by which pods name c as their controller.
func Owner(c *Controller) labels.OwnerReference {
	return labels.OwnerReference{
		APIVersion: APIVersion, Kind: Kind, Name: c.Name, UID: c.UID,
		Controller: true, BlockOwnerDeletion: true,
	}
}

// NewPod returns a pod made from the template of c, which must have one: with
// its labels, annotations and a copy of its specification, in the namespace of
// c, owned by c, and named by whoever stores it, after c.
func NewPod(c *Controller) *pod.Pod {
	t := c.Spec.Template
	return &pod.Pod{
		Meta: labels.Meta{
			GenerateName:    c.Name + "-",
			Namespace:       c.Namespace,
			Labels:          maps.Clone(t.Labels),
			Annotations:     maps.Clone(t.Annotations),
			OwnerReferences: []labels.OwnerReference{Owner(c)},
		},
		Spec: t.Spec.Copy(),
	}
}

// Adopt returns a copy of p that c owns.
func Adopt(c *Controller, p *pod.Pod) *pod.Pod {
	p = Release(c, p)
	p.OwnerReferences = append(p.OwnerReferences, Owner(c))
	return p
}

// Release returns a copy of p that c does not own. Other owners stay.
func Release(c *Controller, p *pod.Pod) *pod.Pod {
	p = p.Copy()
	p.OwnerReferences = slices.DeleteFunc(p.OwnerReferences, func(o labels.OwnerReference) bool { return o.UID == c.UID })
	return p
}

// Owns reports whether c is the controller of p.
func Owns(c *Controller, p *pod.Pod) bool {
	owner, has := p.Controller()
	return has && owner.UID == c.UID
}

// Live reports whether p counts: it has not ended, and nobody asked for its deletion.
func Live(p *pod.Pod) bool { return !p.Deleting() && !p.Status.Phase.Terminal() }

// isReady reports whether the pod takes requests.
func isReady(p *pod.Pod) bool { return p.Status.Is(pod.Ready) }
