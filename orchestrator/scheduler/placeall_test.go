package scheduler_test

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// PlaceAll decides what Pick and Accept do one by one, and leaves the same cluster:
// whatever the policy and the pods, where some are there already, where the
// cluster changes in between, and where the caller leaves early.
func TestPlaceAllIsPickAndAccept(t *testing.T) {
	policies := make(map[string]scheduler.Scheduler)
	for name, policy := range oraclePolicies() {
		policies[name] = policy
	}
	policies["Random"] = scheduler.Random(1)
	policies["Last"] = last{}
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				w := newOracleWorld(seed)
				for range 12 {
					for range 5 {
						w.change()
					}
					w.placeAll(t, policy)
				}
			}
		})
	}
}

// placeAll places some pods in the world's cluster at once, and in a fork one by one.
func (w *oracleWorld) placeAll(t *testing.T, policy scheduler.Scheduler) {
	pods := make([]*pod.Pod, w.rnd.IntN(90))
	for i := range pods {
		if pods[i] = w.pod(); i > 0 && w.rnd.IntN(9) == 0 {
			pods[i] = pods[w.rnd.IntN(i)]
		}
	}
	one, all := w.cluster.Fork(), &w.cluster
	leave := cmp.Or(w.rnd.IntN(120), 1)
	i := 0
	for d, err := range all.PlaceAll(policy, pods) {
		p := pods[i]
		want := policy.Pick(p, one)
		require.Equal(t, want, d)
		if want.Node == "" {
			require.NoError(t, err)
		} else {
			require.Equal(t, one.Accept(p, want), err)
			require.Equal(t, one.Placed(p.UID), all.Placed(p.UID))
			require.Equal(t, one.Devices(p.UID), all.Devices(p.UID))
			w.placed = append(w.placed, p.UID)
		}
		if w.rnd.IntN(10) == 0 {
			change := w.anyChange()
			change(one)
			change(all)
		}
		if i++; i == leave {
			break
		}
	}
	require.Equal(t, min(leave, len(pods)), i)
	for _, p := range pods {
		require.Equal(t, one.Placed(p.UID), all.Placed(p.UID))
	}
	for n := range all.Nodes() {
		require.True(t, one.Count(n.Node.Name).Equal(all.Count(n.Node.Name)))
	}
}

// last is a whole scheduler, and not a good one: it takes the last node, or one that
// does not exist.
type last struct{}

func (last) Pick(p *pod.Pod, c *scheduler.Cluster) (d scheduler.Decision) {
	for n := range c.Nodes() {
		d.Node = n.Node.Name
	}
	if len(p.UID)%2 == 0 {
		d.Node = "nowhere"
	}
	return d
}

// A batch can be gone through again. Its pods take the room of themselves then, as for Pick.
func TestPlaceAllAgain(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=1")), newNode("b", capacity("cpu=1")))
	pods := []*pod.Pod{newPod("p", requests("cpu=600m")), newPod("q", requests("cpu=600m")), newPod("r", requests("cpu=600m"))}
	batch := c.PlaceAll(&scheduler.Policy{}, pods)
	for _, want := range [][]string{{"a", "b", ""}, {"", "", ""}} {
		for d, err := range batch {
			require.NoError(t, err)
			require.Equal(t, want[0], d.Node)
			want = want[1:]
		}
	}
	require.Equal(t, "a", c.Placed("p"))
}
