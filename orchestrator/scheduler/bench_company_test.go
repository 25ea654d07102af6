package scheduler_test

import (
	"fmt"
	"testing"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkPickAmong places the pods of one controller among 5,000 nodes, of which up to
// 400 are there at a time: "apart" with the policy that spreads them, and "away" where
// each says that it must not be on a node with another.
func BenchmarkPickAmong(b *testing.B) {
	const most = 400
	apart := newPod("p", requests("cpu=100m,memory=128Mi"))
	apart.Labels = labels.Set{"app": "x"}
	apart.OwnerReferences = []labels.OwnerReference{{UID: "u", Controller: true}}
	away := apart.Copy()
	away.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{
		Selector: &pod.LabelSelector{MatchLabels: apart.Labels}, TopologyKey: pod.HostnameLabel,
	}}}}
	for _, bench := range []struct {
		name   string
		policy *scheduler.Policy
		pod    *pod.Pod
	}{{"apart", scheduler.Spread(), apart}, {"away", &scheduler.Policy{}, away}} {
		b.Run(bench.name, func(b *testing.B) {
			c := benchmarkCluster(5000)
			for i := 0; b.Loop(); i++ {
				p := *bench.pod
				p.UID = fmt.Sprint("p", i%most)
				c.Displace(p.UID)
				c.Place(&p, bench.policy.Pick(&p, c).Node)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "placements/s")
		})
	}
}

// BenchmarkPickAmongTerms asks about a pod where so many pods are placed, each with another
// required anti-affinity, among 10,000 nodes: "plain" for a pod that none of them names and that
// asks for nothing; "own" for one made like one of them; "new" for one that is like no
// other, and is placed and goes again.
func BenchmarkPickAmongTerms(b *testing.B) {
	pods := func(i int) *pod.Pod {
		p := newPod(fmt.Sprint("p", i), requests("cpu=100m,memory=128Mi"))
		p.Labels = labels.Set{"app": fmt.Sprint("app-", i), "tier": []string{"front", "back"}[i%2]}
		p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{
			Selector: &pod.LabelSelector{MatchLabels: map[string]string{"app": p.Labels["app"]}}, TopologyKey: pod.HostnameLabel,
		}}}}
		return p
	}
	for _, terms := range []int{1, 1_000, 10_000} {
		c := benchmarkCluster(10_000)
		for i := range terms {
			p := pods(i)
			c.Place(p, fmt.Sprintf("node-%05d", i))
		}
		plain, own := pods(terms), pods(0)
		plain.Spec.Affinity, own.UID = nil, "own"
		for name, p := range map[string]*pod.Pod{"plain": plain, "own": own} {
			b.Run(fmt.Sprintf("terms=%d/%s", terms, name), func(b *testing.B) {
				policy := new(scheduler.Policy)
				for range 2 {
					policy.Pick(p, c)
				}
				b.ReportAllocs()
				for b.Loop() {
					policy.Pick(p, c)
				}
			})
		}
		b.Run(fmt.Sprintf("terms=%d/new", terms), func(b *testing.B) {
			policy := new(scheduler.Policy)
			for i := 0; b.Loop(); i++ {
				p := pods(i % terms)
				p.UID = "new"
				c.Place(p, policy.Pick(p, c).Node)
				c.Displace(p.UID)
			}
		})
	}
}
