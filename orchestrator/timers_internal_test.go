package orchestrator

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Timers are compared with a plain list through random changes: what is due comes
// in the order of its time, then of when that was set, whether a timer is kept or found.
func TestTimers(t *testing.T) {
	t0 := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	type set struct {
		at  time.Time
		seq int
	}
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var timers timers
		want := make(map[string]set)
		kept := make(map[string]*machine)
		for i := range 5 {
			m := newMachine(fmt.Sprint("node-", i), t0)
			kept[m.name] = m
		}
		first := func() (key string) {
			for k, x := range want {
				if key == "" || x.at.Before(want[key].at) || x.at.Equal(want[key].at) && x.seq < want[key].seq {
					key = k
				}
			}
			return key
		}
		for i := range 600 {
			now := t0.Add(time.Duration(i/10) * time.Second)
			at := now.Add(time.Duration(rng.IntN(60)) * time.Second)
			if rng.IntN(4) == 0 {
				at = time.Time{}
			}
			key := fmt.Sprint("node-", rng.IntN(60))
			was, known := want[key]
			switch m := kept[key]; {
			case m != nil:
				timers.put(&m.timer, at)
			case !at.IsZero() && rng.IntN(2) == 0:
				timers.sooner(timerKey{podLoop, key}, at)
				if known && !at.Before(was.at) {
					at = was.at
				}
			default:
				timers.set(timerKey{podLoop, key}, at)
			}
			if at.IsZero() {
				delete(want, key)
			} else if !known || !at.Equal(was.at) {
				want[key] = set{at, i}
			}
			require.Len(t, timers.heap, len(want), "seed %d", seed)
			require.Equal(t, want[first()].at, timers.next(), "seed %d", seed)
			if rng.IntN(3) > 0 {
				continue
			}
			for x := timers.due(now); x != nil; x = timers.due(now) {
				require.Equal(t, first(), x.key, "seed %d", seed)
				require.Equal(t, kept[x.key], x.machine)
				delete(want, x.key)
			}
			require.True(t, len(want) == 0 || timers.next().After(now), "seed %d", seed)
		}
		require.LessOrEqual(t, len(timers.byKey), len(timers.heap), "what is over is not kept")
	}
}
