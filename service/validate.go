package service

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Validate returns everything that is wrong with the service as
// labels.FieldErrors in the order of its fields, each with its path and value, or nil.
//
// It takes a service before [Service.Default] as well as after. Whether an
// address or a node port is free is not its business.
func (s *Service) Validate() error {
	errs := labels.ValidateMeta(&s.Meta, "metadata", true)
	if s.Name != "" {
		if err := labels.ValidateLabel(s.Name); err != nil && labels.ValidateName(s.Name) == nil {
			errs.Add("metadata.name", s.Name, err.Error())
		}
	}
	s.Spec.validate(&errs)
	for i, in := range s.Status.LoadBalancer.Ingress {
		if in.IP != "" {
			check(&errs, at("status.loadBalancer.ingress", i)+".ip", in.IP, validateIP(in.IP))
		}
	}
	return errs.Err()
}

// validate checks the specification of a service.
func (s *Spec) validate(errs *labels.FieldErrors) {
	switch s.Type {
	case "", ClusterIP, NodePort, LoadBalancer, ExternalName:
	default:
		errs.Add("spec.type", s.Type, "must be ClusterIP, NodePort, LoadBalancer or ExternalName")
	}
	*errs = append(*errs, labels.ValidateSet(s.Selector, "spec.selector")...)
	s.validatePorts(errs)
	s.validateClusterIP(errs)
	for i, ip := range s.ExternalIPs {
		check(errs, at("spec.externalIPs", i), ip, validateIP(ip))
	}
	s.validateExternalName(errs)
	s.validateAffinity(errs)
	if s.LoadBalancerIP != "" {
		check(errs, "spec.loadBalancerIP", s.LoadBalancerIP, validateIP(s.LoadBalancerIP))
	}
	for i, r := range s.LoadBalancerSourceRanges {
		if _, err := netip.ParsePrefix(r); err != nil {
			errs.Add(at("spec.loadBalancerSourceRanges", i), text(r), "must be a range of addresses such as 10.0.0.0/8 or 2001:db8::/32")
		}
	}
}

// validatePorts checks the ports of a service.
func (s *Spec) validatePorts(errs *labels.FieldErrors) {
	if len(s.Ports) == 0 && s.ClusterIP != Headless && s.Type != ExternalName {
		errs.Add("spec.ports", nil, "must have at least one port")
	}
	names := make(map[string]string, len(s.Ports))
	numbers := make(map[string]string, 2*len(s.Ports))
	for i, p := range s.Ports {
		path := at("spec.ports", i)
		portName(errs, path+".name", p.Name, len(s.Ports), names)
		check(errs, path+".protocol", string(p.Protocol), validateProtocol(p.Protocol))
		checkPort(errs, path+".port", p.Port)
		unique(errs, path+".port", p.Port, p.Protocol, "port", numbers)
		if !p.TargetPort.IsZero() {
			check(errs, path+".targetPort", p.TargetPort.String(), p.TargetPort.Validate())
		}
		s.validateNodePort(errs, p, path+".nodePort")
		unique(errs, path+".nodePort", p.NodePort, p.Protocol, "nodePort", numbers)
	}
}

// portName checks the name of one of several ports: it must be given unless
// there is but one, and must not be among the names before it.
func portName(errs *labels.FieldErrors, path, name string, several int, before map[string]string) {
	if name == "" {
		if several > 1 {
			errs.Add(path, nil, "must be given where there is more than one port")
		}
		return
	}
	check(errs, path, name, labels.ValidateLabel(name))
	if first, taken := before[name]; taken {
		errs.Add(path, name, "must be unique: "+first+" has it")
		return
	}
	before[name] = path
}

// unique checks that no port before has the same number and protocol.
func unique(errs *labels.FieldErrors, path string, port int, of pod.Protocol, kind string, before map[string]string) {
	if port == 0 {
		return
	}
	if of == "" {
		of = pod.TCP
	}
	key := fmt.Sprint(kind, port, of)
	if first, taken := before[key]; taken {
		errs.Add(path, port, "must be unique for its protocol: "+first+" has it")
		return
	}
	before[key] = path
}

