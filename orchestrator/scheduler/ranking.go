package scheduler

import "math"

// ranking is how a policy ranks every node for the pods of one shape: a tree in
// which the best node is found, and a node's rank is changed, in the time of its
// height. A node whose rank may have changed is asked about again before the
// next pick, and no other is.
type ranking struct {
	policy  *Policy
	request *Request
	filters []Filter // of the policy, without those that refuse the pod no node
	scorers []Scorer // of the policy, without those that say nothing about the pod

	tree
	members uint64 // of the cluster when the leaves were laid out
	seen    uint64 // how many changes of the cluster are in it
	used    uint64 // when it was last used, in picks
	uses    int    // since it was laid out, or first heard of

	forgotten bool // templates may still know it: it is not to be used any more

	refused *Decision // if no node fits: what was said, as long as nothing changes
}

func newRanking(s *Policy, r *Request) *ranking {
	x := &ranking{policy: s, request: r}
	for _, f := range s.filters(r) {
		if f.idle == nil || !f.idle(r) {
			x.filters = append(x.filters, f)
		}
	}
	for _, f := range s.scorers() {
		if f.idle == nil || !f.idle(r) || math.IsInf(f.Weight, 0) || math.IsNaN(f.Weight) { // 0 times these is not 0
			x.scorers = append(x.scorers, f)
		}
	}
	return x
}

// refusedRank is the rank of a node that does not take the pod.
const refusedRank = 0

// rankOf orders scores as numbers: of two, the higher score has the higher
// rank, and equal ones the same. What is not a number comes last, but before
// the nodes that are refused.
func rankOf(score float64) uint64 {
	if math.IsNaN(score) {
		return refusedRank + 1
	}
	const sign = 1 << 63
	bits := math.Float64bits(score) // never that of -0: a sum begins with 0
	if bits&sign != 0 {
		return ^bits
	}
	return bits | sign
}

// scoreOf is the score of a rank.
func scoreOf(rank uint64) float64 {
	const sign = 1 << 63
	switch {
	case rank == refusedRank+1:
		return math.NaN()
	case rank&sign != 0:
		return math.Float64frombits(rank &^ sign)
	}
	return math.Float64frombits(^rank)
}

// rank asks the policy about one node.
func (x *ranking) rank(n *Candidate) uint64 {
	if !passes(x.filters, x.request, n) {
		return refusedRank
	}
	return rankOf(sum(x.scorers, x.request, n))
}

// lay asks about every node.
func (x *ranking) lay(c *Cluster) {
	leaves := x.tree.lay(len(c.nodes))
	for i, n := range c.nodes {
		leaves[i] = x.rank(n)
	}
	x.tree.build()
}

// catchUp asks again about the nodes that have changed since.
func (x *ranking) catchUp(c *Cluster) {
	changes, all := c.changes.since(x.seen)
	switch {
	case x.members != c.members || all || len(changes) > len(c.nodes)/2:
		c.number()
		x.lay(c)
		x.members = c.members
	case len(changes) == 0:
		return
	default:
		for _, i := range changes {
			x.set(int(i), x.rank(c.nodes[i]))
		}
	}
	x.seen, x.refused = c.changes.count, nil
}

// changes are the numbers of the nodes that have changed, in order, as many as
// are worth keeping.
type changes struct {
	newest []int32
	count  uint64 // how many there ever were
}

// add notes a change of node i, of so many. A node that changes twice in a row
// counts once, unless somebody has asked in between.
func (s *changes) add(i int32, nodes int) {
	if len(s.newest) > 2*nodes+1024 {
		s.newest = append(s.newest[:0], s.newest[len(s.newest)/2:]...)
	}
	s.newest = append(s.newest, i)
	s.count++
}

// since returns the changes after the first count; all is true where they are
// no longer known, and anything may have changed.
func (s *changes) since(count uint64) (newest []int32, all bool) {
	missing := s.count - count
	if missing > uint64(len(s.newest)) {
		return nil, true
	}
	return s.newest[len(s.newest)-int(missing):], false
}
