package node_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// A node with three pods of one controller, of which one may be down.
func ExampleDrain() {
	n := machine()
	n.RequestDrain(node.DrainRequest{Limit: 1})
	pods := []*pod.Pod{newOwned("web-1", "web", "node-1", true), newOwned("web-2", "web", "node-1", true), newOwned("web-3", "web", "node-1", true)}
	down := 0
	r, _, _ := n.DrainRequest()
	show := func(d node.Drained) { fmt.Println(len(d.Evict), d.Waiting, d.Left) }
	show(node.Drain(pods, func(string) (int, bool) { return down, true }, r))

	// It is being deleted, and its replacement is not ready yet.
	pods[0].DeletionTimestamp, down = time.Now(), 1
	show(node.Drain(pods, func(string) (int, bool) { return down, true }, r))
	// Output:
	// 1 2 3
	// 0 2 3
}

func ExampleNode_RequestDrain() {
	n := machine()
	n.RequestDrain(node.DrainRequest{Limit: 2, Force: true})
	fmt.Println(labels.Set(n.Annotations), n.Refusal())
	// Output: coracle.dev/drain=2,coracle.dev/drain-force=true cordoned
}

func ExampleNode_DrainRequest() {
	n := machine()
	n.Annotations = map[string]string{node.DrainAnnotation: "all"}
	_, asked, err := n.DrainRequest()
	fmt.Println(asked, err)
	// Output: true metadata.annotations[coracle.dev/drain]: "all": must be a whole number of at least 1: how many pods of one controller may be down
}

func ExampleNode_CancelDrain() {
	n := machine()
	n.RequestDrain(node.DrainRequest{Limit: 1})
	n.CancelDrain()
	_, asked, _ := n.DrainRequest()
	fmt.Println(asked, n.Spec.Unschedulable)
	// Output: false true
}

// A pod that tolerates a taint for a minute.
func ExampleNode_Evicts() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	n := machine()
	n.Spec.Taints = []node.Taint{{Key: "maintenance", Effect: pod.NoExecute}}
	n.StampTaints(nil, now)
	p := &pod.Pod{Status: pod.Status{StartTime: now.Add(-time.Hour)}}
	p.Spec.Tolerations = []pod.Toleration{{Key: "maintenance", Operator: pod.TolerationExists, TolerationSeconds: new(int64(60))}}
	at, evict := n.Evicts(p, now.Add(10*time.Second))
	fmt.Println(at.Sub(now), evict)
	_, evict = n.Evicts(&pod.Pod{}, now)
	fmt.Println(evict)
	// Output:
	// 1m0s true
	// true
}

func ExampleNode_StampTaints() {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	n := machine()
	n.Spec.Taints = []node.Taint{{Key: "maintenance", Effect: pod.NoExecute}}
	fmt.Println(n.StampTaints(nil, now), n.Spec.Taints[0].TimeAdded.Format(time.TimeOnly))
	fmt.Println(n.StampTaints(n, now.Add(time.Minute)), n.Spec.Taints[0].TimeAdded.Format(time.TimeOnly))
	// Output:
	// true 12:00:00
	// false 12:00:00
}
