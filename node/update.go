package node

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// ValidateUpdate returns everything that n changes of old and must not, as
// labels.FieldErrors, or nil. It does not do what [Node.Validate] does.
//
// The name and the uid stay as they are; the provider's id and the pod CIDR may
// be given once. The status is not looked at: see [Status.ValidateUpdate].
func (n *Node) ValidateUpdate(old *Node) error {
	errs := labels.ValidateMetaUpdate(&n.Meta, &old.Meta, "metadata")
	once(&errs, "spec.providerID", n.Spec.ProviderID, old.Spec.ProviderID)
	once(&errs, "spec.podCIDR", n.Spec.PodCIDR, old.Spec.PodCIDR)
	return errs.Err()
}

// ValidateUpdate returns what s changes of old and must not, as
// labels.FieldErrors, or nil: a phase never goes back (see [Phase.CanBecome]),
// and a condition is given only to a node of its phase: Reachable and Ready to
// a Running one, Checked to a Pending one.
func (s *Status) ValidateUpdate(old *Status) error {
	var errs labels.FieldErrors
	if !old.Phase.CanBecome(s.Phase) {
		errs.Add("status.phase", text(s.Phase), fmt.Sprintf("cannot follow %s: a node's phase never goes back", old.Phase))
	}
	for i, c := range s.Conditions {
		of := c.Type.phase()
		if of == "" || of.order() == s.Phase.order() {
			continue
		}
		if s.Phase != old.Phase || old.Condition(c.Type) == nil {
			errs.Add(at("status.conditions", i)+".type", c.Type, "only a "+string(of)+" node has it")
		}
	}
	return errs.Err()
}

// phase returns the only phase in which a node has the condition; "": any.
func (c ConditionType) phase() Phase {
	switch c {
	case Ready, Reachable:
		return Running
	case Checked:
		return Pending
	}
	return ""
}

// once checks that a value stays what it is as soon as there is one.
func once(errs *labels.FieldErrors, path, v, old string) {
	if old != "" && v != old {
		errs.Add(path, text(v), fmt.Sprintf("must stay %q", old))
	}
}
