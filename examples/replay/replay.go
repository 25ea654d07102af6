package main

import (
	"context"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
)

// outcome is what came of one replay. Both curves have a value for each percent of
// the cluster's GPUs that the pods which came so far ask for, from 0 to the load.
type outcome struct {
	allocation    []float64 // GPUs that are allocated, in percent of the cluster's
	fragmentation []float64 // GPUs that are free and of no use (see fragmentation), in percent of the cluster's
	pods, failed  int       // how many came, and how many of them fitted nowhere
}

// replayAll replays the trace with each policy and each seed from 1 to seeds, on
// as many processors as there are, until the pods that came ask for load percent
// of the cluster's GPUs. The outcomes are by policy, then by seed. Where it is exact,
// the seeds are those of the orders only, and the policies have none.
func replayAll(ctx context.Context, t *trace, chosen []string, seeds, load int, exact bool) ([][]outcome, error) {
	expected := workloadOf(t)
	outcomes := make([][]outcome, len(chosen))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range chosen {
		outcomes[i] = make([]outcome, seeds)
		for j := range seeds {
			group.Go(func() (err error) {
				seed := uint64(j + 1)
				chance := seed
				if exact {
					chance = 0
				}
				outcomes[i][j], err = replay(ctx, t, policies[name](t, chance), expected, seed, load)
				return err
			})
		}
	}
	return outcomes, group.Wait()
}

// replay lets pods come one after the other, and none go, as in the paper. One
// that fits nowhere is given up. The same arguments have the same outcome. The
// error is that of a scheduler that puts a pod where it can't be, or of the context.
func replay(ctx context.Context, t *trace, s scheduler.Scheduler, expected workload, seed uint64, load int) (outcome, error) {
	var c scheduler.Cluster
	for _, n := range t.nodes {
		c.SetNode(n)
	}
	o := outcome{allocation: []float64{0}, fragmentation: []float64{fragmented(&c, t, expected)}}
	var arrived, allocated int64
	for next := t.arrivals(seed); len(o.allocation) <= load; o.pods++ {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		task := next()
		arrived += task.gpu()
		p := task.pod(o.pods)
		d := s.Pick(p, &c)
		if d.Node == "" {
			o.failed++
		} else if err := c.Accept(p, d); err != nil {
			return o, err
		} else {
			allocated += task.gpu()
		}
		if arrived*100 < int64(len(o.allocation))*t.capacity {
			continue
		}
		share, fragments := percent(float64(allocated), t), fragmented(&c, t, expected)
		for arrived*100 >= int64(len(o.allocation))*t.capacity && len(o.allocation) <= load {
			o.allocation = append(o.allocation, share)
			o.fragmentation = append(o.fragmentation, fragments)
		}
	}
	return o, nil
}

// arrivals returns a function that returns the next pod to come: those of the
// trace, shuffled, and then any of them, over and over.
func (t *trace) arrivals(seed uint64) func() *task {
	chance := rand.New(rand.NewPCG(seed, 0))
	order := chance.Perm(len(t.pods))
	return func() *task {
		if len(order) == 0 {
			return t.pods[chance.IntN(len(t.pods))]
		}
		p := t.pods[order[0]]
		order = order[1:]
		return p
	}
}

// percent returns an amount, in thousandths of a GPU, as a part of all GPUs.
func percent(milli float64, t *trace) float64 { return 100 * milli / float64(t.capacity) }

// fragmented returns the fragmentation of all nodes, in percent of all GPUs.
func fragmented(c *scheduler.Cluster, t *trace, expected workload) float64 {
	sum := 0.0
	for n := range c.Nodes() {
		sum += expected[n.Node.Labels[model]].fragmentation(n.Free.MilliCPU, n.Devices(gpu))
	}
	return percent(sum, t)
}
