package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// What a runtime tells of a pod becomes an event of it, once, however often it
// is listed; of pods that are not its own it can tell nothing.
func TestReportedEvents(t *testing.T) {
	running(t, orchestrator.Config{Machines: []*node.Node{nodeNamed("node-0"), nodeNamed("node-1")}}, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.Spec.NodeName = "node-0"
		r.apply(p)
		r.pass(time.Second)
		uid := r.pod("web").UID
		tell := func(node, uid, message string) {
			r.machines.Node(node).Tell(orchestrator.PodEvent{UID: uid, Type: labels.Normal, Reason: "Pulling", Message: message})
		}
		tell("node-0", uid, "10 of 80 MiB")
		tell("node-0", uid, "40 of 80 MiB")
		tell("node-0", "unknown", "of nobody")
		tell("node-1", uid, "of somebody else's")
		r.pass(time.Minute)
		var told []string
		for _, e := range r.c.Events(orchestrator.EventFilter{}) {
			if e.Reason == "Pulling" {
				require.Equal(t, 1, e.Count)
				require.Equal(t, "web", e.InvolvedObject.Name)
				told = append(told, e.Message)
			}
		}
		require.ElementsMatch(t, []string{"10 of 80 MiB", "40 of 80 MiB"}, told)
	})
}

// A node whose disk is full gets no new pods until it has room again.
func TestReportedDiskPressure(t *testing.T) {
	running(t, orchestrator.Config{Machines: []*node.Node{nodeNamed("node-0")}}, func(t *testing.T, r *rig) {
		disk := func(status pod.ConditionStatus, reason string) node.Condition {
			return node.Condition{Type: node.DiskPressure, Status: status, Reason: reason, Message: "2% is free"}
		}
		machine := r.machines.Node("node-0")
		machine.SetConditions(disk(pod.True, "Full"), node.Condition{Type: node.Ready, Status: pod.False, Reason: "NotTheRuntimes"})
		r.pass(time.Second)
		n, err := r.c.Nodes().Get("", "node-0")
		require.NoError(t, err)
		require.True(t, n.Status.Is(node.Ready))
		require.True(t, n.Status.Is(node.DiskPressure))
		require.Equal(t, []string{"2% is free"}, r.events("NodeHasDiskPressure"))

		r.apply(webPod("web"))
		r.pass(time.Minute)
		require.Empty(t, r.pod("web").Spec.NodeName)
		require.Contains(t, r.pod("web").Status.Condition(pod.PodScheduled).Message, "disk pressure")

		machine.SetFaults(fake.Faults{Hang: true}) // what is on record holds while nothing is heard
		r.pass(time.Minute)
		n, err = r.c.Nodes().Get("", "node-0")
		require.NoError(t, err)
		require.True(t, n.Status.Is(node.DiskPressure))

		machine.SetFaults(fake.Faults{})
		machine.SetConditions()
		r.pass(time.Minute)
		require.Len(t, r.events("NodeHasNoDiskPressure"), 1)
		require.Equal(t, 1, len(r.c.Pods().List(store.Filter{Node: "node-0"})))
		require.Equal(t, pod.Running, r.pod("web").Status.Phase)
	})
}
