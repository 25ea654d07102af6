package pod

import (
	"maps"
	"slices"
)

// equalPointers reports whether both are nil or point at equal values.
func equalPointers[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// equalMaps reports whether two maps are equal; none and an empty one are.
func equalMaps[M ~map[string]string](a, b M) bool { return maps.Equal(a, b) }

func equalTolerations(a, b Toleration) bool {
	seconds := equalPointers(a.TolerationSeconds, b.TolerationSeconds)
	a.TolerationSeconds, b.TolerationSeconds = nil, nil
	return seconds && a == b
}

func equalVolumes(a, b Volume) bool {
	return a.Name == b.Name &&
		equalPointers(a.HostPath, b.HostPath) &&
		equalEmptyDirs(a.EmptyDir, b.EmptyDir) &&
		equalPointers(a.GitRepo, b.GitRepo) &&
		equalPointers(a.Download, b.Download) &&
		equalSecrets(a.Secret, b.Secret) &&
		equalConfigMaps(a.ConfigMap, b.ConfigMap) &&
		equalPointers(a.GCEPersistentDisk, b.GCEPersistentDisk) &&
		equalPointers(a.AWSElasticBlockStore, b.AWSElasticBlockStore) &&
		equalFlexVolumes(a.FlexVolume, b.FlexVolume)
}

func equalSecrets(a, b *SecretVolume) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.SecretName == b.SecretName && slices.EqualFunc(a.Items, b.Items, equalItems) &&
		equalPointers(a.DefaultMode, b.DefaultMode) && equalPointers(a.Optional, b.Optional)
}

func equalConfigMaps(a, b *ConfigMapVolume) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && slices.EqualFunc(a.Items, b.Items, equalItems) &&
		equalPointers(a.DefaultMode, b.DefaultMode) && equalPointers(a.Optional, b.Optional)
}

func equalItems(a, b KeyToPath) bool {
	return a.Key == b.Key && a.Path == b.Path && equalPointers(a.Mode, b.Mode)
}

func equalFlexVolumes(a, b *FlexVolume) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Driver == b.Driver && a.FSType == b.FSType && a.ReadOnly == b.ReadOnly && equalMaps(a.Options, b.Options)
}

func equalEmptyDirs(a, b *EmptyDir) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.SizeLimit == nil || b.SizeLimit == nil {
		return a.Medium == b.Medium && a.SizeLimit == b.SizeLimit
	}
	return a.Medium == b.Medium && a.SizeLimit.Cmp(*b.SizeLimit) == 0
}

// equalDNS compares what two pods say about DNS; nil says nothing.
func equalDNS(a, b *DNSConfig) bool {
	var none DNSConfig
	orPointer(&a, &none)
	orPointer(&b, &none)
	return slices.Equal(a.Nameservers, b.Nameservers) && slices.Equal(a.Searches, b.Searches) &&
		slices.EqualFunc(a.Options, b.Options, func(a, b DNSOption) bool {
			return a.Name == b.Name && equalPointers(a.Value, b.Value)
		})
}

// equalPodSecurity compares two contexts; nil says nothing.
func equalPodSecurity(a, b *PodSecurityContext) bool {
	var none PodSecurityContext
	orPointer(&a, &none)
	orPointer(&b, &none)
	return equalPointers(a.RunAsUser, b.RunAsUser) && equalPointers(a.RunAsGroup, b.RunAsGroup) &&
		equalPointers(a.RunAsNonRoot, b.RunAsNonRoot) && slices.Equal(a.SupplementalGroups, b.SupplementalGroups)
}

// equalSecurity compares two contexts; nil says nothing.
func equalSecurity(a, b *SecurityContext) bool {
	var none SecurityContext
	orPointer(&a, &none)
	orPointer(&b, &none)
	return equalPointers(a.RunAsUser, b.RunAsUser) && equalPointers(a.RunAsGroup, b.RunAsGroup) &&
		equalPointers(a.RunAsNonRoot, b.RunAsNonRoot) &&
		equalPointers(a.ReadOnlyRootFilesystem, b.ReadOnlyRootFilesystem) &&
		equalPointers(a.Privileged, b.Privileged) &&
		equalPointers(a.AllowPrivilegeEscalation, b.AllowPrivilegeEscalation) &&
		equalCapabilities(a.Capabilities, b.Capabilities)
}

func equalCapabilities(a, b *Capabilities) bool {
	var none Capabilities
	orPointer(&a, &none)
	orPointer(&b, &none)
	return slices.Equal(a.Add, b.Add) && slices.Equal(a.Drop, b.Drop)
}

func equalVariables(a, b EnvVar) bool {
	if a.Name != b.Name || a.Value != b.Value {
		return false
	}
	if a.ValueFrom == nil || b.ValueFrom == nil {
		return a.ValueFrom == b.ValueFrom
	}
	return equalPointers(a.ValueFrom.FieldRef, b.ValueFrom.FieldRef) &&
		equalResourceFields(a.ValueFrom.ResourceFieldRef, b.ValueFrom.ResourceFieldRef)
}

func equalResourceFields(a, b *ResourceFieldRef) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ContainerName == b.ContainerName && a.Resource == b.Resource && a.divisor().Cmp(b.divisor()) == 0
}

func equalProbes(a, b *Probe) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equalHandlers(a.handler(), b.handler()) &&
		a.InitialDelaySeconds == b.InitialDelaySeconds &&
		a.TimeoutSeconds == b.TimeoutSeconds &&
		a.PeriodSeconds == b.PeriodSeconds &&
		a.SuccessThreshold == b.SuccessThreshold &&
		a.FailureThreshold == b.FailureThreshold &&
		equalPointers(a.TerminationGracePeriodSeconds, b.TerminationGracePeriodSeconds)
}

func equalLifecycles(a, b *Lifecycle) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equalHandlers(a.PostStart, b.PostStart) && equalHandlers(a.PreStop, b.PreStop)
}

func equalHandlers(a, b *Handler) bool {
	if a == nil || b == nil {
		return a == b
	}
	if (a.Exec == nil) != (b.Exec == nil) || (a.HTTPGet == nil) != (b.HTTPGet == nil) {
		return false
	}
	if a.Exec != nil && !slices.Equal(a.Exec.Command, b.Exec.Command) {
		return false
	}
	if g, h := a.HTTPGet, b.HTTPGet; g != nil {
		if g.Path != h.Path || g.Port != h.Port || g.Host != h.Host || g.Scheme != h.Scheme || !slices.Equal(g.Headers, h.Headers) {
			return false
		}
	}
	return equalPointers(a.TCPSocket, b.TCPSocket) && equalPointers(a.Sleep, b.Sleep)
}
