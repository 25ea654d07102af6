package lifecycle

import (
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// backOff is how a pod's containers are restarted: the cluster's figures with
// those that the pod sets itself.
type backOff struct {
	base, longest, reset time.Duration
}

// backOff returns the figures for the pod. An annotation that is no duration does not count.
func (x *decider) backOff() backOff {
	b := backOff{
		base:    orDefault(x.rules.BackOffBase, 10*time.Second),
		longest: orDefault(x.rules.BackOffMax, 5*time.Minute),
		reset:   orDefault(x.rules.BackOffReset, 10*time.Minute),
	}
	if len(x.pod.Annotations) == 0 {
		return b
	}
	tuning, _ := x.pod.RestartTuning() // what is wrong in it is left out
	return backOff{
		base:    orDefault(tuning.Base, b.base),
		longest: orDefault(tuning.Cap, b.longest),
		reset:   orDefault(tuning.Reset, b.reset),
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// delay is the wait after the end that follows n restarts in a row: none, then
// base, 2·base, 4·base, …, and never more than the longest.
func (b backOff) delay(n int) time.Duration {
	if n <= 0 {
		return 0
	}
	d := b.base
	for range n - 1 {
		if d > b.longest/2 {
			return b.longest
		}
		d *= 2
	}
	return min(d, b.longest)
}

// count is the number of restarts in a row that t continues: n, or none where
// it ran long enough.
func (b backOff) count(n int, t *pod.Terminated) int {
	if !t.StartedAt.IsZero() && t.FinishedAt.Sub(t.StartedAt) >= b.reset {
		return 0
	}
	return n
}
