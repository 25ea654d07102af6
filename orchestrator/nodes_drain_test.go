package orchestrator_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// A drain of 30 pods of three controllers goes on where it was when the host
// program is restarted in the middle, and takes no controller below its limit.
func TestDrainGoesOnAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, each = 2, 10
		journal := &recordedJournal{}
		machines := &fake.Machines{Choose: slowStart}
		r := newRig(t, orchestrator.Config{Journal: journal}, machines)
		r.run()
		for i := range 3 {
			rc := namedController(fmt.Sprintf("web-%d", i), each)
			rc.Spec.Template.Spec.NodeSelector = labels.Set{"first": "yes"}
			r.apply(rc)
		}
		r.apply(&node.Node{Meta: labels.Meta{Name: "node-0", Labels: labels.Set{"first": "yes"}}})
		r.pass(2 * time.Minute)
		require.Len(t, r.c.Pods().List(store.Filter{Node: "node-0"}), 30)
		for _, other := range []string{"node-1", "node-2"} {
			r.apply(&node.Node{Meta: labels.Meta{Name: other, Labels: labels.Set{"first": "yes"}}})
		}

		ctx, cancel := context.WithCancel(r.ctx())
		for progress, err := range r.c.Drain(ctx, "node-0", node.DrainRequest{Limit: limit}) {
			require.NoError(t, err)
			if progress.Left <= 17 {
				break
			}
			require.GreaterOrEqual(t, fewestReady(r.c), each-limit)
		}
		cancel()
		require.NoError(t, r.stop())
		middle := len(r.c.Pods().List(store.Filter{Node: "node-0"}))
		require.Greater(t, middle, 5)

		again := newRig(t, orchestrator.Config{Journal: journal}, machines)
		again.run()
		for range 300 {
			again.pass(time.Second)
			require.GreaterOrEqual(t, fewestReady(again.c), each-limit)
		}
		require.Empty(t, again.c.Pods().List(store.Filter{Node: "node-0"}))
		require.Equal(t, each, fewestReady(again.c))
		require.NoError(t, machines.Check())
		n, err := again.c.Nodes().Get("", "node-0")
		require.NoError(t, err)
		require.Equal(t, "cordoned", n.Refusal())
	})
}

// fewestReady returns how many pods are ready of the controller that has fewest.
func fewestReady(c *orchestrator.Client) int {
	fewest := -1
	for rc := range c.View().Controllers().All(store.Filter{}) {
		n := 0
		for p := range c.View().Pods().All(store.Filter{Owner: rc.UID}) {
			if replication.Live(p) && p.Status.Is(pod.Ready) {
				n++
			}
		}
		if fewest < 0 || n < fewest {
			fewest = n
		}
	}
	return fewest
}

// A drain without a limit is refused at once, by the name of its field: the node stays in use.
func TestDrainWantsLimit(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		for _, err := range r.c.Drain(r.ctx(), "node-0", node.DrainRequest{Force: true}) {
			require.EqualError(t, err, `drain node "node-0": invalid: DrainRequest.Limit: 0: must be at least 1`)
			require.ErrorIs(t, err, orchestrator.ErrInvalid)
		}
		n, err := r.c.Nodes().Get("", "node-0")
		require.NoError(t, err)
		require.False(t, n.Spec.Unschedulable)
	})
}
