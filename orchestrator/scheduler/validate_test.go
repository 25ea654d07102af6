package scheduler_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func TestPolicyValidate(t *testing.T) {
	score := func(*scheduler.Request, *scheduler.Candidate) float64 { return 0 }
	require.EqualError(t, (&scheduler.Policy{
		Filters: append(scheduler.DefaultFilters(), scheduler.Filter{Name: "rack"}),
		Scorers: []scheduler.Scorer{
			{Name: "cheap"}, {Name: "odd", Score: score, Weight: math.NaN()},
			{Name: "all", Score: score, Weight: math.Inf(-1)}, {Name: "well", Score: score, Weight: -2},
		},
	}).Validate(), `Filters[7].Fits: must be given: filter "rack" asks nothing; `+
		`Scorers[0].Score: must be given: scorer "cheap" says nothing; `+
		`Scorers[1].Weight: "NaN": must be a finite number: the weight of scorer "odd"; `+
		`Scorers[2].Weight: "-Inf": must be a finite number: the weight of scorer "all"`)

	require.ErrorContains(t, (*scheduler.Policy)(nil).Validate(), "nil pointer")
	for _, s := range []*scheduler.Policy{{}, scheduler.Pack(), scheduler.Spread(), scheduler.Balance(), scheduler.Random(1)} {
		require.NoError(t, s.Validate())
	}
}

// Pods are told apart by their uid: two without one would be counted as one.
func TestAcceptWantsUID(t *testing.T) {
	var c scheduler.Cluster
	c.SetNode(newNode("a"))
	p := newPod("web")
	p.UID = ""
	require.ErrorContains(t, c.Accept(p, scheduler.Decision{Node: "a"}), `place pod "web": it has no uid`)
	require.Zero(t, c.Count("a").Pods)
	for _, err := range c.PlaceAll(&scheduler.Policy{}, []*pod.Pod{p}) {
		require.ErrorContains(t, err, `place pod "web": it has no uid`)
	}
	require.Zero(t, c.Count("a").Pods)
}
