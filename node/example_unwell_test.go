package node_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
)

// A node was silent for three minutes when the orchestrator died. An hour later
// another one goes on from there.
func ExampleNode_Unwell() {
	n := &node.Node{Meta: labels.Meta{Name: "node-1"}}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seen := node.Observation{Since: now, Heard: now, Passed: now}
	for range 4 {
		n.Status = node.Decide(n, seen, node.Rules{}, now).Status
		now = now.Add(time.Minute)
	}
	fmt.Println(n.Status.Condition(node.Ready).Status)

	now = now.Add(time.Hour)
	seen = node.Observation{Since: now}
	seen.Unwell, seen.Silent = n.Unwell(node.Rules{})
	for _, after := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		fmt.Println(after, node.Decide(n, seen, node.Rules{}, now.Add(after)).Lost != "")
	}
	// Output:
	// Unknown
	// 0s false
	// 1m0s false
	// 2m0s true
}
