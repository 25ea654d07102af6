package scheduler

import (
	"hash/fnv"
	"iter"

	"github.com/coracle-dev/coracle/pod"
)

// samples reports whether picks in a cluster compare a sample of its nodes.
func (s *Policy) samples(c *Cluster) bool { return s.Sample > 0 && len(c.nodes) > s.Sample }

// pickSample is Pick for a policy that compares a sample.
func (s *Policy) pickSample(p *pod.Pod, t *template, c *Cluster) Decision {
	around, sociable := s.surround(t, c)
	if !sociable {
		around = surroundings{}
	}
	if best := s.best(t.request, c.circle(p), around, s.Sample); best != nil {
		return s.decide(t.request, c, best)
	}
	return s.refuse(t.request, c, around)
}

// leaveOut says of the nodes that fit and are not in the sample of a pod that they were
// not compared. The verdicts are those of all nodes, by name.
func (s *Policy) leaveOut(p *pod.Pod, c *Cluster, verdicts []Verdict) {
	fit, first := 0, c.first(p)
	for i := range verdicts {
		v := &verdicts[(first+i)%len(verdicts)]
		if v.Filter != "" {
			continue
		}
		if fit++; fit > s.Sample {
			*v = Verdict{Node: v.Node, Filter: "Sample", Why: Reason{What: "not in the sample"}}
		}
	}
}

// first returns the number of the node that the walk for a sample begins with.
func (c *Cluster) first(p *pod.Pod) int {
	h := fnv.New64a() // the same in every process
	h.Write([]byte(p.UID))
	return int(h.Sum64() % uint64(len(c.nodes)))
}

// circle yields all nodes, in the order of the walk for a sample.
func (c *Cluster) circle(p *pod.Pod) iter.Seq[*Candidate] {
	first := c.first(p)
	return func(yield func(*Candidate) bool) {
		for _, part := range [][]*Candidate{c.nodes[first:], c.nodes[:first]} {
			for _, n := range part {
				if !yield(n) {
					return
				}
			}
		}
	}
}
