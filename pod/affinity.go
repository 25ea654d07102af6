package pod

import (
	"maps"
	"slices"
)

// Affinity says near what a pod wants to be: core/v1's Affinity.
type Affinity struct {
	NodeAffinity    *NodeAffinity    `json:"nodeAffinity,omitempty"`
	PodAffinity     *PodAffinity     `json:"podAffinity,omitempty"`     // near other pods
	PodAntiAffinity *PodAntiAffinity `json:"podAntiAffinity,omitempty"` // away from other pods
}

// NodeAffinity chooses nodes by their labels.
type NodeAffinity struct {
	// Required lists terms of which the node has to meet one. Nil: every node will do.
	Required *NodeTerms `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	// Preferred terms each add their weight to the score of the nodes that meet them.
	Preferred []PreferredNodes `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// NodeTerms are alternatives: core/v1's NodeSelector.
type NodeTerms struct {
	Terms []NodeTerm `json:"nodeSelectorTerms"` // required: at least one
}

// NodeTerm is met where all of it is. An empty one is never met.
type NodeTerm struct {
	Expressions []Expression `json:"matchExpressions,omitempty"` // of labels
	Fields      []Expression `json:"matchFields,omitempty"`      // of metadata.name alone
}

// PreferredNodes are nodes that a pod would rather be on.
type PreferredNodes struct {
	Weight     int      `json:"weight"` // 1 to 100
	Preference NodeTerm `json:"preference"`
}

// Expression compares one label, in core/v1's form.
type Expression struct {
	Key      string             `json:"key"`
	Operator ExpressionOperator `json:"operator"`
	Values   []string           `json:"values,omitempty"` // In, NotIn: at least one; Gt, Lt: one integer
}

// ExpressionOperator is how an Expression compares.
type ExpressionOperator string

// The operators of core/v1. Gt and Lt are for nodes only.
const (
	In           ExpressionOperator = "In"
	NotIn        ExpressionOperator = "NotIn"
	Exists       ExpressionOperator = "Exists"
	DoesNotExist ExpressionOperator = "DoesNotExist"
	Gt           ExpressionOperator = "Gt"
	Lt           ExpressionOperator = "Lt"
)

// PodAffinity draws a pod to others.
type PodAffinity struct {
	Required  []PodTerm         `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	Preferred []WeightedPodTerm `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// PodAntiAffinity keeps a pod away from others. A pod that requires it keeps
// those others away from itself, too.
type PodAntiAffinity struct {
	Required  []PodTerm         `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
	Preferred []WeightedPodTerm `json:"preferredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// PodTerm names pods, and what it is to be in one place with one of them: to be
// on a node with the same value of the label TopologyKey.
type PodTerm struct {
	Selector    *LabelSelector `json:"labelSelector,omitempty"` // nil: no pod
	Namespaces  []string       `json:"namespaces,omitempty"`    // empty: the pod's own
	TopologyKey string         `json:"topologyKey"`             // required; kubernetes.io/hostname: the node itself
}

// WeightedPodTerm is a term that counts for the score.
type WeightedPodTerm struct {
	Weight int     `json:"weight"` // 1 to 100
	Term   PodTerm `json:"podAffinityTerm"`
}

// LabelSelector selects by labels, in core/v1's form. An empty one selects everything.
type LabelSelector struct {
	MatchLabels      map[string]string `json:"matchLabels,omitempty"`
	MatchExpressions []Expression      `json:"matchExpressions,omitempty"`
}

// TopologySpread keeps the pods that a selector names evenly spread over the
// places that a label of the nodes tells apart: core/v1's TopologySpreadConstraint.
type TopologySpread struct {
	// MaxSkew is how many more of the pods a place may have than the one that
	// has the fewest. At least 1.
	MaxSkew int `json:"maxSkew"`
	// TopologyKey is the label. Nodes without it are refused. Required.
	TopologyKey string `json:"topologyKey"`
	// WhenUnsatisfiable says whether the pod would rather wait than break the
	// rule. Required.
	WhenUnsatisfiable SpreadRule `json:"whenUnsatisfiable"`
	// Selector names the pods that are counted, in the pod's namespace. Nil: none.
	Selector *LabelSelector `json:"labelSelector,omitempty"`
}

// SpreadRule is how strict a TopologySpread is.
type SpreadRule string

// The rules of core/v1.
const (
	DoNotSchedule  SpreadRule = "DoNotSchedule"
	ScheduleAnyway SpreadRule = "ScheduleAnyway"
)

// PreemptionPolicy says whether a pod that fits nowhere may push out others of
// lower priority.
type PreemptionPolicy string

// The policies of core/v1. Default: PreemptLowerPriority.
const (
	PreemptLowerPriority PreemptionPolicy = "PreemptLowerPriority"
	PreemptNever         PreemptionPolicy = "Never"
)

// HostnameLabel is the label by which pods are told apart by node. Every node
// counts as having it, with its name for a value, whether it does or not.
const HostnameLabel = "kubernetes.io/hostname"

// Rank returns the priority: 0 where none is stated.
func (s *Spec) Rank() int32 {
	if s.Priority == nil {
		return 0
	}
	return *s.Priority
}

// Preempts reports whether the pod may push out others of lower priority.
func (s *Spec) Preempts() bool { return s.PreemptionPolicy != PreemptNever }

// copy returns an affinity that shares nothing with a; nil where a is nil.
func (a *Affinity) copy() *Affinity {
	if a == nil {
		return nil
	}
	c := &Affinity{NodeAffinity: copyPointer(a.NodeAffinity), PodAffinity: copyPointer(a.PodAffinity), PodAntiAffinity: copyPointer(a.PodAntiAffinity)}
	if n := c.NodeAffinity; n != nil {
		if n.Required = copyPointer(n.Required); n.Required != nil {
			n.Required.Terms = slices.Clone(n.Required.Terms)
			for i := range n.Required.Terms {
				n.Required.Terms[i].own()
			}
		}
		n.Preferred = slices.Clone(n.Preferred)
		for i := range n.Preferred {
			n.Preferred[i].Preference.own()
		}
	}
	if p := c.PodAffinity; p != nil {
		p.Required, p.Preferred = copyTerms(p.Required), copyWeighted(p.Preferred)
	}
	if p := c.PodAntiAffinity; p != nil {
		p.Required, p.Preferred = copyTerms(p.Required), copyWeighted(p.Preferred)
	}
	return c
}

// own replaces what t shares with the term it was assigned from.
func (t *NodeTerm) own() {
	t.Expressions, t.Fields = copyExpressions(t.Expressions), copyExpressions(t.Fields)
}

// own replaces what t shares with the term it was assigned from.
func (t *PodTerm) own() {
	t.Selector = t.Selector.copy()
	t.Namespaces = slices.Clone(t.Namespaces)
}

func copyTerms(terms []PodTerm) []PodTerm {
	own := slices.Clone(terms)
	for i := range own {
		own[i].own()
	}
	return own
}

func copyWeighted(terms []WeightedPodTerm) []WeightedPodTerm {
	own := slices.Clone(terms)
	for i := range own {
		own[i].Term.own()
	}
	return own
}

// copy returns a selector that shares nothing with s; nil where s is nil.
func (s *LabelSelector) copy() *LabelSelector {
	if s == nil {
		return nil
	}
	return &LabelSelector{MatchLabels: maps.Clone(s.MatchLabels), MatchExpressions: copyExpressions(s.MatchExpressions)}
}

func copyExpressions(list []Expression) []Expression {
	own := slices.Clone(list)
	for i := range own {
		own[i].Values = slices.Clone(own[i].Values)
	}
	return own
}

func copySpreads(list []TopologySpread) []TopologySpread {
	own := slices.Clone(list)
	for i := range own {
		own[i].Selector = own[i].Selector.copy()
	}
	return own
}
