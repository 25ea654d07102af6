package scheduler

import "math"

// DefaultScorers returns the scorers of the zero Policy: LeastAllocated,
// TaintPreference, NodePreference and CompanyPreference. The slice is the caller's.
func DefaultScorers() []Scorer {
	return []Scorer{LeastAllocated(), TaintPreference(), NodePreference(), CompanyPreference()}
}

// TaintPreference puts nodes with a PreferNoSchedule taint that the pod does
// not tolerate behind all others: 0 instead of 100, with weight 3, so that
// scorers whose weights come to less than 3 do not undo it.
func TaintPreference() Scorer {
	return Scorer{Name: "TaintPreference", Weight: 3, Score: undisturbed, kind: ofShape, own: ownTaintPreference}
}

func undisturbed(r *Request, n *Candidate) float64 {
	for i := range n.discourages {
		if !n.discourages[i].Tolerated(r.Spec.Tolerations) {
			return 0
		}
	}
	return 100
}

// LeastAllocated prefers the node that has the largest share of its cpu and
// memory left once the pod is there: the mean of both shares, times 100, after
// Kubernetes' policy of that name.
//
// A pod that requests no cpu is taken to use 100m, and one that requests no
// memory 200Mi, so that such pods spread too. They may come to more than there
// is: the last hundredth of a share is for that, and shrinks with each further
// pod. A resource without a limit counts by how few pods the node has.
func LeastAllocated() Scorer {
	return Scorer{Name: "LeastAllocated", Score: leastAllocated, kind: ofShape, own: ownLeastAllocated}
}

func leastAllocated(r *Request, n *Candidate) float64 {
	used := n.guessedWith(r)
	return 50 * (n.share(n.Room.MilliCPU, used.milliCPU) + n.share(n.Room.Memory, used.memory))
}

// share returns how much of room is left, from 0 to 1; less for each more that is used.
func (n *Candidate) share(room, used int64) float64 {
	const last = 0.01
	switch {
	case room == Unlimited:
		return 100 / (100 + float64(n.Pods))
	case used < room:
		left := 1 - float64(used)/float64(room)
		return last + float64((1-last)*left) // converted for the reason in sum
	}
	return last * (float64(room) + 1) / (float64(used) + 1)
}

// MostAllocated prefers the node that has the smallest share of its cpu and
// memory left once the pod is there, so that few nodes are used and the others
// can go: the mean of the shares that are taken, times 100, after Kubernetes'
// policy of that name. A resource without a limit counts as empty. What a pod
// requests nothing of is guessed as for LeastAllocated.
func MostAllocated() Scorer {
	return Scorer{Name: "MostAllocated", Score: mostAllocated, kind: ofShape}
}

func mostAllocated(r *Request, n *Candidate) float64 {
	used := n.guessedWith(r)
	return 50 * (taken(n.Room.MilliCPU, used.milliCPU) + taken(n.Room.Memory, used.memory))
}

// taken returns how much of room is used, from 0 to 1.
func taken(room, used int64) float64 {
	switch {
	case room == Unlimited:
		return 0
	case used >= room:
		return 1
	}
	return float64(used) / float64(room)
}

// Balanced prefers the node whose cpu and memory are taken to most nearly the
// same share once the pod is there, so that neither is left over without the
// other: 100 less the difference of the shares, times 100. A resource without a
// limit counts as empty. It says nothing about how much is taken: use it
// together with LeastAllocated or MostAllocated.
func Balanced() Scorer { return Scorer{Name: "Balanced", Score: balanced, kind: ofShape} }

func balanced(r *Request, n *Candidate) float64 {
	used := n.guessedWith(r)
	return 100 - 100*math.Abs(taken(n.Room.MilliCPU, used.milliCPU)-taken(n.Room.Memory, used.memory))
}
