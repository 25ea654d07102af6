package scheduler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A table has what a map has, also where all keys lie close together.
func TestTableIsAMap(t *testing.T) {
	for _, spread := range []hashed{1, 40, 1 << 31} {
		rnd := rand.New(rand.NewPCG(1, 2))
		var x table[int]
		want := make(map[string]int)
		for i := range 20000 {
			key := fmt.Sprint(rnd.IntN(700))
			h := hashOf(key) % spread
			switch rnd.IntN(3) {
			case 0:
				x.delete(h, key)
				delete(want, key)
			case 1:
				x.set(h, key, i)
				want[key] = i
			default:
				have := x.find(h, key)
				value, ok := want[key]
				require.Equal(t, ok, have != nil)
				if ok {
					require.Equal(t, value, *have)
				}
			}
			require.Equal(t, len(want), x.len)
		}
		have := make(map[string]int)
		for h, e := range x.all() {
			require.Equal(t, hashOf(e.key)%spread, h)
			have[e.key] = e.value
		}
		require.Equal(t, want, have)
		require.LessOrEqual(t, int(x.last), 700, "what is free is used again")
	}
}
