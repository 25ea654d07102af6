package inventory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
)

// read returns the machines in the files. All of what is wrong is returned at
// once as manifest.Errors, and then no machines are.
func read(found files) ([]node.Instance, error) {
	paths := make([]string, len(found.files))
	for i, f := range found.files {
		paths[i] = f.path
	}
	objects, err := manifest.Reader{MaxBytes: maxBytes, Check: check}.ReadFiles(paths...)
	if err != nil {
		return nil, err
	}
	list := make([]node.Instance, len(objects))
	for i, o := range objects {
		list[i] = instance(o.(*node.Node)) // check lets nothing else through
	}
	return list, nil
}

// check reports what an inventory can't say. Whether what it says makes sense is
// not checked: one wrong address must not hide all other machines.
func check(o labels.Object) error {
	n, ok := o.(*node.Node)
	if !ok {
		return fmt.Errorf("is no Node, and an inventory holds nothing else")
	}
	const elsewhere = "unsupported in an inventory: it is a matter of the node that is made for the machine; update that"
	var errs labels.FieldErrors
	if n.GenerateName != "" {
		errs.Add("metadata.generateName", n.GenerateName, "unsupported in an inventory: a machine has a name that stays the same")
	}
	if n.Namespace != "" {
		errs.Add("metadata.namespace", n.Namespace, "must not be given: nodes have none")
	}
	for _, key := range slices.Sorted(maps.Keys(n.Annotations)) {
		if !slices.Contains([]string{node.HealthURLAnnotation, node.CloudAnnotation, node.CloudLabelsAnnotation}, key) {
			errs.Add("metadata.annotations["+key+"]", n.Annotations[key], elsewhere)
		}
	}
	if len(n.OwnerReferences) > 0 {
		errs.Add("metadata.ownerReferences", n.OwnerReferences[0].Name, elsewhere)
	}
	if n.Spec.Unschedulable {
		errs.Add("spec.unschedulable", true, elsewhere)
	}
	if len(n.Spec.Taints) > 0 {
		errs.Add("spec.taints", n.Spec.Taints[0].Key, elsewhere)
	}
	if n.Spec.PodCIDR != "" {
		errs.Add("spec.podCIDR", n.Spec.PodCIDR, elsewhere)
	}
	if len(n.Status.Allocatable) > 0 && !n.Status.Allocatable.Equal(n.Status.Capacity) {
		errs.Add("status.allocatable", n.Status.Allocatable, elsewhere)
	}
	return errs.Err()
}

// instance returns the machine that a manifest describes.
func instance(n *node.Node) node.Instance {
	i := node.Instance{
		ID:         n.Name,
		ProviderID: n.Spec.ProviderID,
		Type:       n.Labels[node.TypeLabel],
		Zone:       n.Labels[node.ZoneLabel],
		Region:     n.Labels[node.RegionLabel],
		Addresses:  n.Status.Addresses,
		Capacity:   n.Status.Capacity,
		HealthURL:  n.Annotations[node.HealthURLAnnotation],
	}
	for key, value := range n.Labels {
		switch key {
		case node.TypeLabel, node.ZoneLabel, node.RegionLabel:
		default:
			if i.Labels == nil {
				i.Labels = labels.Set{}
			}
			i.Labels[key] = value
		}
	}
	return i
}
