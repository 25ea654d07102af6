package node

import (
	"cmp"
	"math"
	"time"
)

// Rules are the figures of a cluster. The zero value is Kubernetes' own: the
// defaults of the flags of kube-controller-manager that are named.
type Rules struct {
	// Grace is how long a node may be silent before its Ready condition is
	// Unknown. At least a CheckPeriod: between two checks a node says nothing.
	// Default: 40 s (--node-monitor-grace-period, 40 s until 1.31).
	Grace time.Duration
	// LostAfter is how long a node may be silent, or not healthy, before its
	// pods are to be given up. Default: 5 min (--pod-eviction-timeout; today
	// the tolerationSeconds that each pod is given).
	LostAfter time.Duration
	// CheckPeriod is how often a node is checked. Default: 10 s (the kubelet's
	// nodeStatusUpdateFrequency).
	CheckPeriod time.Duration

	// Rate is how many nodes of a zone are given up per second. Default: 0.1
	// (--node-eviction-rate). Negative: none. Infinite: no limit.
	Rate float64
	// SlowRate is the rate in a large zone that is unhealthy. Default: 0.01
	// (--secondary-node-eviction-rate). Negative: none.
	SlowRate float64
	// UnhealthyZone is the share of nodes that are not ready, of at least
	// three, from which on a zone is unhealthy. Default: 0.55
	// (--unhealthy-zone-threshold). Above 1: no zone ever is.
	UnhealthyZone float64
	// LargeZone is the number of nodes above which a zone is large. No node of
	// an unhealthy zone is given up if it is not. Default: 50
	// (--large-cluster-size-threshold). Negative: every zone is large.
	LargeZone int
}

// Defaults returns the rules with every figure given.
func (r Rules) Defaults() Rules {
	r.Grace = orDefault(r.Grace, 40*time.Second)
	r.LostAfter = orDefault(r.LostAfter, 5*time.Minute)
	r.CheckPeriod = orDefault(r.CheckPeriod, 10*time.Second)
	r.Rate = cmp.Or(r.Rate, 0.1)
	r.SlowRate = cmp.Or(r.SlowRate, 0.01)
	r.UnhealthyZone = cmp.Or(r.UnhealthyZone, 0.55)
	r.LargeZone = cmp.Or(r.LargeZone, 50)
	return r
}

// orDefault returns d, or otherwise where d is no time.
func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// NextCheck returns when the node of that name is checked next: the first time
// after now at which it is its turn. Turns are a CheckPeriod apart; each name
// has its own, so that the checks of many nodes are spread evenly over the
// period, and stays with it when the orchestrator is started anew.
func (r Rules) NextCheck(name string, now time.Time) time.Time {
	period := orDefault(r.CheckPeriod, 10*time.Second)
	hash := uint64(14695981039346656037) // FNV-1a
	for i := range len(name) {
		hash = (hash ^ uint64(name[i])) * 1099511628211
	}
	turn := time.Duration(hash % uint64(period))
	since := (time.Duration(now.UnixNano())%period + period) % period
	wait := turn - since
	if wait <= 0 {
		wait += period
	}
	return now.Add(wait)
}

// gap is the time between two nodes at a rate per second; false: there is no second one.
func gap(rate float64) (time.Duration, bool) {
	d := float64(time.Second) / rate
	if rate <= 0 || math.IsNaN(d) || d >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(d), true
}