// validateNodePort checks the port of the nodes, if one is asked for.
func (s *Spec) validateNodePort(errs *labels.FieldErrors, p Port, path string) {
	switch {
	case p.NodePort == 0:
	case s.Type != NodePort && s.Type != LoadBalancer:
		errs.Add(path, p.NodePort, "must not be given but for type NodePort or LoadBalancer")
	default:
		checkPort(errs, path, p.NodePort)
	}
}

// validateClusterIP checks the address of the service, if one is asked for.
func (s *Spec) validateClusterIP(errs *labels.FieldErrors) {
	switch {
	case s.ClusterIP == "":
	case s.Type == ExternalName:
		errs.Add("spec.clusterIP", s.ClusterIP, "must not be given for type ExternalName")
	case s.ClusterIP == Headless:
		if s.Type == NodePort || s.Type == LoadBalancer {
			errs.Add("spec.clusterIP", s.ClusterIP, "must not be None for type "+string(s.Type))
		}
	default:
		if err := validateIP(s.ClusterIP); err != nil {
			errs.Add("spec.clusterIP", s.ClusterIP, "must be an IP address, None, or empty")
		}
	}
}

// validateExternalName checks the name that stands for the service.
func (s *Spec) validateExternalName(errs *labels.FieldErrors) {
	if s.Type != ExternalName && s.ExternalName == "" {
		return
	}
	name := s.ExternalName
	if n := len(name); n > 1 && name[n-1] == '.' {
		name = name[:n-1] // a name of DNS may end with its root
	}
	check(errs, "spec.externalName", s.ExternalName, labels.ValidateName(name))
}

// validateAffinity checks whether and how clients stay with a pod.
func (s *Spec) validateAffinity(errs *labels.FieldErrors) {
	switch s.SessionAffinity {
	case "", AffinityNone, AffinityClientIP:
	default:
		errs.Add("spec.sessionAffinity", s.SessionAffinity, "must be None or ClientIP")
	}
	if s.SessionAffinityConfig == nil {
		return
	}
	if s.SessionAffinity != AffinityClientIP {
		errs.Add("spec.sessionAffinityConfig", nil, "must not be given unless sessionAffinity is ClientIP")
	}
	c := s.SessionAffinityConfig.ClientIP
	if c == nil || c.TimeoutSeconds == nil {
		return
	}
	if *c.TimeoutSeconds < 1 || *c.TimeoutSeconds > 86400 {
		errs.Add("spec.sessionAffinityConfig.clientIP.timeoutSeconds", *c.TimeoutSeconds, "must be 1 to 86400, which is a day")
	}
}

// validateIP returns what is wrong with an address that one machine or service has, or nil.
func validateIP(s string) error {
	ip, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return errors.New("must be an IP address")
	case ip.Zone() != "":
		return errors.New("must not have a zone, which means something on one machine only")
	case ip.IsUnspecified() || ip.IsMulticast():
		return errors.New("must be one address")
	}
	return nil
}

// validateProtocol returns what is wrong with a protocol, or nil; it may be left out.
func validateProtocol(p pod.Protocol) error {
	switch p {
	case "", pod.TCP, pod.UDP:
		return nil
	}
	return errors.New("must be TCP or UDP")
}

// checkPort adds what is wrong with the number of a port, which must be given.
func checkPort(errs *labels.FieldErrors, path string, port int) {
	switch {
	case port == 0:
		errs.Add(path, nil, "must be given: 1 to 65535")
	case port < 1 || port > 65535:
		errs.Add(path, port, "must be 1 to 65535")
	}
}

// at returns the path of element i of the list at path.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// text returns v for a FieldError: nil, which stands for missing, where it is empty.
func text(v string) any {
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

// ValidateUpdate returns everything that s changes of old and must not, as
// labels.FieldErrors, or nil. It does not do what [Service.Validate] does.
//
// Name, namespace and uid stay as they are, and so does a cluster IP once the
// service has one, unless the service becomes or was an ExternalName.
func (s *Service) ValidateUpdate(old *Service) error {
	errs := labels.ValidateMetaUpdate(&s.Meta, &old.Meta, "metadata")
	named := s.Spec.Type == ExternalName || old.Spec.Type == ExternalName
	if !named && old.Spec.ClusterIP != "" && s.Spec.ClusterIP != old.Spec.ClusterIP {
		errs.Add("spec.clusterIP", text(s.Spec.ClusterIP), fmt.Sprintf("must stay %q", old.Spec.ClusterIP))
	}
	return errs.Err()
}
