package service

import (
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/labels"
)

// Copy returns a service that shares nothing with s.
func (s *Service) Copy() *Service {
	return &Service{Meta: s.Meta.Copy(), Spec: s.Spec.Copy(), Status: s.Status.Copy()}
}

// Copy returns a specification that shares nothing with s.
func (s *Spec) Copy() Spec {
	c := *s
	c.Selector = maps.Clone(s.Selector)
	c.Ports = slices.Clone(s.Ports)
	c.ExternalIPs = slices.Clone(s.ExternalIPs)
	c.SessionAffinityConfig = s.SessionAffinityConfig.copy()
	c.LoadBalancerSourceRanges = slices.Clone(s.LoadBalancerSourceRanges)
	return c
}

// copy returns rules that share nothing with r; nil where r is nil.
func (r *StickyRules) copy() *StickyRules {
	if r == nil {
		return nil
	}
	c := StickyRules{ClientIP: copyPointer(r.ClientIP)}
	if c.ClientIP != nil {
		c.ClientIP.TimeoutSeconds = copyPointer(c.ClientIP.TimeoutSeconds)
	}
	return &c
}

// Copy returns a status that shares nothing with s.
func (s *Status) Copy() Status {
	c := *s
	c.LoadBalancer.Ingress = slices.Clone(s.LoadBalancer.Ingress)
	return c
}

// Copy returns endpoints that share nothing with e.
func (e *Endpoints) Copy() *Endpoints {
	c := &Endpoints{Meta: e.Meta.Copy(), Subsets: slices.Clone(e.Subsets)}
	for i := range c.Subsets {
		s := &c.Subsets[i]
		s.Addresses = copyAddresses(s.Addresses)
		s.NotReadyAddresses = copyAddresses(s.NotReadyAddresses)
		s.Ports = slices.Clone(s.Ports)
	}
	return c
}

// copyAddresses returns addresses that share nothing with as.
func copyAddresses(as []EndpointAddress) []EndpointAddress {
	own := slices.Clone(as)
	for i := range own {
		own[i].TargetRef = copyPointer[labels.Reference](own[i].TargetRef)
	}
	return own
}

// copyPointer returns a pointer to a copy of *v; nil where v is nil.
func copyPointer[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
