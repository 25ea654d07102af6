package node

import (
	"fmt"
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Instance is a machine as a cloud lists it.
type Instance struct {
	// ID becomes the name of its node: a DNS subdomain. Required.
	ID string
	// ProviderID is the cloud's own name for the machine. Another one under
	// the same ID is another machine.
	ProviderID string
	// Type is the cloud's name for this kind of machine. It becomes a label.
	Type string
	// Zone and Region become labels.
	Zone, Region string
	// Addresses of the machine. None: the ID is its address.
	Addresses []Address
	// Capacity of the machine. What is not listed is not limited; nil: the
	// runtime is asked.
	Capacity pod.Resources
	// Labels of the node, besides those of Type, Zone and Region.
	Labels labels.Set
	// HealthURL is where the machine says that it is well. Default: it is not asked.
	HealthURL string
}

// Validate returns everything that is wrong with the instance, or nil. The error
// reads `check instance "web-1": …` and wraps a labels.FieldErrors, with the
// paths of the node that the instance would be.
func (i Instance) Validate() error { return i.validate(i.Node()) }

// validate says what is wrong with the node that the instance would be.
func (i Instance) validate(n *Node) error {
	if err := n.usable(); err != nil {
		return fmt.Errorf("check instance %q: %w", i.ID, err)
	}
	return nil
}

// Copy returns an instance that shares nothing with i.
func (i Instance) Copy() Instance {
	i.Addresses, i.Capacity, i.Labels = slices.Clone(i.Addresses), i.Capacity.Copy(), maps.Clone(i.Labels)
	return i
}

// Node returns the node that the instance becomes: Pending, and sharing nothing with it.
func (i Instance) Node() *Node {
	n := &Node{
		Meta: labels.Meta{Name: i.ID, Labels: i.labels()},
		Spec: Spec{ProviderID: i.ProviderID},
		Status: Status{
			Phase: Pending, Capacity: i.Capacity.Copy(), Addresses: slices.Clone(i.Addresses),
		},
	}
	if i.HealthURL != "" {
		n.Annotations = map[string]string{HealthURLAnnotation: i.HealthURL}
	}
	return n
}

// labels returns all labels of the node; nil where there are none.
func (i Instance) labels() labels.Set {
	set := maps.Clone(i.Labels)
	for _, l := range [...]struct{ key, value string }{{TypeLabel, i.Type}, {ZoneLabel, i.Zone}, {RegionLabel, i.Region}} {
		if l.value == "" {
			continue
		}
		if set == nil {
			set = make(labels.Set)
		}
		set[l.key] = l.value
	}
	return set
}

// equal reports whether two instances say the same.
func (i Instance) equal(o Instance) bool {
	return i.ID == o.ID && i.ProviderID == o.ProviderID && i.HealthURL == o.HealthURL &&
		slices.Equal(i.Addresses, o.Addresses) && i.Capacity.Equal(o.Capacity) && maps.Equal(i.labels(), o.labels())
}
