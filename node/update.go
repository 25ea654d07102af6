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
// labels.FieldErrors, or nil: a phase never goes back (see [Phase.CanBecome]).
func (s *Status) ValidateUpdate(old *Status) error {
	var errs labels.FieldErrors
	if !old.Phase.CanBecome(s.Phase) {
		errs.Add("status.phase", text(s.Phase), fmt.Sprintf("cannot follow %s: a node's phase never goes back", old.Phase))
	}
	return errs.Err()
}

// once checks that a value stays what it is as soon as there is one.
func once(errs *labels.FieldErrors, path, v, old string) {
	if old != "" && v != old {
		errs.Add(path, text(v), fmt.Sprintf("must stay %q", old))
	}
}
