package orchestrator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// Whatever is done to them, the pods that wait are those of a plain slice, in its order.
func TestPending(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var w pending
	var plain, taken []*pod.Pod
	at := func(uid string) int { return slices.IndexFunc(plain, func(p *pod.Pod) bool { return p.UID == uid }) }
	for range 20_000 {
		uid := fmt.Sprint(rng.IntN(20))
		switch rng.IntN(8) {
		case 0, 1, 2, 3:
			p := &pod.Pod{}
			p.UID = uid
			if w.add(p); at(uid) < 0 {
				plain = append(plain, p)
			} else {
				plain[at(uid)] = p
			}
		case 4, 5:
			if w.remove(uid); at(uid) >= 0 {
				plain = slices.Delete(plain, at(uid), at(uid)+1)
			}
		case 6:
			n := rng.IntN(25)
			taken = w.take(n)
			n = min(n, len(plain))
			require.Equal(t, append([]*pod.Pod{}, plain[:n]...), append([]*pod.Pod{}, taken...))
			plain = slices.Clone(plain[n:])
		case 7:
			var first []*pod.Pod
			taken = slices.DeleteFunc(taken, func(*pod.Pod) bool { return rng.IntN(3) == 0 })
			for _, p := range taken {
				if i := at(p.UID); i >= 0 { // as it is now
					p = plain[i]
					plain = slices.Delete(plain, i, i+1)
				}
				first = append(first, p)
			}
			w.putBack(taken)
			plain, taken = append(first, plain...), nil
		}
		require.Equal(t, len(plain), w.len())
		require.Equal(t, len(plain) == 0, w.empty())
		require.Equal(t, at(uid) >= 0, w.has(uid))
	}
}
