package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// Explainer is a Scheduler that can say what it thinks of each node.
type Explainer interface {
	Scheduler
	// Explain returns one Verdict for each node: those that fit first, the best
	// one before the others, then those that are refused, by name.
	Explain(p *pod.Pod, c *Cluster) []Verdict
}

// Verdict is what a scheduler thinks of one node for one pod.
type Verdict struct {
	Node   string
	Filter string  // the name of the filter that refuses the node; empty: it fits
	Why    Reason  // why it does
	Scores []Score // of a node that fits, in the order of the policy's scorers
	Total  float64 // the sum of the weighted scores
}

// Score is what one scorer gives a node.
type Score struct {
	Scorer string
	Score  float64 // 0 to 100
	Weight float64
}

// String reads "node-1: 188 = LeastAllocated 88 + CompanyPreference 2×50", or
// "node-2: Resources: has 100m cpu left, wants 250m".
func (v Verdict) String() string {
	if v.Filter != "" {
		return fmt.Sprintf("%s: %s: %s", v.Node, v.Filter, v.Why)
	}
	parts := make([]string, 0, len(v.Scores))
	for _, s := range v.Scores {
		if s.Weight == 1 {
			parts = append(parts, fmt.Sprintf("%s %.4g", s.Scorer, s.Score))
		} else {
			parts = append(parts, fmt.Sprintf("%s %.4g×%.4g", s.Scorer, s.Weight, s.Score))
		}
	}
	if len(parts) == 0 {
		return v.Node + ": it fits"
	}
	return fmt.Sprintf("%s: %.4g = %s", v.Node, v.Total, strings.Join(parts, " + "))
}

// Explain implements Explainer: the first node that fits is the one that Pick
// takes. It asks every filter and scorer about every node; where a Sample is compared,
// nodes that fit and are not in it come as refused by "Sample".
func (s *Policy) Explain(p *pod.Pod, c *Cluster) []Verdict {
	t := c.templates.of(p)
	if s.Individual {
		t = newTemplate(p)
	}
	around, sociable := s.surround(t, c)
	verdicts := make([]Verdict, 0, len(c.nodes))
	for _, n := range c.nodes {
		verdicts = append(verdicts, s.verdict(t.request, n, around, sociable))
	}
	if s.samples(c) {
		s.leaveOut(p, c, verdicts)
	}
	slices.SortStableFunc(verdicts, func(a, b Verdict) int {
		if (a.Filter == "") != (b.Filter == "") {
			return cmp.Compare(a.Filter, b.Filter) // the empty one first
		}
		if a.Filter != "" {
			return 0
		}
		return cmp.Compare(b.Total, a.Total)
	})
	return verdicts
}

// verdict asks about one node.
func (s *Policy) verdict(r *Request, n *Candidate, around surroundings, sociable bool) Verdict {
	v := Verdict{Node: n.name}
	for _, f := range s.filters(r) {
		if v.Why = f.Fits(r, n); !v.Why.IsZero() {
			v.Filter = f.Name
			return v
		}
	}
	if sociable && around.refuse(n, &v.Why) {
		v.Filter = "Company"
		return v
	}
	for _, scorer := range s.scorers() {
		score := Score{Scorer: scorer.Name, Score: scorer.Score(r, n), Weight: scorer.weight()}
		if sociable {
			switch scorer.kind {
			case ofCompany:
				score.Score = around.liked(n)
			case ofSiblings:
				score.Score = around.alone(n)
			}
		}
		v.Scores = append(v.Scores, score)
	}
	v.Total = sum(s.scorers(), r, n)
	if sociable {
		v.Total += around.score(n)
	}
	return v
}
