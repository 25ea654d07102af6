package main

import (
	"cmp"
	"slices"
)

// workload is which tasks are to be expected, and how often: the target
// workload of the paper, by which it measures fragmentation. For each model of
// GPU it has the tasks that may use it.
type workload map[string]*demand

// demand is what the tasks ask for that may use one model.
type demand struct {
	classes []class // by milli
	others  float64 // the share of all tasks that can't use it: they want none, or another
}

// class are the tasks that ask for the same cpu and GPUs.
type class struct {
	cpu, gpus, milli int64
	share            float64 // of all tasks, from 0 to 1
}

// workloadOf returns the workload that the pods of a trace are.
func workloadOf(t *trace) workload {
	w := make(workload)
	for _, n := range t.nodes {
		if m := n.Labels[model]; w[m] == nil {
			w[m] = demandFor(m, t.pods)
		}
	}
	return w
}

func demandFor(model string, pods []*task) *demand {
	d := &demand{}
	count, others := make(map[class]int), 0
	for _, p := range pods {
		if p.gpus == 0 || p.models != nil && !slices.Contains(p.models, model) {
			others++
		} else {
			count[class{cpu: p.cpu, gpus: p.gpus, milli: p.milli}]++
		}
	}
	d.others = float64(others) / float64(len(pods))
	for c, n := range count {
		c.share = float64(n) / float64(len(pods))
		d.classes = append(d.classes, c)
	}
	slices.SortFunc(d.classes, func(a, b class) int { // by everything: the sum below depends on the order
		return cmp.Or(cmp.Compare(a.milli, b.milli), cmp.Compare(a.gpus, b.gpus), cmp.Compare(a.cpu, b.cpu))
	})
	return d
}

// fragmentation returns how much of what is left of a node's devices a task of
// the workload can't use, in thousandths of a GPU: the mean over all tasks, each
// as often as it comes.
//
// It is the paper's F_n(M). To a task that the node can't take, for want of cpu,
// of GPUs or of the right model, everything that is left is a fragment, and so it
// is to one that wants no GPU. To any other, fragments are those devices that have
// less left than it wants of one.
func (d *demand) fragmentation(cpu int64, left []int64) float64 {
	var buffer [mostGPUs]int64
	sorted := append(buffer[:0], left...)
	slices.Sort(sorted)
	var total, small int64 // what is left of all devices, and of those that are too small
	for _, milli := range sorted {
		total += milli
	}
	sum := float64(d.others * float64(total)) // converted so that it is rounded alike on every machine
	i := 0
	for _, c := range d.classes {
		for ; i < len(sorted) && sorted[i] < c.milli; i++ {
			small += sorted[i]
		}
		if c.cpu > cpu || c.gpus > int64(len(sorted)-i) {
			sum += float64(c.share * float64(total))
		} else {
			sum += float64(c.share * float64(small))
		}
	}
	return sum
}
