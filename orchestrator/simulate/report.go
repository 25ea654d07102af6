package simulate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// Report is what became of a cluster since it began: see Config.Record.
type Report struct {
	For     time.Duration // how long it has been
	Nodes   int           // how many there are in the end
	Came    int           // pods
	Counts                // in the end
	Queued  Quantiles     // how long pods waited for a node; one that still waits counts with what it has waited, one that left before not at all
	Started Quantiles     // how long it took from a pod's coming to its running
	Samples []Sample      // every Config.Record from the beginning on; what happened at the very time of one is in it
}

// Sample is how a cluster is at a time.
type Sample struct {
	At     time.Duration // since the cluster began
	Counts               // what has ended, was evicted or restarted: since the cluster began
	Queued Quantiles     // how long those pods waited that got a node since the sample before
	Shares []Share       // by name of the resource, those of which nodes have a limited amount
}

// Counts are numbers of pods, and of what happened to them.
type Counts struct {
	Waiting   int // pods without a node
	Starting  int // pods that have a node and do not run yet
	Running   int
	Succeeded int
	Failed    int
	Evictions int // pods that had to go for a lost node, a drain, a taint or another pod
	Restarts  int // of containers
}

// Share is how much of a resource is taken, each from 0 to 1.
type Share struct {
	Resource pod.ResourceName
	// Allocated is what pods on nodes request, of what nodes have.
	Allocated float64
	// Fragmented is the part of what is free that is of no use: for each node its
	// free amount counts by the share of pods so far whose like would not fit there, for
	// want of whatever: a share of a device has to be left of one.
	// It is the measure of Weng et al., "Beware of Fragmentation: Scheduling
	// GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023.
	Fragmented float64
}

// Quantiles tell of many durations: half of them are at most P50, and so on.
// They are durations that occurred (the nearest rank). All are zero if there was none.
type Quantiles struct {
	Count              int
	P50, P90, P99, Max time.Duration
}

// quantilesOf returns the quantiles of durations, which are not changed.
func quantilesOf(of []time.Duration) Quantiles {
	if len(of) == 0 {
		return Quantiles{}
	}
	sorted := slices.Sorted(slices.Values(of))
	at := func(q float64) time.Duration { return sorted[int(math.Ceil(q*float64(len(sorted))))-1] }
	return Quantiles{Count: len(sorted), P50: at(0.50), P90: at(0.90), P99: at(0.99), Max: sorted[len(sorted)-1]}
}

// Report returns what became of the cluster until now. It is empty if Config.Record is zero.
func (c *Cluster) Report() Report {
	r := c.recorder
	if r == nil {
		return Report{}
	}
	samples := slices.Clone(r.samples)
	if r.next.Equal(c.now) { // more may happen at this very time
		samples = append(samples, r.look(r.shares(c)))
	}
	queued := slices.Clone(r.queued)
	for _, t := range r.pods {
		if t.placed.IsZero() {
			queued = append(queued, c.now.Sub(t.created))
		}
	}
	return Report{
		For: c.now.Sub(r.start), Nodes: c.View().Nodes().Len(), Came: r.came, Counts: r.now,
		Queued: quantilesOf(queued), Started: quantilesOf(r.started), Samples: samples,
	}
}

// Mean returns the average over all samples: how much of a resource was taken.
// Zero if there is no such resource.
func (r Report) Mean(of pod.ResourceName) Share {
	mean := Share{Resource: of}
	for i := range r.Samples {
		s := r.Samples[i].Share(of)
		mean.Allocated += s.Allocated / float64(len(r.Samples))
		mean.Fragmented += s.Fragmented / float64(len(r.Samples))
	}
	return mean
}

// resources returns the names of those that any of the samples has, sorted.
func (r Report) resources() (names []pod.ResourceName) {
	for i := range r.Samples {
		for _, share := range r.Samples[i].Shares {
			if at, found := slices.BinarySearch(names, share.Resource); !found {
				names = slices.Insert(names, at, share.Resource)
			}
		}
	}
	return names
}

// Share returns how much of a resource was taken. Zero if there is no such resource.
func (s Sample) Share(of pod.ResourceName) Share {
	for _, share := range s.Shares {
		if share.Resource == of {
			return share
		}
	}
	return Share{Resource: of}
}

// String returns a few lines for people.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %d nodes: %d pods came; %d wait, %d start, %d run, %d succeeded, %d failed; %d evictions, %d restarts\n",
		r.For, r.Nodes, r.Came, r.Waiting, r.Starting, r.Running, r.Succeeded, r.Failed, r.Evictions, r.Restarts)
	fmt.Fprintf(&b, "waited for a node   %s\n", r.Queued)
	fmt.Fprintf(&b, "came until it ran   %s\n", r.Started)
	for _, name := range r.resources() {
		last, mean, most := r.Samples[len(r.Samples)-1].Share(name), r.Mean(name), 0.0
		for i := range r.Samples {
			most = max(most, r.Samples[i].Share(name).Allocated)
		}
		fmt.Fprintf(&b, "%-19s allocated %.0f %% on average, %.0f %% at most, %.0f %% in the end; of the rest %.0f %% of no use on average\n",
			name, 100*mean.Allocated, 100*most, 100*last.Allocated, 100*mean.Fragmented)
	}
	return b.String()
}

// String reads: p50 0s, p90 3s, p99 1m0s, at most 2m0s (of 1000).
func (q Quantiles) String() string {
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, at most %s (of %d)", brief(q.P50), brief(q.P90), brief(q.P99), brief(q.Max), q.Count)
}

// brief rounds a duration for people.
func brief(d time.Duration) time.Duration {
	if d < time.Minute {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}
