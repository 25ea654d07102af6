package scheduler

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Pods that come and go leave nothing behind, however often the cluster is forked.
func TestForkedClusterForgets(t *testing.T) {
	for _, every := range []int{1, 7, 1000, 1 << 20} {
		var c Cluster
		for i := range 10_000 {
			c.Place(&pod.Pod{Meta: named(i)}, "n")
			if i == 50 || i%every == 0 {
				c.Fork()
			}
			if i >= 50 {
				require.True(t, c.Displace(named(i-50).UID))
				require.Empty(t, c.Placed(named(i-50).UID))
			}
		}
		entries := 0
		for i := range len(c.placed.below) + 1 {
			entries += c.placed.layer(i).len
		}
		require.Less(t, entries, 1000, "for 50 pods, forked every %d", every)
	}
}

// What is known of the pods of a template is forgotten some time after they are gone.
func TestCrowdsForgetTemplates(t *testing.T) {
	var c Cluster
	c.Place(wary(-1), "n")
	for i := range 2 * maxTemplates {
		p := &pod.Pod{Meta: named(i), Spec: pod.Spec{Containers: []pod.Container{{}}}}
		c.Place(p, "n")
		c.Displace(p.UID)
		require.LessOrEqual(t, len(c.crowds.of), maxTemplates)
	}
}

// Pods that keep others away are never forgotten while they are there, however many
// there are, and whether on a node or on one to come; they are when they are gone.
func TestManyPodsKeepOthersAway(t *testing.T) {
	const many = maxCrowds + 50
	for _, later := range []bool{false, true} {
		var c Cluster
		if !later {
			c.SetNode(&node.Node{Meta: named("n")})
		}
		for i := range many {
			c.Place(wary(i), "n")
		}
		c.SetNode(&node.Node{Meta: named("n")})
		policy := Policy{Filters: []Filter{Company()}}
		for _, i := range []int{0, maxCrowds - 1, maxCrowds, many - 1} {
			p := wary(i)
			p.UID, p.Spec.Affinity = "another", nil
			require.Empty(t, policy.Pick(p, &c).Node)
			require.Empty(t, policy.Pick(p, c.Fork()).Node)
		}
		for i := range many {
			c.Displace(named(i).UID)
		}
		for i := many; len(c.crowds.list) > 1; i++ { // until they are shed
			require.Less(t, i, 4*many)
			c.Place(wary(i), "n")
			c.Displace(named(i).UID)
		}
	}
}

// wary returns a pod that keeps away from those with its label.
func wary(i int) *pod.Pod {
	p := &pod.Pod{Meta: named(i), Spec: pod.Spec{Containers: []pod.Container{{}}}}
	p.Labels = map[string]string{"app": p.UID}
	p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{
		Selector: &pod.LabelSelector{MatchLabels: p.Labels}, TopologyKey: pod.HostnameLabel,
	}}}}
	return p
}

// named returns the meta of an object with that name and uid.
func named(name any) labels.Meta {
	return labels.Meta{Name: fmt.Sprint(name), UID: fmt.Sprint(name)}
}
