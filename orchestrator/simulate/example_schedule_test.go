package simulate_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// An hour in which everything goes wrong, and in the end all is well.
func ExampleSchedule() {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}, Check: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Apply(replicas(3))
	const node = "left"
	schedule := simulate.Schedule{
		{At: 1 * time.Minute, Fault: simulate.Kill{Node: node, Pod: "web-*"}},
		{At: 2 * time.Minute, Fault: simulate.Slow{Node: node, By: time.Second, For: time.Minute}},
		{At: 3 * time.Minute, Fault: simulate.Hang{Node: node, For: time.Minute}},
		{At: 4 * time.Minute, Fault: simulate.Lies{Node: node, Lie: fake.Lie{Reverse: true}, For: time.Minute}},
		{At: 5 * time.Minute, Fault: simulate.Reports{Node: node, Lose: 3, Double: 2, Shuffle: time.Second, For: time.Minute}},
		{At: 6 * time.Minute, Fault: simulate.Partition{Nodes: []string{node}, For: time.Minute}},
		{At: 7 * time.Minute, Fault: simulate.CloudFails{For: time.Minute}},
		{At: 8 * time.Minute, Fault: simulate.BreakVolumes{Node: node, Pod: "db-*"}},
		{At: 9 * time.Minute, Fault: simulate.NodeDown{Node: node, For: time.Minute}},
	}
	fmt.Println(schedule)
	fmt.Println(c.Play(schedule, time.Hour))
	web, _ := c.View().Controllers().Get("default", "web")
	fmt.Println(web.Status.ReadyReplicas, "ready")
	// Output:
	// 1m0s: pods "web-*" on left are killed
	// 2m0s: left answers 1s late for 1m0s
	// 3m0s: left hangs for 1m0s
	// 4m0s: left lists what is not so for 1m0s
	// 5m0s: results of left: 1 of 3 lost, 1 of 2 doubled, all up to 1s late, for 1m0s
	// 6m0s: the network to left is cut for 1m0s
	// 7m0s: the cloud fails for 1m0s
	// 8m0s: the volumes of pods "db-*" on left break
	// 9m0s: left loses power for 1m0s
	// <nil>
	// 3 ready
}

// What of a schedule is to blame? Here: for a pod that was restarted.
func ExampleShrink() {
	restarted := func(s simulate.Schedule) bool {
		c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Machines: twoNodes()}})
		if err != nil {
			return false
		}
		c.Apply(replicas(3))
		c.Play(s, 8*time.Minute)
		for _, p := range c.View().Pods().List(store.Filter{}) {
			if p.Status.ContainerStatuses[0].RestartCount > 0 {
				return true
			}
		}
		return false
	}
	schedule := simulate.Schedule{
		{At: 1 * time.Minute, Fault: simulate.Slow{Node: "left", By: time.Second, For: time.Minute}},
		{At: 2 * time.Minute, Fault: simulate.Kill{Node: "right", Pod: "web-*"}},
		{At: 3 * time.Minute, Fault: simulate.Partition{Nodes: []string{"left"}, For: time.Minute}},
	}
	var one simulate.Incident
	for _, one = range simulate.Shrink(schedule, restarted) {
		fmt.Println(one)
	}
	// Output:
	// 2m0s: pods "web-*" on right are killed
}
