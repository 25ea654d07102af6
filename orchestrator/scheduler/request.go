package scheduler

import (
	"maps"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Request is a pod that needs a node, and what of it is worth working out once
// for all nodes. Read-only for filters and scorers.
type Request struct {
	*pod.Pod
	// Wants is what the pod takes of a node: what its containers request, as
	// pod.Pod's Requests says, and one of pods.
	Wants Amounts

	exact   pod.Resources // Wants as the pod spells it, for refusals
	guessed guessed
	labels  []wantedLabel // of the node selector, by key
	ports   []wantedPort
	demands []Demand // of extended resources, by name

	choosy      bool       // the node must meet one of the required terms
	required    []nodeTerm // of the node affinity
	preferred   []nodeTerm
	preferences float64 // the weights of preferred
	company
}

// wantedLabel is a label that the node must have.
type wantedLabel struct {
	key, value string
	missing    string // what is wrong with a node that does not
}

// wantedPort is a port that must be free.
type wantedPort struct {
	hostPort
	taken string // what is wrong with a node where it is not
}

// NewRequest returns the request of a pod, which must not change as long as it
// is used. Policy.Pick makes its own; a whole Scheduler that calls filters or
// scorers needs one.
func NewRequest(p *pod.Pod) *Request {
	exact := p.Requests()
	r := &Request{Pod: p, Wants: wantsOf(exact), exact: exact}
	r.guessed = guess(r.Wants)
	for _, key := range slices.Sorted(maps.Keys(p.Spec.NodeSelector)) {
		value := p.Spec.NodeSelector[key]
		r.labels = append(r.labels, wantedLabel{key, value, "without label " + key + "=" + value})
	}
	for _, port := range hostPorts(p) {
		r.ports = append(r.ports, wantedPort{port, "with host port " + port.String() + " taken"})
	}
	for _, o := range r.Wants.Other {
		if o.Name.Extended() && o.Milli > 0 {
			r.demands = append(r.demands, demandOf(o))
		}
	}
	r.affine()
	r.sociable()
	return r
}

// wantsOf returns what a pod that requests a list of resources takes of its node.
func wantsOf(list pod.Resources) Amounts {
	wants := AmountsOf(list)
	wants.Pods = 1 // whatever a container says of pods
	return wants
}
