package node_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/node"
)

// Three nodes of one zone are lost; the other zone is well.
func ExampleZones() {
	var zones node.Zones
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"a1", "a2", "a3"} {
		zones.Set(name, node.Standing{Zone: node.Zone{Name: "a"}, Running: true, Since: now}, now)
		zones.Set("b"+name[1:], node.Standing{Zone: node.Zone{Name: "b"}, Running: true, Ready: true}, now)
	}
	for !now.IsZero() {
		e := zones.Evict(node.Rules{}, now)
		fmt.Println(now.Format(time.TimeOnly), e.Nodes)
		now = e.Wake
	}
	fmt.Println(zones.Evicted("a1"), zones.Evicted("b1"))
	// Output:
	// 12:00:00 []
	// 12:05:00 [a1]
	// 12:05:10 [a2]
	// 12:05:20 [a3]
	// true false
}

// Where more than half of a small zone is lost, nothing is given up.
func ExampleEviction() {
	var zones node.Zones
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for i := range 5 {
		s := node.Standing{Zone: node.Zone{Name: "a"}, Running: true, Ready: i == 0}
		if !s.Ready {
			s.Since = now
		}
		zones.Set(fmt.Sprint("node-", i), s, now)
	}
	e := zones.Evict(node.Rules{}, now.Add(time.Hour))
	fmt.Println(len(e.Nodes), e.Wake.IsZero(), e.Events[0].Message)
	e = zones.Evict(node.Rules{UnhealthyZone: 0.9}, now.Add(time.Hour))
	fmt.Println(e.Nodes)
	// Output:
	// 0 true 1 of 5 nodes are ready: none is given up
	// [node-1]
}

func ExampleZones_State() {
	var zones node.Zones
	a := node.Zone{Region: "eu", Name: "a"}
	zones.Set("node-1", node.Standing{Zone: a, Running: true}, time.Time{})
	running, ready := zones.Count(a)
	fmt.Println(a, zones.State(a, node.Rules{}) == node.ZoneDown, running, ready)
	// Output: eu/a true 1 0
}

func ExampleNode_Zone() {
	n := machine()
	n.Labels = map[string]string{node.RegionLabel: "eu", node.ZoneLabel: "eu-1"}
	fmt.Println(n.Zone())
	// Output: eu/eu-1
}

func ExampleZone_String() {
	fmt.Println(node.Zone{Name: "a"}, node.Zone{Region: "eu", Name: "a"})
	// Output: a eu/a
}
