package simulate_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// What is drawn has the median, or the mean, that was asked for, and is never negative.
func TestDistributions(t *testing.T) {
	const minute = time.Minute
	for _, of := range []struct {
		d            simulate.Distribution
		median, mean float64 // minutes
	}{
		{simulate.Constant(minute), 1, 1},
		{simulate.Constant(-minute), 0, 0},
		{simulate.Uniform{From: minute, To: 3 * minute}, 2, 2},
		{simulate.Uniform{From: minute}, 1, 1},
		{simulate.Exponential{Mean: minute}, math.Ln2, 1},
		{simulate.LogNormal{Median: minute, Sigma: 1}, 1, math.Exp(0.5)},
		{simulate.LogNormal{Median: minute, Sigma: math.NaN()}, 0, 0},
		{simulate.Empirical{minute, minute, 4 * minute}, 1, 2},
		{simulate.Empirical{}, 0, 0},
	} {
		const n = 20_000
		r, sum, below := rand.New(rand.NewPCG(1, 1)), 0.0, 0
		for range n {
			x := of.d.Draw(r)
			require.GreaterOrEqual(t, x, time.Duration(0))
			sum += x.Minutes()
			if x.Minutes() < of.median-1e-9 {
				below++
			}
		}
		require.InDelta(t, of.mean, sum/n, 0.05, "%s", of.d)
		require.LessOrEqual(t, below, n*51/100, "%s", of.d)
	}
	require.Positive(t, simulate.LogNormal{Median: minute, Sigma: 1e6}.Draw(rand.New(rand.NewPCG(1, 3)))+1, "no overflow")
}

// offered plays six hours of jobs on so many nodes.
func offered(t *testing.T, nodes int, s simulate.Schedule) *simulate.Cluster {
	c, err := simulate.New(simulate.Config{
		Check: true, Record: 10 * time.Minute,
		Orchestrator: orchestrator.Config{
			Machines: machines(nodes, "8"), Seed: 3, Lifecycle: lifecycle.Rules{TerminatedTTL: -1},
		},
		Models: []simulate.Model{{
			Image: "render", Runs: simulate.LogNormal{Median: 10 * time.Minute, Sigma: 0.5},
			Ends: []simulate.Ending{{Weight: 3}, {Weight: 1, ExitCode: 7}, {Weight: -1, OOM: true}},
		}},
	})
	require.NoError(t, err)
	require.NoError(t, c.Offer(simulate.Workload{Name: "job", Template: job("2"), Every: simulate.Exponential{Mean: 3 * time.Minute}, Count: 60}))
	require.NoError(t, c.Play(s, 6*time.Hour))
	return c
}

// The same jobs come, and do the same, whatever becomes of the cluster; and none
// is lost when the orchestrator dies at the moment at which it comes.
func TestOfferedJobsAreTheSame(t *testing.T) {
	ends := func(c *simulate.Cluster) map[string]int32 {
		codes := make(map[string]int32)
		for p := range c.View().Pods().All(store.Filter{}) {
			if ended := p.Status.ContainerStatuses[0].State.Terminated; ended != nil {
				codes[p.Name] = int32(ended.ExitCode)
			}
		}
		return codes
	}
	var crashes simulate.Schedule
	for i := range 40 {
		at := []simulate.Point{simulate.BeforeChanges, simulate.AfterChanges, simulate.InWork}[i%3]
		crashes = append(crashes, simulate.Incident{At: time.Duration(i) * 3 * time.Minute, Fault: simulate.Crash{At: at, Down: time.Duration(i%4) * time.Second}})
	}
	few, many, shaken := ends(offered(t, 3, nil)), ends(offered(t, 9, nil)), ends(offered(t, 9, crashes))
	require.Len(t, many, 60)
	require.Equal(t, many, few)
	require.Equal(t, many, shaken)
	failed := 0
	for _, code := range many {
		if code != 0 {
			require.EqualValues(t, 7, code)
			failed++
		}
	}
	require.InDelta(t, 15, failed, 8)
}

// A report counts what the store says.
func TestReport(t *testing.T) {
	c := offered(t, 2, simulate.Schedule{{At: time.Hour, Fault: simulate.NodeDown{Node: nodeAt(0), For: 20 * time.Minute}}})
	r := c.Report()
	var want simulate.Counts
	for p := range c.View().Pods().All(store.Filter{}) {
		switch p.Status.Phase {
		case pod.Succeeded:
			want.Succeeded++
		case pod.Failed:
			want.Failed++
			if p.Status.Reason == "NodeLost" {
				want.Evictions++
			}
		case pod.Running:
			want.Running++
		}
	}
	require.Positive(t, want.Evictions)
	require.Equal(t, want, r.Counts)
	require.Equal(t, 60, r.Came)
	require.Equal(t, 60, r.Queued.Count)
	require.Equal(t, r, c.Report(), "asked twice")
	require.Len(t, r.Samples, 37)
	for i, s := range r.Samples {
		require.Equal(t, time.Duration(i)*10*time.Minute, s.At)
		for _, share := range s.Shares {
			require.True(t, share.Allocated >= 0 && share.Allocated <= 1 && share.Fragmented >= 0 && share.Fragmented <= 1, "%+v", share)
		}
	}
	require.LessOrEqual(t, r.Queued.P50, r.Queued.P99)
	require.Zero(t, func() simulate.Report {
		c, err := simulate.New(simulate.Config{})
		require.NoError(t, err)
		return c.Report()
	}())
}

func TestOfferRefuses(t *testing.T) {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}})
	require.NoError(t, err)
	often := simulate.Constant(time.Minute)
	for says, w := range map[string]simulate.Workload{
		`offer workload: Name is empty`:                     {Every: often},
		`offer workload "x": neither Every nor At is given`: {Name: "x"},
		`offer workload "x": both Every and At are given`:   {Name: "x", Every: often, At: []time.Duration{1}},
		`offer workload "x": Count -1 is negative`:          {Name: "x", Every: often, Count: -1},
		`offer workload "x": For -1ns is negative`:          {Name: "x", Every: often, For: -1},
	} {
		require.EqualError(t, c.Offer(w), says)
	}
	require.NoError(t, c.Offer(simulate.Workload{Name: "empty", Every: often}))
	require.ErrorContains(t, c.Advance(time.Hour), `workload "empty": create pod "default/empty-1"`)
	_, err = simulate.New(simulate.Config{Record: -1})
	require.EqualError(t, err, "new cluster: Record -1ns is negative")
}

// A cluster that is never at rest is not waited for without end.
func TestSettleGivesUp(t *testing.T) {
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{Machines: twoNodes()},
		// Nodes are listed every ten seconds, each at a time of its own.
		Latency: func(orchestrator.Work) time.Duration { return 10*time.Second - time.Millisecond },
	})
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	took, err := c.Settle()
	require.ErrorContains(t, err, "settle: after 24h")
	require.Greater(t, took, 24*time.Hour)
}
