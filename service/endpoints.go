package service

import (
	"slices"

	"github.com/coracle-dev/coracle/labels"
)

// Validate returns everything that is wrong with the endpoints as
// labels.FieldErrors in the order of their fields, each with its path and value, or nil.
func (e *Endpoints) Validate() error {
	errs := labels.ValidateMeta(&e.Meta, "metadata", true)
	for i := range e.Subsets {
		e.Subsets[i].validate(&errs, at("subsets", i))
	}
	return errs.Err()
}

// validate checks the subset at path.
func (s *Subset) validate(errs *labels.FieldErrors, path string) {
	if len(s.Addresses)+len(s.NotReadyAddresses) == 0 {
		errs.Add(path, nil, "must have addresses or notReadyAddresses")
	}
	validateAddresses(errs, s.Addresses, path+".addresses")
	validateAddresses(errs, s.NotReadyAddresses, path+".notReadyAddresses")
	names := make(map[string]string, len(s.Ports))
	for i, p := range s.Ports {
		where := at(path+".ports", i)
		portName(errs, where+".name", p.Name, len(s.Ports), names)
		checkPort(errs, where+".port", p.Port)
		check(errs, where+".protocol", string(p.Protocol), validateProtocol(p.Protocol))
	}
}

// validateAddresses checks the addresses at path.
func validateAddresses(errs *labels.FieldErrors, addresses []EndpointAddress, path string) {
	for i := range addresses {
		a, where := &addresses[i], at(path, i)
		check(errs, where+".ip", a.IP, validateIP(a.IP))
		if a.Hostname != "" {
			check(errs, where+".hostname", a.Hostname, labels.ValidateLabel(a.Hostname))
		}
		if a.NodeName != "" {
			check(errs, where+".nodeName", a.NodeName, labels.ValidateName(a.NodeName))
		}
	}
}

// ValidateUpdate returns what e changes of old and must not, as
// labels.FieldErrors, or nil: name, namespace and uid stay as they are.
func (e *Endpoints) ValidateUpdate(old *Endpoints) error {
	return labels.ValidateMetaUpdate(&e.Meta, &old.Meta, "metadata").Err()
}

// SameSubsets reports whether traffic goes to the same places by e as by o.
func (e *Endpoints) SameSubsets(o *Endpoints) bool {
	return slices.EqualFunc(e.Subsets, o.Subsets, func(a, b Subset) bool {
		return slices.Equal(a.Ports, b.Ports) && slices.EqualFunc(a.Addresses, b.Addresses, sameAddress) &&
			slices.EqualFunc(a.NotReadyAddresses, b.NotReadyAddresses, sameAddress)
	})
}

func sameAddress(a, b EndpointAddress) bool {
	same := a.TargetRef == b.TargetRef || a.TargetRef != nil && b.TargetRef != nil && *a.TargetRef == *b.TargetRef
	a.TargetRef, b.TargetRef = nil, nil
	return same && a == b
}
