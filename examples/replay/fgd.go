package main

import (
	"math"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// fgd is fragmentation gradient descent, the paper's own policy: a pod goes where
// it adds least to the fragmentation of the cluster, or takes most from it. That is
// a node, and of a share the device, too. Only what is left of that node changes,
// so a node is scored by how much less fragmented it is once the pod is there.
func fgd(t *trace, seed uint64) *scheduler.Policy {
	expected := workloadOf(t)
	policy := scored(seed, "FGD", func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		d := expected[n.Node.Labels[model]]
		var buffer [mostGPUs]int64
		left := append(buffer[:0], n.Devices(gpu)...)
		before := d.fragmentation(n.Free.MilliCPU, left)
		wants := r.Wants.Milli(gpu)
		take(left, wants/1000)
		after, _ := d.best(n.Free.MilliCPU-r.Wants.MilliCPU, left, wants%1000)
		return 100 / (1 + math.Exp((after-before)/1000)) // the logistic function: 50 where nothing changes
	})
	policy.Share = func(r *scheduler.Request, n *scheduler.Candidate, d scheduler.Demand, left []int64) int {
		_, device := expected[n.Node.Labels[model]].best(n.Free.MilliCPU-r.Wants.MilliCPU, left, d.Share)
		return device
	}
	return policy
}

// take takes so many whole devices, those that are free.
func take(left []int64, whole int64) {
	for i := range left {
		if whole > 0 && left[i] == 1000 {
			left[i] = 0
			whole--
		}
	}
}

// best returns how fragmented a node is at least when a share of one of its
// devices is taken, and of which; -1 where there is no share, or no room for it.
func (d *demand) best(cpu int64, left []int64, share int64) (least float64, device int) {
	if share == 0 {
		return d.fragmentation(cpu, left), -1
	}
	var buffer [mostGPUs]int64
	after := append(buffer[:0], left...)
	least, device = math.Inf(1), -1
	for i := range left {
		if left[i] < share {
			continue
		}
		after[i] -= share
		if f := d.fragmentation(cpu, after); f < least {
			least, device = f, i
		}
		after[i] += share
	}
	return least, device
}
