package scheduler

// Spread returns the policy that keeps the pods of a controller apart: on other
// nodes, and in other zones (node.ZoneLabel), as far as there are any; of equals, on
// the node with the most room.
func Spread() *Policy { return &Policy{Scorers: append(DefaultScorers(), Apart())} }

// Pack returns the policy that fills nodes one after the other, so that as few as
// possible are used.
func Pack() *Policy {
	return &Policy{Scorers: []Scorer{MostAllocated(), TaintPreference(), NodePreference(), CompanyPreference()}}
}

// Balance returns the policy that keeps cpu and memory of each node in step,
// and prefers nodes with room.
func Balance() *Policy {
	return &Policy{Scorers: append(DefaultScorers(), Balanced())}
}

// Random returns the policy that takes any node that fits, each with the same
// chance: by a hash of the seed, the pod's UID and the node's name. It is there to
// compare others with.
func Random(seed uint64) *Policy {
	return &Policy{Scorers: []Scorer{{Name: "Random", Score: func(r *Request, n *Candidate) float64 {
		return 100 * fraction(seed, r.UID, n.name)
	}}}, Individual: true}
}

// fraction returns a number from 0 to 1 that depends on its arguments alone, and
// looks as if it did not: FNV-1a, mixed once more (Fowler, Noll and Vo; the
// finalizer of MurmurHash3).
func fraction(seed uint64, texts ...string) float64 {
	hash := seed ^ 14695981039346656037
	for _, text := range texts {
		for i := range len(text) {
			hash = (hash ^ uint64(text[i])) * 1099511628211
		}
		hash = (hash ^ '/') * 1099511628211
	}
	hash ^= hash >> 33
	hash *= 0xff51afd7ed558ccd
	hash ^= hash >> 33
	return float64(hash>>11) / (1 << 53)
}
