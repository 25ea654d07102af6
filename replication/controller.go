package replication

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// Controller is core/v1's ReplicationController: it keeps a number of pods alive.
type Controller struct {
	labels.Meta `json:"metadata"`
	Spec        Spec   `json:"spec"`
	Status      Status `json:"status,omitzero"`
}

// Spec is what is asked for.
type Spec struct {
	// Replicas is how many pods there should be. Default: 1.
	Replicas *int `json:"replicas,omitempty"`
	// MinReadySeconds a pod must have been ready for before it counts as available. Default: 0.
	MinReadySeconds int `json:"minReadySeconds,omitempty"`
	// Selector matches the controller's pods. Default: the template's labels.
	Selector labels.Set `json:"selector,omitempty"`
	// Template of the pods. Required.
	Template *pod.Template `json:"template,omitempty"`
}

// Status is what is the case.
type Status struct {
	Replicas             int   `json:"replicas"`
	FullyLabeledReplicas int   `json:"fullyLabeledReplicas,omitempty"`
	ReadyReplicas        int   `json:"readyReplicas,omitempty"`
	AvailableReplicas    int   `json:"availableReplicas,omitempty"`
	ObservedGeneration   int64 `json:"observedGeneration,omitempty"`
}
