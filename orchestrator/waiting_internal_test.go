package orchestrator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever comes and goes, the groups that wait and the pods of each are those of plain
// slices, in their order.
func TestWaiting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var w waiting
	var order []string
	members := make(map[string][]string)
	leave := func(uid string) {
		for group, uids := range members {
			if at := slices.Index(uids, uid); at >= 0 {
				members[group] = slices.Delete(uids, at, at+1)
			}
			if len(members[group]) == 0 {
				delete(members, group)
				order = slices.DeleteFunc(order, func(g string) bool { return g == group })
			}
		}
	}
	for range 20_000 {
		uid, group := fmt.Sprint(rng.IntN(30)), fmt.Sprint("group ", rng.IntN(5))
		if rng.IntN(2) == 0 {
			w.remove(uid)
			leave(uid)
		} else if w.add(uid, group, false); !slices.Contains(members[group], uid) {
			if leave(uid); members[group] == nil {
				order = append(order, group)
			}
			members[group] = append(members[group], uid)
		}
		require.Equal(t, append([]string{}, order...), append([]string{}, slices.Collect(w.order.all())...))
		for _, group := range order {
			require.Equal(t, members[group], w.members(group))
			require.LessOrEqual(t, len(w.groups[group].keys), 2*len(members[group]), "gaps are closed")
		}
		require.Equal(t, len(order) == 0, w.empty())
	}
}
