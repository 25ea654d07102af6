package scheduler

import (
	"math"
	"slices"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// company is what a pod asks of the pods around it. What it comes to on a node
// depends on other nodes as well, so it is worked out for each pick.
type company struct {
	near, away           []term   // required
	likesNear, likesAway []term   // preferred, by weight
	likes                float64  // the weights of both together
	spreads              []spread // required or not
}

// spread is a TopologySpread.
type spread struct {
	term
	skew   int
	strict bool
	self   int // 1 where the pod is one of those that are counted
}

// sociable works out what the pod asks of others.
func (r *Request) sociable() {
	p := r.Pod
	newTerms := func(list []pod.PodTerm) (terms []term) {
		for _, t := range list {
			terms = append(terms, newTerm(t.Selector, t.Namespaces, p.Namespace, t.TopologyKey))
		}
		return terms
	}
	weighted := func(list []pod.WeightedPodTerm) (terms []term) {
		for _, w := range list {
			t := newTerm(w.Term.Selector, w.Term.Namespaces, p.Namespace, w.Term.TopologyKey)
			t.weight = float64(w.Weight)
			r.likes += t.weight
			terms = append(terms, t)
		}
		return terms
	}
	if a := p.Spec.Affinity; a != nil {
		if a.PodAffinity != nil {
			r.near, r.likesNear = newTerms(a.PodAffinity.Required), weighted(a.PodAffinity.Preferred)
		}
		if a.PodAntiAffinity != nil {
			r.away, r.likesAway = newTerms(a.PodAntiAffinity.Required), weighted(a.PodAntiAffinity.Preferred)
		}
	}
	for _, s := range p.Spec.TopologySpreadConstraints {
		x := spread{term: newTerm(s.Selector, nil, p.Namespace, s.TopologyKey), skew: s.MaxSkew, strict: s.WhenUnsatisfiable == pod.DoNotSchedule}
		if x.names(p) {
			x.self = 1
		}
		r.spreads = append(r.spreads, x)
	}
}

// surroundings is what a pod finds: the crowds that its company names, as they are now.
type surroundings struct {
	r                    *Request
	near, away           []*crowd
	likesNear, likesAway []*crowd
	wary                 []*crowd // of pods that keep away from such a pod
	spreads              []*crowd
	least                []int    // of each spread: how many the emptiest place has
	siblings             []*crowd // the other pods of its controller, by node and by zone
	likes, apart         float64  // the weights of what is preferred
}

// surround returns what the policy has to look at beside each node itself; false
// where that is nothing.
func (s *Policy) surround(t *template, c *Cluster) (surroundings, bool) {
	r := t.request
	x := surroundings{r: r}
	if s.solitary(t, c) {
		return x, false
	}
	c.shed() // now, and none of those that are looked up from here on
	required := s.regards(&x)
	if required {
		x.near, x.away = c.crowdsOf(r.near), c.crowdsOf(r.away)
		c.crowds.wary.naming(r.Pod, func(wary *crowd) { x.wary = append(x.wary, c.counted(wary)) })
	}
	if x.likes != 0 {
		x.likesNear, x.likesAway = c.crowdsOf(r.likesNear), c.crowdsOf(r.likesAway)
	}
	if required || x.likes != 0 {
		for i := range r.spreads {
			crowd := c.crowd(r.spreads[i].term, false)
			x.spreads = append(x.spreads, crowd)
			x.least = append(x.least, c.least(t, crowd))
		}
	}
	if owner, ok := r.Controller(); ok && x.apart != 0 {
		for _, topology := range []string{pod.HostnameLabel, node.ZoneLabel} {
			x.siblings = append(x.siblings, c.crowd(term{owner: owner.UID, topology: topology, text: owner.UID + "|" + topology}, false))
		}
	}
	return x, len(x.near)+len(x.away)+len(x.wary)+len(x.likesNear)+len(x.likesAway)+len(x.spreads)+len(x.siblings) > 0
}

// solitary reports, at once, that a pod minds no other and none minds it.
func (s *Policy) solitary(t *template, c *Cluster) bool {
	return t.alone && len(c.crowds.wary.crowds) == 0 && !s.parts()
}

// parts reports whether the policy keeps the pods of a controller apart.
func (s *Policy) parts() bool {
	return slices.ContainsFunc(s.Scorers, func(f Scorer) bool { return f.kind == ofSiblings })
}

// regards reports whether the policy minds what pods require of each other, and
// notes how much it minds what they prefer.
func (s *Policy) regards(x *surroundings) (required bool) {
	for _, f := range s.stated() {
		required = required || f.kind == ofCompany
	}
	for _, f := range s.scorers() {
		switch f.kind {
		case ofCompany:
			x.likes += f.weight()
		case ofSiblings:
			x.apart += f.weight()
		}
	}
	return required
}

func (c *Cluster) crowdsOf(terms []term) (list []*crowd) {
	for _, t := range terms {
		list = append(list, c.crowd(t, false))
	}
	return list
}

// least returns how many of a crowd the place has that has the fewest, of those
// with a node that the pod may choose.
func (c *Cluster) least(t *template, x *crowd) int {
	if t.places == nil || t.placesAt != c.moved {
		t.places, t.placesAt = make(map[string]map[string]struct{}), c.moved
	}
	places, known := t.places[x.topology]
	if !known {
		places = make(map[string]struct{})
		for _, n := range c.nodes {
			if place, ok := n.place(x.topology); ok && selected(t.request, n).IsZero() && wanted(t.request, n).IsZero() {
				places[place] = struct{}{}
			}
		}
		t.places[x.topology] = places
	}
	least := math.MaxInt
	for place := range places {
		if least = min(least, x.counts[place]); least == 0 {
			break
		}
	}
	return least
}

// refuse puts into why what speaks against a node because of the pods that are
// there, or elsewhere, and reports whether anything does.
func (x *surroundings) refuse(n *Candidate, why *Reason) bool {
	for i, crowd := range x.near {
		place, ok := n.place(crowd.topology)
		alone := crowd.total == 0 && x.r.near[i].names(x.r.Pod) // somebody has to be the first
		if !ok || crowd.counts[place] == 0 && !alone {
			*why = Reason{What: "away from pods that it must be near"}
			return true
		}
	}
	for _, crowd := range x.away {
		if place, ok := n.place(crowd.topology); ok && crowd.counts[place] > 0 {
			*why = Reason{What: "near pods that it must be away from"}
			return true
		}
	}
	for _, crowd := range x.wary {
		if place, ok := n.place(crowd.topology); ok && crowd.counts[place] > 0 {
			*why = Reason{What: "near pods that must be away from it"}
			return true
		}
	}
	for i, crowd := range x.spreads {
		rule := &x.r.spreads[i]
		if !rule.strict {
			continue
		}
		place, ok := n.place(crowd.topology)
		if !ok {
			*why = Reason{What: "without label " + crowd.topology}
			return true
		}
		if crowd.counts[place]+rule.self-x.least[i] > rule.skew {
			*why = Reason{What: "where pods would be spread unevenly over " + crowd.topology}
			return true
		}
	}
	return false
}

// most is more than score can come to.
func (x *surroundings) most() float64 {
	preferences := 0
	if x.r.likes > 0 {
		preferences++
	}
	for i := range x.spreads {
		if !x.r.spreads[i].strict {
			preferences++
		}
	}
	return 100*math.Abs(x.likes)*float64(preferences) + 100*math.Abs(x.apart)*float64(len(x.siblings)) + 1
}

// score adds up what speaks for a node.
func (x *surroundings) score(n *Candidate) float64 {
	return float64(x.likes*x.liked(n)) + float64(x.apart*x.alone(n)) // converted for the reason in sum
}

// liked is the share of the weights of preferred terms that a node meets, and
// how few of the pods to be spread are in its place.
func (x *surroundings) liked(n *Candidate) float64 {
	liked := 0.0
	if x.r.likes > 0 && x.likes != 0 {
		liked = 100 * x.met(n) / x.r.likes
	}
	for i, crowd := range x.spreads {
		if x.r.spreads[i].strict {
			continue
		}
		if place, ok := n.place(crowd.topology); ok {
			liked += fewness(crowd.counts[place] - x.least[i])
		}
	}
	return liked
}

// alone is how few of the pod's siblings are in a node's places.
func (x *surroundings) alone(n *Candidate) float64 {
	alone := 0.0
	for _, crowd := range x.siblings {
		if place, ok := n.place(crowd.topology); ok {
			alone += fewness(crowd.counts[place])
		}
	}
	return alone
}

// met returns the weights of the preferred terms that a node meets.
func (x *surroundings) met(n *Candidate) float64 {
	met := 0.0
	for i, crowd := range x.likesNear {
		if place, ok := n.place(crowd.topology); ok && crowd.counts[place] > 0 {
			met += x.r.likesNear[i].weight
		}
	}
	for i, crowd := range x.likesAway {
		if place, ok := n.place(crowd.topology); !ok || crowd.counts[place] == 0 {
			met += x.r.likesAway[i].weight
		}
	}
	return met
}

// fewness is 100 for none, and less for each more.
func fewness(n int) float64 { return 100 / float64(1+max(n, 0)) }

// Company refuses nodes because of the pods that are there or elsewhere: by what
// the pod's affinity and anti-affinity to other pods requires, by what that of
// others requires of it, and by its TopologySpreadConstraints that say DoNotSchedule.
//
// It is a matter of the whole cluster: asked about a node alone, it refuses none.
func Company() Filter {
	return Filter{Name: "Company", Fits: func(*Request, *Candidate) Reason { return Reason{} }, kind: ofCompany, idle: always}
}

// CompanyPreference prefers nodes because of the pods that are there or
// elsewhere: by the share of the weights of the preferred terms of the pod's
// affinity and anti-affinity that are met, times 100; and for each
// TopologySpreadConstraint that says ScheduleAnyway, by 100 in the emptiest
// place, a half of that with one pod more, a third with two. Its weight is 2.
//
// It is a matter of the whole cluster: asked about a node alone, it says 0.
func CompanyPreference() Scorer {
	return Scorer{Name: "CompanyPreference", Weight: 2, Score: nothing, kind: ofCompany, idle: always}
}

// Apart prefers nodes and zones (node.ZoneLabel) with few pods of the same
// controller: 100 each where there is none, a half of that with one, a third with two.
//
// It is a matter of the whole cluster: asked about a node alone, it says 0.
func Apart() Scorer {
	return Scorer{Name: "Apart", Weight: 4, Score: nothing, kind: ofSiblings, idle: always}
}

func nothing(*Request, *Candidate) float64 { return 0 }

func always(*Request) bool { return true }

// Gregarious reports whether a pod that fits nowhere may fit because another one
// is placed: it must be near others, or be spread evenly with them.
func Gregarious(p *pod.Pod) bool {
	if a := p.Spec.Affinity; a != nil && a.PodAffinity != nil && len(a.PodAffinity.Required) > 0 {
		return true
	}
	return slices.ContainsFunc(p.Spec.TopologySpreadConstraints, func(s pod.TopologySpread) bool {
		return s.WhenUnsatisfiable == pod.DoNotSchedule
	})
}
