package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// condition returns the status of a node's condition.
func (r *rig) condition(name string, of node.ConditionType) pod.ConditionStatus {
	r.t.Helper()
	n, err := r.c.Nodes().Get("", name)
	require.NoError(r.t, err)
	if c := n.Status.Condition(of); c != nil {
		return c.Status
	}
	return ""
}

// uidsOn returns the uids of the pods on a node.
func (r *rig) uidsOn(name string) []string {
	return uids(r.c.Pods().List(store.Filter{Node: name}))
}

// A cut that nobody notices changes nothing.
func TestNodeCutForShort(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		before := r.uidsOn("node-1")
		require.Len(t, before, 2)
		r.machines.Node("node-1").SetFaults(fake.Faults{Cut: true})
		r.pass(29 * time.Second)
		require.Equal(t, pod.True, r.condition("node-1", node.Ready))
		r.machines.Node("node-1").SetFaults(fake.Faults{})
		r.pass(time.Minute)
		r.healthy(rc, 6)
		require.Equal(t, before, r.uidsOn("node-1"))
		require.NotContains(t, r.reasons("Node", "node-1"), "NodeNotReady")
	})
}

// A node that is silent for longer than Node.Grace gets no more pods and keeps those it has.
func TestNodeCutForLongerThanGrace(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		before := r.uidsOn("node-1")
		r.machines.Node("node-1").SetFaults(fake.Faults{Cut: true})
		r.pass(time.Minute)
		require.Equal(t, pod.Unknown, r.condition("node-1", node.Ready))
		require.Equal(t, pod.False, r.condition("node-1", node.Reachable))

		more := webController("more", 4)
		r.apply(more)
		r.pass(time.Second)
		r.healthy2(6 + 4)
		require.Equal(t, before, r.uidsOn("node-1"), "no new pods")

		r.machines.Node("node-1").SetFaults(fake.Faults{})
		r.pass(time.Minute)
		require.Equal(t, pod.True, r.condition("node-1", node.Ready))
		require.Equal(t, before, r.uidsOn("node-1"), "the same pods as before")
		require.Zero(t, r.pod(r.c.Pods().List(store.Filter{Node: "node-1"})[0].Name).Status.ContainerStatuses[0].RestartCount)
	})
}

// healthy2 requires that n containers are alive, each once.
func (r *rig) healthy2(n int) {
	r.t.Helper()
	require.NoError(r.t, r.machines.Check())
	require.Len(r.t, r.machines.Live(), n)
}

// A node that is silent for longer than Node.LostAfter loses its pods to others.
// When it is back, what still runs there is stopped.
func TestNodeCutForLongerThanLost(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		lost := r.uidsOn("node-1")
		r.machines.Node("node-1").SetFaults(fake.Faults{Cut: true})
		r.pass(5*time.Minute - 2*time.Second)
		r.healthy(rc, 6)
		r.pass(12 * time.Second)
		r.healthy2(8) // the two that nobody can stop, and two replacements
		for _, p := range r.c.Pods().List(store.Filter{Node: "node-1"}) {
			require.Equal(t, pod.Failed, p.Status.Phase)
			require.Equal(t, "NodeLost", p.Status.Reason)
		}
		r.machines.Node("node-1").SetFaults(fake.Faults{})
		r.pass(time.Minute)
		r.healthy(rc, 6)
		require.Subset(t, lost, r.uidsOn("node-1"), "it gets no pods back")
	})
}

// A machine that loses its power has nothing afterwards; its pods restart on it.
func TestMachineLosesPower(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 3)
		r.apply(rc)
		r.pass(time.Second)
		before := r.uidsOn("node-1")
		r.machines.Node("node-1").SetFaults(fake.Faults{Down: true})
		r.pass(20 * time.Second)
		r.machines.Node("node-1").SetFaults(fake.Faults{})
		r.pass(time.Minute)
		r.healthy(rc, 3)
		require.Equal(t, before, r.uidsOn("node-1"))
		p := r.c.Pods().List(store.Filter{Node: "node-1"})[0]
		require.Equal(t, 1, p.Status.ContainerStatuses[0].RestartCount)
		require.Equal(t, "ContainerStatusUnknown", p.Status.ContainerStatuses[0].LastState.Terminated.Reason)
	})
}

// A node that is deleted is drained first: its pods end in peace, and others take their place.
func TestNodeDeletionDrains(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{StopDelay: 10 * time.Second}}}})
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{}))
		r.pass(5 * time.Second)
		n, err := r.c.Nodes().Get("", "node-1")
		require.NoError(t, err, "it is there as long as its pods are")
		require.Equal(t, node.Terminated, n.Status.Phase)
		r.healthy2(8)
		r.pass(10 * time.Second)
		_, err = r.c.Nodes().Get("", "node-1")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		r.healthy(rc, 6)
		require.Empty(t, r.machines.Node("node-1").Live())
		require.Empty(t, r.machines.Node("node-1").Pods(), "nothing is left behind")
	})
}

// A node that is deleted by force is gone at once, and its pods with it. If a
// node of that name comes again, what still runs on it is stopped.
func TestNodeDeletedAndCreatedAgain(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		old := r.uidsOn("node-1")
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{Force: true}))
		r.pass(time.Second)
		require.Empty(t, r.uidsOn("node-1"))
		r.healthy2(8)
		require.Equal(t, old, r.machines.Node("node-1").Pods())

		_, err := r.c.Nodes().Create(r.ctx(), nodeNamed("node-1"))
		require.NoError(t, err)
		r.pass(time.Minute)
		r.healthy(rc, 6)
		require.Equal(t, pod.True, r.condition("node-1", node.Ready))
		require.Empty(t, r.machines.Node("node-1").Pods(), "leftovers are removed")

		more := webController("more", 3)
		r.apply(more)
		r.pass(time.Second)
		require.Len(t, r.machines.Node("node-1").Live(), 3, "it is used again, being the emptiest")
	})
}

// Deleted and created within one moment, the node is another, with the same machine.
func TestNodeReplacedInOneWrite(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 6)
		r.apply(rc)
		r.pass(time.Second)
		_, err := r.c.Do(r.ctx(),
			orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindNode, Name: "node-1", Options: orchestrator.DeleteOptions{Force: true}},
			orchestrator.Operation{Verb: orchestrator.Create, Object: nodeNamed("node-1")},
		)
		require.NoError(t, err)
		r.pass(time.Minute)
		r.healthy(rc, 6)
		require.Equal(t, pod.True, r.condition("node-1", node.Ready))
	})
}
