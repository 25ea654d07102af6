package scheduler

import (
	"cmp"
	"iter"
	"runtime"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Policy is a Scheduler made of filters and scorers. Its zero value is the
// default. It may be shared by goroutines: Pick does not change it, and nobody
// else may once it was used.
type Policy struct {
	// Filters that a node must pass, asked in this order until one refuses.
	// Nil: DefaultFilters. Empty but not nil: every node passes, ready or not.
	//
	// Where none of them is the Resources of DefaultFilters there is one more, "Devices":
	// nodes may have more pods than they have cpu and memory for, but devices that are not
	// there, or are another pod's, can't be given out.
	Filters []Filter
	// Scorers that rank the nodes which pass. Nil: DefaultScorers. Empty but not
	// nil: the first by name is taken.
	Scorers []Scorer
	// Individual says that a filter or a scorer tells pods apart that were made
	// alike: that it looks at name, UID, times or status. Every node is then asked
	// about for every pod. False: they go by namespace, labels, annotations and
	// specification alone.
	Individual bool
	// Sample is how many nodes that take the pod are compared at most. The walk over
	// the nodes begins with one that goes by the pod's UID, and ends when so many were
	// found; a cluster of no more nodes is always compared as a whole. It is for filters
	// and scorers that cost much: others are quicker with all nodes, since what they say is
	// kept (see Individual), and nothing is kept of a sample. Zero, or less: all nodes.
	Sample int
	// Share chooses the device for a share, where the node that was picked has
	// several: it returns an index of left, which is what each device has left, in
	// thousandths, once the pod has those that it wants whole. One that has less
	// than d.Share counts as no choice. It must depend on nothing but its
	// arguments. Nil: BestFit.
	Share func(r *Request, n *Candidate, d Demand, left []int64) int
}

// Filter refuses nodes. One that this package returns must be left as it is.
type Filter struct {
	// Name tells the filter from the others of its policy.
	Name string
	// Fits returns the zero Reason where the pod may go to the node. Required.
	// It must depend on nothing but the two, so that picks can be repeated. It
	// is asked about every node: it should be quick, and give the same text to
	// all nodes that it refuses for one reason.
	Fits func(r *Request, n *Candidate) Reason
	// Key returns what of the pod the filter goes by beside what DefaultFilters
	// and DefaultScorers go by: the value of an annotation, say, or nothing. Pods with
	// equal keys then share what was found out, whoever made them. Nil: it may go by
	// everything that pods made alike have in common.
	Key func(r *Request) string

	kind kind
	own  own
	idle func(r *Request) bool // whether it refuses no node at all; nil: it may always
}

// kind is what a filter or scorer goes by.
type kind byte

const (
	ofAnything kind = iota // of the pod and the node, as its Key says
	ofShape                // what is in a request's shape, and the node
	ofCompany              // the pods around, as the pod's specification says
	ofSiblings             // the pods of the same controller
)

// Scorer ranks nodes: the higher, the better. Of one that this package returns only
// the weight may be changed.
type Scorer struct {
	// Name tells the scorer from the others of its policy.
	Name string
	// Weight multiplies the score. Zero means 1. A negative one makes the
	// scorer prefer what it ranks low.
	Weight float64
	// Score returns 0 to 100. Required. It must depend on nothing but the two.
	// A node whose score is not a number (NaN) comes after all others.
	Score func(r *Request, n *Candidate) float64
	// Key is that of a Filter.
	Key func(r *Request) string

	kind kind
	own  own
	idle func(r *Request) bool // whether it says 0 of every node; nil: it may always say more
}

// Pick returns the node with the highest sum of weighted scores among those
// that pass every filter; of equals, the first by name.
//
// It keeps what it finds out with the cluster, for the next pod that was made
// alike: then only nodes are asked about that have changed.
func (s *Policy) Pick(p *pod.Pod, c *Cluster) Decision {
	t := c.templates.of(p)
	if s.Individual {
		t = newTemplate(p)
	}
	if s.samples(c) {
		return s.pickSample(p, t, c)
	}
	return s.pickFor(t, c)
}

// pickFor is Pick for a pod of a template.
func (s *Policy) pickFor(t *template, c *Cluster) Decision {
	if !s.solitary(t, c) {
		if around, sociable := s.surround(t, c); sociable {
			return s.pickAmong(t, c, around)
		}
	}
	return s.pick(t, c)
}

// pick is Pick for a pod that minds no other.
func (s *Policy) pick(t *template, c *Cluster) Decision {
	x := c.ranking(s, t)
	if x == nil {
		return s.scan(t.request, c, surroundings{})
	}
	if i, ok := x.best(); ok {
		return s.decide(t.request, c, c.nodes[i])
	}
	if x.refused == nil {
		refused := s.scan(t.request, c, surroundings{})
		x.refused = &refused
	}
	return x.refused.clone()
}

// pickAmong is Pick for a pod that minds others: it asks what they say of the node
// that is best without them, and of those that may come before it then.
func (s *Policy) pickAmong(t *template, c *Cluster, around surroundings) Decision {
	x := c.ranking(s, t)
	if x == nil {
		return s.scan(t.request, c, around)
	}
	best, most := -1, uint64(0)
	margin := around.most()
	var why Reason
	ask := func(i int, rank uint64) {
		if around.refuse(c.nodes[i], &why) {
			return
		}
		if rank := rankOf(scoreOf(rank) + around.score(c.nodes[i])); rank > most || rank == most && i < best {
			best, most = i, rank
		}
	}
	if i, ok := x.best(); ok {
		ask(i, x.leaf(i))
	}
	x.walk(func(rank uint64) bool { return best < 0 || rankOf(scoreOf(rank)+margin) >= most }, ask)
	if best < 0 {
		return s.scan(t.request, c, around)
	}
	return s.decide(t.request, c, c.nodes[best])
}

// scan asks about every node.
func (s *Policy) scan(r *Request, c *Cluster, around surroundings) Decision {
	if best := s.best(r, c.Nodes(), around, len(c.nodes)); best != nil {
		return s.decide(r, c, best)
	}
	return s.refuse(r, c, around)
}

// best returns the best of the first so many nodes that take the pod; nil where none does.
func (s *Policy) best(r *Request, nodes iter.Seq[*Candidate], around surroundings, most int) *Candidate {
	filters, scorers := s.filters(r), s.scorers()
	var best *Candidate
	var highest float64
	var why Reason
	fit := 0
	for n := range nodes {
		if !passes(filters, r, n) || around.r != nil && around.refuse(n, &why) {
			continue
		}
		score := sum(scorers, r, n)
		if around.r != nil {
			score += around.score(n)
		}
		order := 1
		if best != nil {
			order = cmp.Compare(score, highest)
		}
		if order > 0 || order == 0 && n.name < best.name {
			best, highest = n, score
		}
		if fit++; fit == most {
			break
		}
	}
	return best
}

// refuse says why no node takes the pod.
func (s *Policy) refuse(r *Request, c *Cluster, around surroundings) Decision {
	var refused Decision
	var why Reason
	filters := s.filters(r)
	for _, n := range c.nodes {
		if firstRefusal(filters, r, n, &why) || around.r != nil && around.refuse(n, &why) {
			refused.Refuse(why)
		}
	}
	return refused
}

// decide returns the decision for a node.
func (s *Policy) decide(r *Request, c *Cluster, n *Candidate) Decision {
	c.last = n
	runtime.KeepAlive(n.touch()) // somebody will count the pod there: what that needs comes together
	d := Decision{Node: n.name, Nodes: len(c.nodes)}
	if len(r.demands) > 0 {
		d.Devices = n.choose(r, s.Share)
	}
	return d
}

// shape returns a text that is the same for two templates only if the policy
// ranks all nodes alike for both.
func (s *Policy) shape(t *template) string {
	b := []byte(t.narrow)
	for i := range s.Filters {
		if f := &s.Filters[i]; f.kind == ofAnything {
			if f.Key == nil {
				return t.all()
			}
			b = appendText(b, f.Key(t.request))
		}
	}
	for i := range s.Scorers {
		if f := &s.Scorers[i]; f.kind == ofAnything {
			if f.Key == nil {
				return t.all()
			}
			b = appendText(b, f.Key(t.request))
		}
	}
	return string(b)
}

// Fits returns the zero Reason where the node passes every filter, and
// otherwise what the first that refuses it says.
func (s *Policy) Fits(r *Request, n *Candidate) Reason {
	var why Reason
	firstRefusal(s.filters(r), r, n, &why)
	return why
}

// filters returns those that a node has to pass for a pod.
func (s *Policy) filters(r *Request) []Filter {
	filters := s.stated()
	if len(r.demands) == 0 {
		return filters
	}
	for i := range filters {
		if filters[i].own == ownResources {
			return filters
		}
	}
	return append(slices.Clip(filters), Filter{Name: "Devices", Fits: equipped, kind: ofShape})
}

// stated returns the filters of the policy, without what holds for every policy.
func (s *Policy) stated() []Filter {
	if s.Filters == nil {
		return defaultFilters
	}
	return s.Filters
}

func (s *Policy) scorers() []Scorer {
	if s.Scorers == nil {
		return defaultScorers
	}
	return s.Scorers
}

// firstRefusal puts into why what the first filter says that refuses the node,
// and reports whether one does. (A Reason is too large for registers: written to
// one place, it costs a fifth less than handed from call to call.)
func firstRefusal(filters []Filter, r *Request, n *Candidate, why *Reason) bool {
	for i := range filters {
		if *why = filters[i].Fits(r, n); !why.IsZero() {
			return true
		}
	}
	return false
}

// weight returns the weight that counts.
func (s *Scorer) weight() float64 {
	if s.Weight == 0 {
		return 1
	}
	return s.Weight
}
