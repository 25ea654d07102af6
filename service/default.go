package service

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Figures that apply where a service does not state its own.
const (
	// DefaultAffinityTimeout is how long a client stays with its pod, in seconds: three hours.
	DefaultAffinityTimeout = 10800
	// Headless as the cluster IP asks for a service without one.
	Headless = "None"
)

// Default fills in what may be left out: the namespace, type ClusterIP, no
// affinity (three hours where it is ClientIP), TCP, and the port itself as target port.
func (s *Service) Default() {
	if s.Namespace == "" {
		s.Namespace = labels.DefaultNamespace
	}
	if s.Spec.Type == "" {
		s.Spec.Type = ClusterIP
	}
	if s.Spec.SessionAffinity == "" {
		s.Spec.SessionAffinity = AffinityNone
	}
	if s.Spec.SessionAffinity == AffinityClientIP {
		s.Spec.defaultAffinity()
	}
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		if p.Protocol == "" {
			p.Protocol = pod.TCP
		}
		if p.TargetPort.IsZero() {
			p.TargetPort = pod.FromInt(p.Port)
		}
	}
}

// defaultAffinity fills in how long a client stays with its pod.
func (s *Spec) defaultAffinity() {
	if s.SessionAffinityConfig == nil {
		s.SessionAffinityConfig = &StickyRules{}
	}
	if s.SessionAffinityConfig.ClientIP == nil {
		s.SessionAffinityConfig.ClientIP = &ClientIPRules{}
	}
	if c := s.SessionAffinityConfig.ClientIP; c.TimeoutSeconds == nil {
		seconds := int64(DefaultAffinityTimeout)
		c.TimeoutSeconds = &seconds
	}
}

// Default fills in what may be left out: the namespace, and TCP.
func (e *Endpoints) Default() {
	if e.Namespace == "" {
		e.Namespace = labels.DefaultNamespace
	}
	for i := range e.Subsets {
		for j := range e.Subsets[i].Ports {
			if p := &e.Subsets[i].Ports[j]; p.Protocol == "" {
				p.Protocol = pod.TCP
			}
		}
	}
}
