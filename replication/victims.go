package replication

import (
	"cmp"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// victim is a pod that may have to go.
type victim struct {
	pod  *pod.Pod
	rank int // how little would be lost: see rank
	// crowd is how many pods its node has when it is this one's turn there.
	crowd int
}

// rank orders pods by how little is lost with them: by whether they have a
// node, run, and are ready, in this order.
func rank(p *pod.Pod) int {
	rank := 0
	for i, has := range [...]bool{isReady(p), p.Status.Phase == pod.Running, p.Spec.NodeName != ""} {
		if has {
			rank |= 1 << i
		}
	}
	return rank
}

// victims returns the n pods of live that go first, in that order.
//
// Among pods of one rank the node with most pods gives one, again and again, so
// that those which stay are spread evenly. That is the order of how many pods a
// node has when a pod's turn on it comes, so no more than two sorts are needed.
func victims(live []*pod.Pod, n int) []*pod.Pod {
	vs := make([]victim, len(live))
	crowds := map[string]int{}
	for i, p := range live {
		vs[i] = victim{pod: p, rank: rank(p)}
		crowds[p.Spec.NodeName]++
	}
	slices.SortFunc(vs, func(a, b victim) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), byYouth(a.pod, b.pod))
	})
	for i := range vs {
		node := vs[i].pod.Spec.NodeName
		vs[i].crowd = crowds[node]
		crowds[node]--
	}
	slices.SortFunc(vs, func(a, b victim) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.crowd, a.crowd), byYouth(a.pod, b.pod))
	})
	gone := make([]*pod.Pod, min(n, len(vs)))
	for i := range gone {
		gone[i] = vs[i].pod
	}
	return gone
}

// byYouth compares pods: the youngest first, then by name.
func byYouth(a, b *pod.Pod) int {
	return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp), cmp.Compare(a.Name, b.Name))
}
