package labels

// Namespace is core/v1's Namespace: a scope for the names of other objects.
type Namespace struct {
	Meta   `json:"metadata"`
	Spec   NamespaceSpec   `json:"spec,omitzero"`
	Status NamespaceStatus `json:"status,omitzero"`
}

// NamespaceSpec is read and kept for manifests that carry it.
type NamespaceSpec struct {
	Finalizers []string `json:"finalizers,omitempty"`
}

// NamespaceStatus says whether the namespace takes new objects.
type NamespaceStatus struct {
	Phase NamespacePhase `json:"phase,omitempty"`
}

// NamespacePhase is where a namespace is in its life.
type NamespacePhase string

// A Terminating namespace takes no new objects and goes when its last object has gone.
const (
	NamespaceActive      NamespacePhase = "Active"
	NamespaceTerminating NamespacePhase = "Terminating"
)

// Copy returns a namespace that shares nothing with n.
func (n *Namespace) Copy() *Namespace {
	c := *n
	c.Meta = n.Meta.Copy()
	c.Spec.Finalizers = append([]string(nil), n.Spec.Finalizers...)
	return &c
}

// Default fills in what was left out: the phase is Active.
func (n *Namespace) Default() {
	if n.Status.Phase == "" {
		n.Status.Phase = NamespaceActive
	}
}

// Validate returns every problem of the namespace as FieldErrors, or nil. Its
// name has to be a DNS label, for it is what other objects write as Meta.Namespace.
func (n *Namespace) Validate() error {
	errs := validateMeta(&n.Meta, "metadata", false, namespaceNames)
	switch n.Status.Phase {
	case "", NamespaceActive, NamespaceTerminating:
	default:
		errs.Add("status.phase", n.Status.Phase, "must be Active or Terminating")
	}
	return errs.Err()
}

// ValidateUpdate returns what an update of old to n may not change, as
// FieldErrors, or nil. A namespace that is Terminating stays so.
func (n *Namespace) ValidateUpdate(old *Namespace) error {
	errs := ValidateMetaUpdate(&n.Meta, &old.Meta, "metadata")
	if old.Status.Phase == NamespaceTerminating && n.Status.Phase == NamespaceActive {
		errs.Add("status.phase", n.Status.Phase, "cannot become active again")
	}
	return errs.Err()
}
