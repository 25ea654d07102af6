package pod

// SecurityContext says as whom a container runs and with which rights. Each
// runtime says what of it it can keep to.
type SecurityContext struct {
	// RunAsUser is the user id. Default: the pod's, otherwise the image's.
	RunAsUser *int64 `json:"runAsUser,omitempty"`
	// RunAsGroup is the group id. Default: the pod's, otherwise the image's.
	RunAsGroup *int64 `json:"runAsGroup,omitempty"`
	// RunAsNonRoot refuses to start what would run as root. Default: the pod's, otherwise false.
	RunAsNonRoot *bool `json:"runAsNonRoot,omitempty"`
	// ReadOnlyRootFilesystem lets the container write to its volumes only. Default: false.
	ReadOnlyRootFilesystem *bool `json:"readOnlyRootFilesystem,omitempty"`
	// Privileged gives all the rights of the machine's root. Default: false.
	Privileged *bool `json:"privileged,omitempty"`
	// AllowPrivilegeEscalation lets a program gain more rights than its
	// parent's, by a setuid file for example. Default: true.
	AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation,omitempty"`
	// Capabilities beside, and without, those of the runtime's default set.
	Capabilities *Capabilities `json:"capabilities,omitempty"`
}

// Capabilities are rights of Linux by their names without CAP_, such as NET_ADMIN; ALL is every one.
type Capabilities struct {
	Add  []string `json:"add,omitempty"`
	Drop []string `json:"drop,omitempty"`
}

// PodSecurityContext is what holds for all containers of a pod that do not say
// otherwise: core/v1's PodSecurityContext.
type PodSecurityContext struct {
	RunAsUser    *int64 `json:"runAsUser,omitempty"`
	RunAsGroup   *int64 `json:"runAsGroup,omitempty"`
	RunAsNonRoot *bool  `json:"runAsNonRoot,omitempty"`
	// SupplementalGroups are the ids of further groups of every container's first process.
	SupplementalGroups []int64 `json:"supplementalGroups,omitempty"`
}

// Security returns what applies to container c of pod p: its own security
// context, with the pod's where that says nothing. It shares memory with both.
func Security(p *Pod, c *Container) SecurityContext {
	var s SecurityContext
	if c.SecurityContext != nil {
		s = *c.SecurityContext
	}
	if all := p.Spec.SecurityContext; all != nil {
		orPointer(&s.RunAsUser, all.RunAsUser)
		orPointer(&s.RunAsGroup, all.RunAsGroup)
		orPointer(&s.RunAsNonRoot, all.RunAsNonRoot)
	}
	return s
}

// orPointer sets *v where it points at nothing.
func orPointer[T any](v **T, otherwise *T) {
	if *v == nil {
		*v = otherwise
	}
}
