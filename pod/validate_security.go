package pod

import (
	"math"
	"net/netip"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// validateSecurity checks a container's security context at path.
func validateSecurity(errs *labels.FieldErrors, s *SecurityContext, path string) {
	if s == nil {
		return
	}
	id(errs, path+".runAsUser", s.RunAsUser)
	id(errs, path+".runAsGroup", s.RunAsGroup)
	if c := s.Capabilities; c != nil {
		validateCapabilities(errs, c.Add, path+".capabilities.add")
		validateCapabilities(errs, c.Drop, path+".capabilities.drop")
	}
	if isTrue(s.Privileged) && s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
		errs.Add(path+".allowPrivilegeEscalation", false, "must not be false where privileged is true")
	}
}

// validatePodSecurity checks a pod's security context at path.
func validatePodSecurity(errs *labels.FieldErrors, s *PodSecurityContext, path string) {
	if s == nil {
		return
	}
	id(errs, path+".runAsUser", s.RunAsUser)
	id(errs, path+".runAsGroup", s.RunAsGroup)
	for i := range s.SupplementalGroups {
		id(errs, at(path+".supplementalGroups", i), &s.SupplementalGroups[i])
	}
}

// id checks the number of a user or group, if it is given.
func id(errs *labels.FieldErrors, path string, v *int64) {
	if v != nil {
		number(errs, path, *v, 0, math.MaxInt32)
	}
}

// validateCapabilities checks the names in the list at path.
func validateCapabilities(errs *labels.FieldErrors, names []string, path string) {
	for i, name := range names {
		if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			errs.Add(at(path, i), text(name), "must be the name of a capability in capitals, such as NET_ADMIN, or ALL")
		}
	}
}

// What a resolver takes, as core/v1 has it.
const (
	mostNameservers = 3
	mostSearches    = 32
)

// validateDNS checks the pod's policy and configuration of DNS.
func validateDNS(errs *labels.FieldErrors, s *Spec, path string) {
	oneOf(errs, path+".dnsPolicy", s.DNSPolicy, DNSClusterFirst, DNSClusterFirstWithHostNet, DNSDefault, DNSNone)
	d := s.DNSConfig
	if s.DNSPolicy == DNSNone && (d == nil || len(d.Nameservers) == 0) {
		errs.Add(path+".dnsConfig.nameservers", nil, "must have at least one where dnsPolicy is None")
	}
	if d == nil {
		return
	}
	path += ".dnsConfig"
	if len(d.Nameservers) > mostNameservers {
		errs.Add(path+".nameservers", len(d.Nameservers), "must be at most 3")
	}
	for i, server := range d.Nameservers {
		if _, err := netip.ParseAddr(server); err != nil {
			errs.Add(at(path+".nameservers", i), text(server), "must be an IP address")
		}
	}
	if len(d.Searches) > mostSearches {
		errs.Add(path+".searches", len(d.Searches), "must be at most 32")
	}
	for i, domain := range d.Searches {
		if domain != "." {
			check(errs, at(path+".searches", i), domain, labels.ValidateName(strings.TrimSuffix(domain, ".")))
		}
	}
	for i, o := range d.Options {
		if o.Name == "" {
			errs.Add(at(path+".options", i)+".name", nil, "must be given")
		}
	}
}

// validateHostNetwork checks that ports of a pod on the node's network are the same inside and out.
func validateHostNetwork(errs *labels.FieldErrors, s *Spec, path string) {
	if !s.HostNetwork {
		return
	}
	for i := range s.Containers {
		for j, p := range s.Containers[i].Ports {
			if p.HostPort != 0 && p.HostPort != p.ContainerPort {
				errs.Add(at(at(path+".containers", i)+".ports", j)+".hostPort", p.HostPort,
					"must be the containerPort where hostNetwork is true")
			}
		}
	}
}

func isTrue(v *bool) bool { return v != nil && *v }
