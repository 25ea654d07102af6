package scheduler

import (
	"encoding/json"
	"slices"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// nodeTerm is what a pod asks of a node's labels and name, ready to be compared.
type nodeTerm struct {
	labels labels.Selector
	names  []nameTerm
	never  bool // it is empty, or makes no sense: no node meets it
	weight float64
}

// nameTerm asks for a name, or for any but it.
type nameTerm struct {
	name string
	is   bool
}

func newNodeTerm(t *pod.NodeTerm, weight int) nodeTerm {
	term := nodeTerm{weight: float64(weight), never: len(t.Expressions)+len(t.Fields) == 0}
	list := make([]labels.Requirement, 0, len(t.Expressions))
	for _, x := range t.Expressions {
		r, err := x.Requirement()
		if err != nil {
			term.never = true
			return term
		}
		list = append(list, r)
	}
	term.labels = labels.NewSelector(list...)
	for _, x := range t.Fields {
		for _, name := range x.Values {
			term.names = append(term.names, nameTerm{name, x.Operator == pod.In})
		}
	}
	return term
}

// metBy reports whether the node is such a one.
func (t *nodeTerm) metBy(n *Candidate) bool {
	if t.never || !t.labels.Matches(n.Node.Labels) {
		return false
	}
	for _, want := range t.names {
		if (want.name == n.name) != want.is {
			return false
		}
	}
	return true
}

// affine works out what the pod asks of nodes.
func (r *Request) affine() {
	if r.Spec.Affinity == nil || r.Spec.Affinity.NodeAffinity == nil {
		return
	}
	a := r.Spec.Affinity.NodeAffinity
	if a.Required != nil {
		r.choosy = true
		for i := range a.Required.Terms {
			r.required = append(r.required, newNodeTerm(&a.Required.Terms[i], 0))
		}
	}
	for i := range a.Preferred {
		term := newNodeTerm(&a.Preferred[i].Preference, a.Preferred[i].Weight)
		r.preferred = append(r.preferred, term)
		r.preferences += term.weight
	}
}

// affinityShape appends what tells the node affinities of pods apart.
func (r *Request) affinityShape(b []byte) []byte {
	if len(r.required)+len(r.preferred) == 0 && !r.choosy {
		return b
	}
	text, err := json.Marshal(r.Spec.Affinity.NodeAffinity)
	if err != nil { // it has only texts and numbers
		text = []byte(r.UID)
	}
	return appendText(b, string(text))
}

// wanted refuses nodes that meet none of the terms which the pod's node affinity requires.
func wanted(r *Request, n *Candidate) Reason {
	if r.choosy && !slices.ContainsFunc(r.required, func(t nodeTerm) bool { return t.metBy(n) }) {
		return Reason{What: "outside the pod's node affinity"}
	}
	return Reason{}
}

// NodePreference prefers the nodes that meet the preferred terms of the pod's node
// affinity: the share of their weights that the node meets, times 100. All nodes
// have 0 where the pod prefers none. Its weight is 2, as in Kubernetes.
func NodePreference() Scorer {
	return Scorer{Name: "NodePreference", Weight: 2, Score: preferredNode, kind: ofShape, idle: func(r *Request) bool { return r.preferences == 0 }}
}

func preferredNode(r *Request, n *Candidate) float64 {
	if r.preferences == 0 {
		return 0
	}
	met := 0.0
	for i := range r.preferred {
		if r.preferred[i].metBy(n) {
			met += r.preferred[i].weight
		}
	}
	return 100 * met / r.preferences
}
