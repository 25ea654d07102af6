package labels

import (
	"maps"
	"slices"
	"time"
)

// DefaultNamespace is the namespace of an object that names none.
const DefaultNamespace = "default"

// Meta is the identity that every object embeds: core/v1's ObjectMeta.
//
// A client fills in Name (or GenerateName), Namespace, Labels and Annotations.
// The rest belongs to the orchestrator, which ignores what a client writes there.
type Meta struct {
	// Name is unique among the objects of one kind in one namespace.
	Name string `json:"name,omitempty"`
	// GenerateName asks for a name made of this prefix and five random
	// characters. It counts only where Name is empty.
	GenerateName string `json:"generateName,omitempty"`
	// Namespace is DefaultNamespace where empty. Nodes and namespaces have none.
	Namespace string `json:"namespace,omitempty"`
	// UID tells this object from every other that had or will have its name.
	UID string `json:"uid,omitempty"`
	// ResourceVersion is the revision of the store at which this object was
	// last written: one counter for all objects.
	ResourceVersion uint64 `json:"resourceVersion,string,omitempty"`
	// Generation counts the changes of the object's specification, from 1.
	Generation int64 `json:"generation,omitempty"`
	// CreationTimestamp is when the object was accepted.
	CreationTimestamp time.Time `json:"creationTimestamp,omitzero"`
	// DeletionTimestamp is when the object is to be gone: the moment of the
	// request plus its grace. Zero: nobody asked for its deletion.
	DeletionTimestamp time.Time `json:"deletionTimestamp,omitzero"`
	// DeletionGracePeriodSeconds is the grace the deletion was asked with.
	DeletionGracePeriodSeconds *int64 `json:"deletionGracePeriodSeconds,omitempty"`
	// Labels are what selectors match.
	Labels Set `json:"labels,omitempty"`
	// Annotations carry anything else; no selector sees them.
	Annotations map[string]string `json:"annotations,omitempty"`
	// OwnerReferences name the objects that this one depends on. At most one
	// of them is its controller.
	OwnerReferences []OwnerReference `json:"ownerReferences,omitempty"`
}

// OwnerReference names an object that owns another in the same namespace.
type OwnerReference struct {
	APIVersion         string `json:"apiVersion"`
	Kind               string `json:"kind"`
	Name               string `json:"name"`
	UID                string `json:"uid"`
	Controller         bool   `json:"controller,omitempty"`
	BlockOwnerDeletion bool   `json:"blockOwnerDeletion,omitempty"`
}

// Object is anything with an identity: a pointer to a struct that embeds Meta.
type Object interface {
	// Identity returns the object's own Meta, not a copy of it.
	Identity() *Meta
}

// Identity returns m itself, so that every struct which embeds a Meta is an Object.
func (m *Meta) Identity() *Meta { return m }

// Deleting reports whether the deletion of the object was asked for.
func (m *Meta) Deleting() bool { return !m.DeletionTimestamp.IsZero() }

// Controller returns the owner that controls the object, and whether it has one.
func (m *Meta) Controller() (OwnerReference, bool) {
	for _, o := range m.OwnerReferences {
		if o.Controller {
			return o, true
		}
	}
	return OwnerReference{}, false
}

// Copy returns a Meta that shares nothing with m.
func (m *Meta) Copy() Meta {
	c := *m
	if m.DeletionGracePeriodSeconds != nil {
		grace := *m.DeletionGracePeriodSeconds
		c.DeletionGracePeriodSeconds = &grace
	}
	c.Labels = maps.Clone(m.Labels)
	c.Annotations = maps.Clone(m.Annotations)
	c.OwnerReferences = slices.Clone(m.OwnerReferences)
	return c
}
