package main

import (
	"fmt"
	"testing"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// The scheduler keeps what one promises. Of its nodes every eight in a row have one
// of each rack that its pods name.
func TestConformance(t *testing.T) {
	orchtest.Scheduler(t, orchtest.SchedulerHarness{
		New: func(*testing.T) scheduler.Scheduler { return oneRack },
		Node: func(i int) *node.Node {
			n := nodes(i + 1)[i]
			n.Labels["rack"] = fmt.Sprint("r", i%4)
			n.Status.Phase = node.Running
			n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
			n.Status.Capacity = pod.Resources{pod.Pods: pod.NewQuantity(5, pod.DecimalSI)}
			return n
		},
		Pod: func(i int) *pod.Pod {
			c := sleepers(1, []string{"r0", "r1", "r2", "r3", ""}[i%5])
			name := fmt.Sprint("sleeper-", i)
			return &pod.Pod{
				Meta: labels.Meta{Namespace: labels.DefaultNamespace, Name: name, UID: name, Labels: c.Spec.Template.Labels, Annotations: c.Spec.Template.Annotations},
				Spec: c.Spec.Template.Spec,
			}
		},
	})
}
