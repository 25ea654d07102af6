package scheduler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func TestLeastAllocated(t *testing.T) {
	const scale = 0.99 // the last hundredth of a share is for what exceeds the room
	share := func(left float64) float64 { return 1 + scale*100*left }
	for _, test := range []struct {
		capacity, used, wants string
		want                  float64
	}{
		{"cpu=4,memory=4Gi", "", "cpu=1,memory=1Gi", share(0.75)},
		{"cpu=4,memory=4Gi", "cpu=2,memory=1Gi", "cpu=1,memory=1Gi", share((0.25 + 0.5) / 2)},
		{"cpu=1,memory=1000Mi", "", "", share((0.9 + 0.8) / 2)},               // 100m and 200Mi
		{"cpu=1,memory=1000Mi", "", "cpu=0,memory=0", share((0.9 + 0.8) / 2)}, // 0 is nothing
		{"cpu=1,memory=1000Mi", "memory=400Mi", "cpu=300m", share((0.6 + 0.4) / 2)},
		{"cpu=1,memory=1000Mi", "cpu=500m,memory=500Mi", "cpu=500m,memory=500Mi", 1}, // exactly full
		{"", "", "cpu=1", 100},
	} {
		c := clusterOf(newNode("a", capacity(test.capacity)))
		if test.used != "" {
			c.Place(newPod("q", requests(test.used)), "a")
		}
		got := scheduler.LeastAllocated().Score(scheduler.NewRequest(newPod("p", requests(test.wants))), c.Node("a"))
		require.InDelta(t, test.want, got, 1e-3, "%q on %q of %q", test.wants, test.used, test.capacity)
	}
}

// Each further pod makes a node less attractive, also beyond what it has, and
// the score stays what scores are.
func TestLeastAllocatedFalls(t *testing.T) {
	for _, room := range []string{"cpu=1,memory=1Gi", "cpu=1", "memory=1Gi", "cpu=0,memory=0", ""} {
		c := clusterOf(newNode("a", capacity(room)))
		r, s := scheduler.NewRequest(newPod("p")), scheduler.LeastAllocated()
		last := s.Score(r, c.Node("a"))
		require.LessOrEqual(t, last, 100.0)
		for i := range 500 {
			c.Place(newPod(fmt.Sprint(i)), "a")
			score := s.Score(r, c.Node("a"))
			require.Less(t, score, last, "%q with %d pods", room, i+1)
			require.Greater(t, score, 0.0)
			last = score
		}
	}
}

// The room that is left counts with the pod in it: of two empty nodes the large one.
func TestLeastAllocatedPrefersTheLarge(t *testing.T) {
	c := clusterOf(newNode("a", capacity("cpu=2,memory=2Gi")), newNode("b", capacity("cpu=8,memory=8Gi")))
	require.Equal(t, "b", pick(newPod("p", requests("cpu=1,memory=1Gi")), c).Node)
}

func TestTaintPreference(t *testing.T) {
	rather := node.Taint{Key: "old", Value: "yes", Effect: pod.PreferNoSchedule}
	for _, test := range []struct {
		taints      []node.Taint
		tolerations []pod.Toleration
		want        float64
	}{
		{nil, nil, 100},
		{[]node.Taint{rather}, nil, 0},
		{[]node.Taint{rather}, []pod.Toleration{{Key: "old", Value: "yes"}}, 100},
		{[]node.Taint{rather}, []pod.Toleration{{Key: "old", Value: "yes", Effect: pod.NoSchedule}}, 0},
		{[]node.Taint{rather, {Key: "new", Effect: pod.PreferNoSchedule}}, []pod.Toleration{{Key: "old", Operator: pod.TolerationExists}}, 0},
		{[]node.Taint{{Key: "db", Effect: pod.NoSchedule}, {Key: "gone", Effect: pod.NoExecute}}, nil, 100},
	} {
		c := clusterOf(newNode("a", taints(test.taints...)))
		got := scheduler.TaintPreference().Score(scheduler.NewRequest(newPod("p", tolerations(test.tolerations...))), c.Node("a"))
		require.Equal(t, test.want, got, "%v by %v", test.taints, test.tolerations)
	}
}

// A node that is best avoided is taken only when no other fits, however full
// the others are.
func TestTaintPreferenceOutweighs(t *testing.T) {
	c := clusterOf(
		newNode("a", capacity("cpu=100,memory=100Gi"), taints(node.Taint{Key: "old", Effect: pod.PreferNoSchedule})),
		newNode("b", capacity("cpu=1,memory=1Gi")))
	p := func(i int) *pod.Pod { return newPod(fmt.Sprint(i), requests("cpu=250m,memory=1Mi")) }
	for i, want := range []string{"b", "b", "b", "b", "a", "a"} {
		require.Equal(t, want, pick(p(i), c).Node)
		c.Place(p(i), want)
	}
	tolerant := newPod("p", tolerations(pod.Toleration{Key: "old", Operator: pod.TolerationExists}))
	require.Equal(t, "a", pick(tolerant, c).Node)
}
