package scheduler

import "math"

// rankings are kept for the shapes of pods that come again, by policy.
type rankings struct {
	byShape map[rankingKey]*ranking
	picks   uint64
	size    int // of all of them, in ranks
}

type rankingKey struct {
	policy *Policy
	shape  string
}

// maxRanks bounds what the rankings of a cluster take together: 64 MiB.
const maxRanks = 8 << 20

// ranking returns the ranking of a policy for the pods of a template, as things
// are now; nil where it is not worth having yet: a shape that was never seen
// before may never be seen again, and then a plain scan is quicker.
func (c *Cluster) ranking(s *Policy, t *template) *ranking {
	if s.Individual {
		return nil
	}
	c.rankings.picks++
	x := t.ranking
	if x == nil || x.policy != s || x.forgotten {
		key := rankingKey{s, s.shape(t)}
		x = c.rankings.byShape[key]
		if x == nil {
			x = c.rankings.add(key, newRanking(s, t.request))
		}
		t.ranking = x
	}
	x.used = c.rankings.picks
	if x.uses++; x.uses == 1 {
		return nil
	}
	before := x.size()
	if x.catchUp(c); x.size() != before {
		c.rankings.grow(x, x.size()-before)
	}
	return x
}

func (r *rankings) add(key rankingKey, x *ranking) *ranking {
	const most = 1 << 14 // that were never worth a tree
	if r.byShape == nil || len(r.byShape) >= most {
		for _, old := range r.byShape {
			old.forgotten = true
		}
		r.byShape, r.size = make(map[rankingKey]*ranking), 0
	}
	r.byShape[key] = x
	return x
}

// grow counts what a ranking takes, and has those that were not used for the
// longest time laid out anew when they are used again.
func (r *rankings) grow(x *ranking, by int) {
	r.size += by
	for r.size > maxRanks {
		var oldest *ranking
		age := uint64(math.MaxUint64)
		for _, o := range r.byShape {
			if o != x && o.size() > 0 && o.used < age {
				oldest, age = o, o.used
			}
		}
		if oldest == nil {
			return
		}
		r.size -= oldest.size()
		oldest.tree, oldest.members, oldest.uses = tree{}, 0, 0
	}
}
