package main

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// policies are what may be replayed, by name: those that the scheduler package
// ships, and those that the paper compares, as schedulers of one's own. Each is
// made for a trace and a seed; see scored for what it does without one: 0.
var policies = map[string]func(t *trace, seed uint64) *scheduler.Policy{
	"least-allocated": func(*trace, uint64) *scheduler.Policy { return &scheduler.Policy{} },
	"spread":          func(*trace, uint64) *scheduler.Policy { return scheduler.Spread() },
	"pack":            func(*trace, uint64) *scheduler.Policy { return scheduler.Pack() },
	"balance":         func(*trace, uint64) *scheduler.Policy { return scheduler.Balance() },
	"random":          random,
	"best-fit":        bestFit,
	"dot-product":     dotProduct,
	"gpu-packing":     gpuPacking,
	"fgd":             fgd,
}

// names splits a list of policies, and refuses what is none.
func names(list string) ([]string, error) {
	chosen := strings.Split(list, ",")
	for i, name := range chosen {
		if policies[name] == nil {
			return nil, fmt.Errorf("there is no policy %q, only %s", name, strings.Join(slices.Sorted(maps.Keys(policies)), ", "))
		}
		if slices.Contains(chosen[:i], name) {
			return nil, fmt.Errorf("policy %q is listed twice", name)
		}
	}
	return chosen, nil
}

// scored returns a policy of one scorer. As in Kubernetes, a score is a whole
// number, and chance decides among equals: here an order of the nodes by seed.
// Without a seed scores are not rounded, and the first by name of equals is taken.
//
// The keys are empty: neither goes by anything of a pod but what it requests, so
// that a node is scored once for all pods that ask for the same, and again when it
// has changed.
func scored(seed uint64, name string, score func(r *scheduler.Request, n *scheduler.Candidate) float64) *scheduler.Policy {
	nothing := func(*scheduler.Request) string { return "" }
	if seed == 0 {
		return &scheduler.Policy{Scorers: []scheduler.Scorer{{Name: name, Score: score, Key: nothing}}}
	}
	whole := func(r *scheduler.Request, n *scheduler.Candidate) float64 { return math.Floor(score(r, n)) }
	chance := func(_ *scheduler.Request, n *scheduler.Candidate) float64 { return 100 * fraction(seed, n.Node.Name) }
	return &scheduler.Policy{Scorers: []scheduler.Scorer{
		{Name: name, Score: whole, Key: nothing},
		{Name: "Chance", Score: chance, Key: nothing, Weight: 0.009}, // comes to less than 1
	}}
}

// fraction returns a number from 0 to 1 that depends on its arguments alone, and
// looks as if it did not.
func fraction(seed uint64, name string) float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64())).Float64()
}

// random takes any node that fits, and there any device that a share fits on.
func random(_ *trace, seed uint64) *scheduler.Policy {
	policy := scheduler.Random(seed)
	policy.Share = func(r *scheduler.Request, _ *scheduler.Candidate, d scheduler.Demand, left []int64) int {
		var fitting []int
		for i := range left {
			if left[i] >= d.Share {
				fitting = append(fitting, i)
			}
		}
		if len(fitting) == 0 {
			return -1
		}
		return fitting[int(fraction(seed, r.UID)*float64(len(fitting)))]
	}
	return policy
}

// bestFit takes the node that has the least left once the pod is there: cpu and
// GPUs count the same, each as a share of what the largest node has.
func bestFit(t *trace, seed uint64) *scheduler.Policy {
	return scored(seed, "BestFit", func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		cpu := float64(n.Free.MilliCPU-r.Wants.MilliCPU) / float64(t.largest.cpu)
		gpus := float64(n.Free.Milli(gpu)-r.Wants.Milli(gpu)) / float64(t.largest.gpu)
		return 100 - 50*(cpu+gpus)
	})
}

// dotProduct takes the node where what is left is least like what the pod asks
// for: the smallest dot product of the two, as shares of the largest node.
func dotProduct(t *trace, seed uint64) *scheduler.Policy {
	return scored(seed, "DotProduct", func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		cpu := float64(n.Free.MilliCPU) / float64(t.largest.cpu) * float64(r.Wants.MilliCPU) / float64(t.largest.cpu)
		gpus := float64(n.Free.Milli(gpu)) / float64(t.largest.gpu) * float64(r.Wants.Milli(gpu)) / float64(t.largest.gpu)
		return 100 - 50*(cpu+gpus)
	})
}

// gpuPacking takes a GPU that is in use already, the one with the least left;
// else free GPUs of a node that has others in use; else those of a node that has
// none in use, the one with the fewest.
func gpuPacking(_ *trace, seed uint64) *scheduler.Policy {
	return scored(seed, "GPUPacking", func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		var free, used int
		tight := int64(1000) // what is left of the fullest device in use that has room for a share
		share := r.Wants.Milli(gpu) % 1000
		for _, left := range n.Devices(gpu) {
			if left == 1000 {
				free++
				continue
			}
			used++
			if share > 0 && left >= share {
				tight = min(tight, left)
			}
		}
		switch {
		case r.Wants.Milli(gpu) == 0:
			return 0
		case tight < 1000:
			return 100 - float64(tight)/100
		case used > 0:
			return 50
		}
		return 40 / float64(1+free)
	})
}
