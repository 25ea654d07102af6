package node

import (
	"net/netip"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Validate returns everything that is wrong with the node as labels.FieldErrors
// in the order of its fields, each with its path and value, or nil.
//
// An invalid node may be kept all the same: it takes no pods until it is valid.
func (n *Node) Validate() error {
	errs := labels.ValidateMeta(&n.Meta, "metadata", false)
	n.validateAnnotations(&errs)
	validateTaints(&errs, n.Spec.Taints)
	if n.Spec.PodCIDR != "" {
		if _, err := netip.ParsePrefix(n.Spec.PodCIDR); err != nil {
			errs.Add("spec.podCIDR", n.Spec.PodCIDR, "must be a range of addresses such as 10.1.0.0/24")
		}
	}
	validateResources(&errs, n.Status.Capacity, "status.capacity")
	validateResources(&errs, n.Status.Allocatable, "status.allocatable")
	for _, name := range n.Status.Allocatable.Names() {
		if has, ok := n.Status.Capacity[name]; ok && n.Status.Allocatable[name].Cmp(has) > 0 {
			errs.Add("status.allocatable["+string(name)+"]", n.Status.Allocatable[name], "must not exceed the capacity, which is "+has.String())
		}
	}
	if n.Status.Phase.order() < 0 {
		errs.Add("status.phase", n.Status.Phase, "must be Pending, Running or Terminated")
	}
	validateConditions(&errs, n.Status.Conditions)
	validateAddresses(&errs, n.Status.Addresses)
	return errs.Err()
}

// validateTaints checks the taints of a node.
func validateTaints(errs *labels.FieldErrors, taints []Taint) {
	type key struct {
		key    string
		effect pod.TaintEffect
	}
	seen := make(map[key]string, len(taints))
	for i, t := range taints {
		path := at("spec.taints", i)
		check(errs, path+".key", t.Key, labels.ValidateKey(t.Key))
		check(errs, path+".value", t.Value, labels.ValidateValue(t.Value))
		switch t.Effect {
		case pod.NoSchedule, pod.PreferNoSchedule, pod.NoExecute:
		default:
			errs.Add(path+".effect", text(t.Effect), "must be NoSchedule, PreferNoSchedule or NoExecute")
		}
		if first, taken := seen[key{t.Key, t.Effect}]; taken {
			errs.Add(path, t, "must be unique: "+first+" has the same key and effect")
			continue
		}
		seen[key{t.Key, t.Effect}] = path
	}
}

// validateResources checks the names and amounts at path.
func validateResources(errs *labels.FieldErrors, r pod.Resources, path string) {
	for _, name := range r.Names() {
		where := path + "[" + string(name) + "]"
		check(errs, where, string(name), name.Validate())
		switch q := r[name]; {
		case q.Sign() < 0:
			errs.Add(where, q, "must not be negative")
		case name.Extended() && pod.NewQuantity(q.Value(), pod.DecimalSI).Cmp(q) != 0:
			errs.Add(where, q, "must be a whole number: so many devices")
		}
	}
}

// validateConditions checks the conditions of a node.
func validateConditions(errs *labels.FieldErrors, conditions []Condition) {
	seen := make(map[ConditionType]string, len(conditions))
	for i, c := range conditions {
		path := at("status.conditions", i)
		if c.Type == "" {
			errs.Add(path+".type", nil, "must be given")
		}
		switch c.Status {
		case pod.True, pod.False, pod.Unknown:
		default:
			errs.Add(path+".status", text(c.Status), "must be True, False or Unknown")
		}
		if first, taken := seen[c.Type]; taken && c.Type != "" {
			errs.Add(path+".type", c.Type, "must be unique: "+first+" has it")
			continue
		}
		seen[c.Type] = path
	}
}

// validateAddresses checks the addresses of a node.
func validateAddresses(errs *labels.FieldErrors, addresses []Address) {
	seen := make(map[Address]string, len(addresses))
	for i, a := range addresses {
		path := at("status.addresses", i)
		switch problem := a.problem(); {
		case problem == unknownType:
			errs.Add(path+".type", text(a.Type), problem)
		case problem != "":
			errs.Add(path+".address", text(a.Address), problem)
		}
		if first, taken := seen[a]; taken {
			errs.Add(path, a.Address, "must be unique: "+first+" is the same")
			continue
		}
		seen[a] = path
	}
}

// unknownType is the problem of an address with a type that there is not.
const unknownType = "must be Hostname, InternalIP, ExternalIP, InternalDNS, ExternalDNS or DynamicIP"

// problem says what is wrong with an address, or "".
func (a Address) problem() string {
	switch a.Type {
	case InternalIP, ExternalIP, DynamicIP:
		ip, err := netip.ParseAddr(a.Address)
		switch {
		case err != nil:
			return "must be an IP address"
		case ip.Zone() != "":
			return "must not have a zone, which means something on one machine only"
		case ip.IsUnspecified() || ip.IsMulticast():
			return "must be the address of one machine"
		}
	case Hostname, InternalDNS, ExternalDNS:
		if _, err := netip.ParseAddr(a.Address); err == nil && a.Type == Hostname {
			return ""
		}
		if err := labels.ValidateName(a.Address); err != nil {
			return err.Error()
		}
	default:
		return unknownType
	}
	return ""
}

// at returns the path of element i of the list at path.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// text returns v for a FieldError: nil, which stands for missing, where it is empty.
func text[T ~string](v T) any {
	if v == "" {
		return nil
	}
	return v
}

// check adds err as the problem of the value at path, if there is one.
func check(errs *labels.FieldErrors, path, value string, err error) {
	if err != nil {
		errs.Add(path, text(value), err.Error())
	}
}
