package node_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/node"
)

func BenchmarkDecide(b *testing.B) {
	n, o, now := well()
	silent := *n
	silent.Status = node.Decide(n, o, node.Rules{}, now.Add(time.Minute)).Status
	for _, bench := range []struct {
		name string
		run  func()
	}{
		{"well", func() { node.Decide(n, o, node.Rules{}, now) }},
		{"falls silent", func() { node.Decide(n, o, node.Rules{}, now.Add(time.Minute)) }},
		{"silent", func() { node.Decide(&silent, o, node.Rules{}, now.Add(2*time.Minute)) }},
		{"NextCheck", func() { node.Rules{}.NextCheck(n.Name, now) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.run()
			}
		})
	}
}

// BenchmarkZones measures what a change costs in clusters of several sizes, a
// tenth of which is lost, in three zones.
func BenchmarkZones(b *testing.B) {
	for _, size := range []int{100, 5_000, 100_000} {
		z, names, standings := manyZones(size)
		b.Run(fmt.Sprint("same/", size), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				z.Set(names[i%size], standings[i%size], t0)
			}
		})
		b.Run(fmt.Sprint("turn/", size), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s := standings[i%size]
				s.Ready, s.Since = false, t0.Add(time.Duration(i))
				z.Set(names[i%size], s, t0)
				z.Set(names[i%size], standings[i%size], t0)
			}
		})
		b.Run(fmt.Sprint("evict/", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				z.Evict(node.Rules{}, t0)
			}
		})
	}
}

func manyZones(size int) (*node.Zones, []string, []node.Standing) {
	z := &node.Zones{}
	var names []string
	var standings []node.Standing
	for i := range size {
		s := node.Standing{Zone: node.Zone{Name: string(rune('a' + i%3))}, Running: true, Ready: i%10 > 0}
		if !s.Ready {
			s.Since = t0.Add(time.Duration(i) * time.Millisecond)
		}
		names, standings = append(names, fmt.Sprint("node-", i)), append(standings, s)
		z.Set(names[i], s, t0)
	}
	return z, names, standings
}

// BenchmarkOutage gives 5,000 lost nodes up at once.
func BenchmarkOutage(b *testing.B) {
	r := node.Rules{Rate: math.Inf(1), SlowRate: math.Inf(1), UnhealthyZone: 2}
	for b.Loop() {
		b.StopTimer()
		z, _, _ := manyZones(50_000)
		b.StartTimer()
		z.Evict(r, t0.Add(time.Hour))
	}
}

func BenchmarkSync(b *testing.B) {
	var nodes []*node.Node
	var instances []node.Instance
	for i := range 5000 {
		instances = append(instances, node.Instance{
			ID: fmt.Sprint("i-", i), Type: "big", Zone: "a", Capacity: amounts("cpu", "4", "memory", "8Gi"),
			Addresses: []node.Address{{Type: node.InternalIP, Address: fmt.Sprint("10.0.", i/250, ".", 1+i%250)}},
		})
	}
	r := node.SyncRules{Cloud: "test"}
	nodes = append(nodes, node.Sync(nil, instances, node.SyncState{}, r).Create...)
	b.ReportAllocs()
	for b.Loop() {
		node.Sync(nodes, instances, node.SyncState{}, r)
	}
}
