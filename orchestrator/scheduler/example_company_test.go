package scheduler_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// inZone returns a machine in a zone.
func inZone(c *scheduler.Cluster, name, zone string) {
	c.SetNode(machine(name, "cpu=4,memory=8Gi", labels.Set{node.ZoneLabel: zone}))
}

// No two pods of a database may be on one node.
func ExampleCompany() {
	var cluster scheduler.Cluster
	inZone(&cluster, "a", "east")
	inZone(&cluster, "b", "west")
	alone := &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{
		Selector:    &pod.LabelSelector{MatchLabels: map[string]string{"app": "db"}},
		TopologyKey: pod.HostnameLabel,
	}}}}
	policy := &scheduler.Policy{Filters: []scheduler.Filter{scheduler.Company()}}
	for i := range 3 {
		p := program(fmt.Sprint("db-", i), "cpu=1")
		p.Labels, p.Spec.Affinity = labels.Set{"app": "db"}, alone
		d := policy.Pick(p, &cluster)
		fmt.Printf("%s: %s\n", p.Name, d.Node+d.Message())
		cluster.Place(p, d.Node)
	}
	// Output:
	// db-0: a
	// db-1: b
	// db-2: 0 of 2 nodes fit: 2 near pods that it must be away from
}

// A cache would rather be where the web servers are.
func ExampleCompanyPreference() {
	var cluster scheduler.Cluster
	inZone(&cluster, "a", "east")
	inZone(&cluster, "b", "west")
	web := program("web", "cpu=2")
	web.Labels = labels.Set{"app": "web"}
	cluster.Place(web, "b")

	cache := program("cache", "cpu=1")
	cache.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Preferred: []pod.WeightedPodTerm{{Weight: 1, Term: pod.PodTerm{
		Selector:    &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		TopologyKey: node.ZoneLabel,
	}}}}}
	policy := &scheduler.Policy{Scorers: []scheduler.Scorer{scheduler.LeastAllocated(), scheduler.CompanyPreference()}}
	fmt.Println(policy.Pick(cache, &cluster).Node)
	// Output:
	// b
}

// Pods of one controller go to zones and nodes that have few of them.
func ExampleApart() {
	var cluster scheduler.Cluster
	inZone(&cluster, "a", "east")
	inZone(&cluster, "b", "east")
	inZone(&cluster, "c", "west")
	policy := &scheduler.Policy{Scorers: []scheduler.Scorer{scheduler.Apart()}}
	for i := range 4 {
		p := program(fmt.Sprint("web-", i), "cpu=1")
		p.OwnerReferences = []labels.OwnerReference{{Kind: "ReplicationController", Name: "web", UID: "1", Controller: true}}
		d := policy.Pick(p, &cluster)
		fmt.Println(p.Name, d.Node)
		cluster.Place(p, d.Node)
	}
	// Output:
	// web-0 a
	// web-1 c
	// web-2 b
	// web-3 c
}

// A pod that would rather be on a node with a fast disk.
func ExampleNodePreference() {
	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4", nil))
	cluster.SetNode(machine("b", "cpu=4", labels.Set{"disk": "ssd"}))
	p := program("db", "cpu=1")
	p.Spec.Affinity = &pod.Affinity{NodeAffinity: &pod.NodeAffinity{Preferred: []pod.PreferredNodes{{
		Weight:     1,
		Preference: pod.NodeTerm{Expressions: []pod.Expression{{Key: "disk", Operator: pod.In, Values: []string{"ssd"}}}},
	}}}}
	r := scheduler.NewRequest(p)
	for n := range cluster.Nodes() {
		fmt.Println(n.Node.Name, scheduler.NodePreference().Score(r, n))
	}
	// Output:
	// a 0
	// b 100
}
