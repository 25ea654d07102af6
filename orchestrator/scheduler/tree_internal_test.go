package scheduler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A tree of any size finds what going through all ranks finds, while they change.
func TestTreeFindsTheBest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, 8, 9, 63, 64, 65, 200, 512, 513, 700} {
		var x tree
		ranks := x.lay(n)[:n]
		for i := range ranks {
			ranks[i] = rnd.Uint64N(5)
		}
		x.build()
		want := slices.Clone(ranks)
		for range 200 {
			best, ok := x.best()
			require.Equal(t, n > 0 && slices.Max(want) > refusedRank, ok)
			if ok {
				require.Equal(t, slices.Index(want, slices.Max(want)), best)
			}
			if n > 0 {
				i, rank := rnd.IntN(n), rnd.Uint64N(7)
				x.set(i, rank)
				want[i] = rank
				require.Equal(t, rank, x.leaf(i))
			}
		}
		least := rnd.Uint64N(4)
		var visited, worthy []int
		x.walk(func(rank uint64) bool { return rank >= least }, func(i int, rank uint64) {
			require.Equal(t, want[i], rank)
			visited = append(visited, i)
		})
		for i, rank := range want {
			if rank >= max(least, refusedRank+1) {
				worthy = append(worthy, i)
			}
		}
		require.Equal(t, worthy, visited)
	}
}
