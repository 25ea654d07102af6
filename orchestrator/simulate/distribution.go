package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Distribution is what times are drawn from: how long containers run, when pods
// come. It is a value, and may be used by any number of clusters.
type Distribution interface {
	fmt.Stringer
	// Draw returns one time, never negative. The same source gives the same.
	Draw(r *rand.Rand) time.Duration
}

// longest is the longest time that is drawn.
const longest = 100 * 365 * 24 * time.Hour

// bounded returns a time of so many nanoseconds, from none to the longest.
func bounded(ns float64) time.Duration {
	if !(ns > 0) { // NaN is none as well
		return 0
	}
	return time.Duration(min(ns, float64(longest)))
}

// Constant is always the same time.
type Constant time.Duration

// Draw returns the time; none if it is negative.
func (d Constant) Draw(*rand.Rand) time.Duration { return bounded(float64(d)) }

// String reads: 10s.
func (d Constant) String() string { return time.Duration(d).String() }

// Uniform is any time from From up to To, each as likely. If To is not after
// From it is From.
type Uniform struct{ From, To time.Duration }

// Draw returns a time from From up to To.
func (d Uniform) Draw(r *rand.Rand) time.Duration {
	return bounded(float64(d.From) + r.Float64()*float64(max(0, d.To-d.From)))
}

// String reads: 1s to 1m0s.
func (d Uniform) String() string { return fmt.Sprintf("%s to %s", d.From, d.To) }

// Exponential is the time until something happens that is as likely at any
// moment. Arrivals with such times between them are a Poisson process.
type Exponential struct{ Mean time.Duration }

// Draw returns a time.
func (d Exponential) Draw(r *rand.Rand) time.Duration {
	return bounded(r.ExpFloat64() * float64(d.Mean))
}

// String reads: exponential, 1m0s on average.
func (d Exponential) String() string { return fmt.Sprintf("exponential, %s on average", d.Mean) }

// LogNormal is a time whose logarithm is normally distributed: most are near the
// median, and a few are very long. Run times of batch jobs often look like that.
type LogNormal struct {
	Median time.Duration
	// Sigma is the standard deviation of the natural logarithm. 1 is wide: one
	// time of ten is more than 3.6 times the median, one of a hundred 10 times.
	Sigma float64
}

// Draw returns a time.
func (d LogNormal) Draw(r *rand.Rand) time.Duration {
	return bounded(float64(d.Median) * math.Exp(d.Sigma*r.NormFloat64()))
}

// String reads: log-normal, median 1m0s, sigma 0.5.
func (d LogNormal) String() string {
	return fmt.Sprintf("log-normal, median %s, sigma %g", d.Median, d.Sigma)
}

// Empirical is one of the times that were observed, each as likely; one that
// was observed twice is twice as likely. Without any it is no time.
type Empirical []time.Duration

// Draw returns one of the times.
func (d Empirical) Draw(r *rand.Rand) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return bounded(float64(d[r.IntN(len(d))]))
}

// String reads: one of 1000 observed.
func (d Empirical) String() string { return fmt.Sprintf("one of %d observed", len(d)) }
