package scheduler

// own names the filters and scorers of this package that have something to say about
// most nodes. They are asked directly, and filters without making a Reason: when a node
// has changed, every ranking asks all of them about it.
type own byte

const (
	notOwn own = iota // asked through its function
	ownReady
	ownTaints
	ownResources
	ownLeastAllocated
	ownTaintPreference
)

// passes reports whether no filter refuses the node: firstRefusal, where nobody asks why.
func passes(filters []Filter, r *Request, n *Candidate) bool {
	for i := range filters {
		if !filters[i].passes(r, n) {
			return false
		}
	}
	return true
}

// passes reports whether Fits returns the zero Reason.
func (f *Filter) passes(r *Request, n *Candidate) bool {
	switch f.own {
	case ownReady:
		return !n.closed
	case ownTaints:
		return !n.tainted || untainted(r, n).IsZero()
	case ownResources:
		return r.fitsInto(n)
	}
	return f.Fits(r, n).What == ""
}

// sum returns the sum of the weighted scores.
func sum(scorers []Scorer, r *Request, n *Candidate) float64 {
	total := 0.0
	for i := range scorers {
		// The conversion keeps the compiler from fusing multiplication and
		// addition, which rounds differently: the sum is the same everywhere.
		total += float64(scorers[i].weight() * scorers[i].score(r, n))
	}
	return total
}

// score returns what Score does.
func (s *Scorer) score(r *Request, n *Candidate) float64 {
	switch s.own {
	case ownLeastAllocated:
		return leastAllocated(r, n)
	case ownTaintPreference:
		if !n.tainted {
			return 100
		}
	}
	return s.Score(r, n)
}
