package workload

import (
	"io"
	"runtime"
	"runtime/pprof"
	"time"
)

// Profile gets a CPU profile of what is timed, from the first Start to its Stop. Nil: none is made.
var Profile io.Writer

// Result is what the placements of one run took.
type Result struct {
	Placements int
	Elapsed    time.Duration
	Allocs     uint64 // objects allocated
}

// Stopwatch times a part of a run.
type Stopwatch struct {
	began  time.Time
	allocs uint64
}

// Start returns a running stopwatch. One runs at a time.
func Start() Stopwatch {
	if Profile != nil {
		if err := pprof.StartCPUProfile(Profile); err != nil {
			panic(err) // another one is being made
		}
	}
	allocs := mallocs()
	return Stopwatch{began: time.Now(), allocs: allocs}
}

// Stop returns what happened since Start.
func (w Stopwatch) Stop(placements int) Result {
	r := Result{Placements: placements, Elapsed: time.Since(w.began), Allocs: mallocs() - w.allocs}
	if Profile != nil {
		pprof.StopCPUProfile()
		Profile = nil
	}
	return r
}

// Without returns the result less what another took.
func (r Result) Without(other Result) Result {
	r.Elapsed = max(r.Elapsed-other.Elapsed, 0)
	r.Allocs -= min(other.Allocs, r.Allocs)
	return r
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
