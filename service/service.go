package service

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Service is core/v1's Service: a stable address in front of the pods that its
// selector matches.
type Service struct {
	labels.Meta `json:"metadata"`
	Spec        Spec   `json:"spec"`
	Status      Status `json:"status,omitzero"`
}

// Spec is what is asked for.
type Spec struct {
	Type                     Type         `json:"type,omitempty"` // default: ClusterIP
	Selector                 labels.Set   `json:"selector,omitempty"`
	Ports                    []Port       `json:"ports,omitempty"`
	ClusterIP                string       `json:"clusterIP,omitempty"` // None: headless
	ExternalIPs              []string     `json:"externalIPs,omitempty"`
	ExternalName             string       `json:"externalName,omitempty"`
	SessionAffinity          Affinity     `json:"sessionAffinity,omitempty"` // default: None
	SessionAffinityConfig    *StickyRules `json:"sessionAffinityConfig,omitempty"`
	LoadBalancerIP           string       `json:"loadBalancerIP,omitempty"`
	LoadBalancerSourceRanges []string     `json:"loadBalancerSourceRanges,omitempty"`
	PublishNotReadyAddresses bool         `json:"publishNotReadyAddresses,omitempty"`
}

// Type says how a service is reached.
type Type string

// The types of core/v1.
const (
	ClusterIP    Type = "ClusterIP"
	NodePort     Type = "NodePort"
	LoadBalancer Type = "LoadBalancer"
	ExternalName Type = "ExternalName"
)

// Affinity says whether a client stays with one pod.
type Affinity string

// The affinities of core/v1.
const (
	AffinityNone     Affinity = "None"
	AffinityClientIP Affinity = "ClientIP"
)

// StickyRules tune session affinity.
type StickyRules struct {
	ClientIP *ClientIPRules `json:"clientIP,omitempty"`
}

// ClientIPRules tune affinity by the client's address.
type ClientIPRules struct {
	TimeoutSeconds *int64 `json:"timeoutSeconds,omitempty"` // default: 10800
}

// Port is one port of a service.
type Port struct {
	Name       string          `json:"name,omitempty"` // required where there is more than one
	Protocol   pod.Protocol    `json:"protocol,omitempty"`
	Port       int             `json:"port"`
	TargetPort pod.IntOrString `json:"targetPort,omitzero"` // default: Port
	NodePort   int             `json:"nodePort,omitempty"`
}

// Status is what is the case.
type Status struct {
	LoadBalancer LoadBalancerStatus `json:"loadBalancer,omitzero"`
}

// LoadBalancerStatus lists the addresses of an external load balancer.
type LoadBalancerStatus struct {
	Ingress []Ingress `json:"ingress,omitempty"`
	// Cloud is whose the load balancer is, from before it is asked for until it
	// is gone. Not in core/v1.
	Cloud string `json:"cloud,omitempty"`
}

// Ingress is one address of an external load balancer.
type Ingress struct {
	IP       string `json:"ip,omitempty"`
	Hostname string `json:"hostname,omitempty"`
}

// Endpoints is core/v1's Endpoints: where the traffic of the service with the
// same name goes.
type Endpoints struct {
	labels.Meta `json:"metadata"`
	Subsets     []Subset `json:"subsets,omitempty"`
}

// Subset is a set of addresses that all offer the same ports.
type Subset struct {
	Addresses         []EndpointAddress `json:"addresses,omitempty"`
	NotReadyAddresses []EndpointAddress `json:"notReadyAddresses,omitempty"`
	Ports             []EndpointPort    `json:"ports,omitempty"`
}

// EndpointAddress is one address behind a service.
type EndpointAddress struct {
	IP        string            `json:"ip"`
	Hostname  string            `json:"hostname,omitempty"`
	NodeName  string            `json:"nodeName,omitempty"`
	TargetRef *labels.Reference `json:"targetRef,omitempty"`
}

// EndpointPort is one port behind a service.
type EndpointPort struct {
	Name     string       `json:"name,omitempty"`
	Port     int          `json:"port"`
	Protocol pod.Protocol `json:"protocol,omitempty"`
}
