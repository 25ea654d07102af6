package node

import (
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Node is core/v1's Node: a machine, or a part of one, that runs pods.
type Node struct {
	labels.Meta `json:"metadata"`
	Spec        Spec   `json:"spec,omitzero"`
	Status      Status `json:"status,omitzero"`
}

// Spec is what is asked of a node.
type Spec struct {
	// Unschedulable keeps new pods away; those it has stay. kubectl calls it cordoned.
	Unschedulable bool `json:"unschedulable,omitempty"`
	// Taints keep pods away that do not tolerate them.
	Taints []Taint `json:"taints,omitempty"`
	// ProviderID is the cloud's own name for the machine.
	ProviderID string `json:"providerID,omitempty"`
	// PodCIDR is read and kept for manifests that carry it.
	PodCIDR string `json:"podCIDR,omitempty"`
}

// Taint repels pods.
type Taint struct {
	Key       string          `json:"key"`
	Value     string          `json:"value,omitempty"`
	Effect    pod.TaintEffect `json:"effect"`
	TimeAdded time.Time       `json:"timeAdded,omitzero"`
}

// Status is what is the case.
type Status struct {
	// Capacity is what the machine has.
	Capacity pod.Resources `json:"capacity,omitempty"`
	// Allocatable is what of it pods may have. Default: Capacity. A plain resource
	// that neither lists is not limited; one with a prefix is not there.
	Allocatable pod.Resources `json:"allocatable,omitempty"`
	Phase       Phase         `json:"phase,omitempty"`
	Conditions  []Condition   `json:"conditions,omitempty"`
	Addresses   []Address     `json:"addresses,omitempty"`
}

// Phase is where a node is in its life. It never goes back.
type Phase string

// The phases of core/v1.
const (
	Pending    Phase = "Pending"    // registered, not yet checked
	Running    Phase = "Running"    // checked and in use
	Terminated Phase = "Terminated" // leaving: its pods are deleted
)

// Condition is one thing that is true of a node, false, or not known.
type Condition struct {
	Type               ConditionType       `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	LastHeartbeatTime  time.Time           `json:"lastHeartbeatTime,omitzero"`
	LastTransitionTime time.Time           `json:"lastTransitionTime,omitzero"`
	Reason             string              `json:"reason,omitempty"`
	Message            string              `json:"message,omitempty"`
}

// ConditionType names a condition of a node.
type ConditionType string

// Ready is core/v1's; Reachable and Checked are our own. A runtime may report
// others of its node.
const (
	// Ready: a running node can run pods. Unknown: nobody can tell.
	Ready ConditionType = "Ready"
	// Reachable: a running node answers at all.
	Reachable ConditionType = "Reachable"
	// Checked is not True on a pending node, and says why it is not running.
	Checked ConditionType = "Checked"
	// DiskPressure is core/v1's too: True as long as the node's runtime reports
	// that its disk is full, or nearly so. The node then gets no new pods.
	DiskPressure ConditionType = "DiskPressure"
)

// Address is one way to reach a node.
type Address struct {
	Type    AddressType `json:"type"`
	Address string      `json:"address"`
}

// AddressType says who can use an address.
type AddressType string

// The types of core/v1, and one of our own.
const (
	Hostname    AddressType = "Hostname"
	InternalIP  AddressType = "InternalIP"
	ExternalIP  AddressType = "ExternalIP"
	InternalDNS AddressType = "InternalDNS"
	ExternalDNS AddressType = "ExternalDNS"
	// DynamicIP is a public address that the machine has only until it is
	// stopped. Not in core/v1.
	DynamicIP AddressType = "DynamicIP"
)
