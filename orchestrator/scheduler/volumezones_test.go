package scheduler_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// zoneOf says where the disks of tests are.
func zoneOf(d volume.Disk) string {
	return map[string]string{"in-a": "a", "in-b": "b", "also-b": "b"}[d.ID]
}

func disks(ids ...string) func(*pod.Pod) {
	return func(p *pod.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, pod.Volume{Name: "scratch"})
		for i, id := range ids {
			v := pod.Volume{Name: fmt.Sprint("v", i)}
			if i%2 == 0 {
				v.GCEPersistentDisk = &pod.GCEPersistentDisk{PDName: id}
			} else {
				v.AWSElasticBlockStore = &pod.AWSElasticBlockStore{VolumeID: id}
			}
			p.Spec.Volumes = append(p.Spec.Volumes, v)
		}
	}
}

func TestVolumeZones(t *testing.T) {
	policy := &scheduler.Policy{Filters: append(scheduler.DefaultFilters(), scheduler.VolumeZones(zoneOf))}
	in := func(name, zone string) *node.Node { return newNode(name, labelled(labels.Set{node.ZoneLabel: zone})) }
	c := clusterOf(in("n-a", "a"), in("n-b", "b"), newNode("n-none"))
	for _, tt := range []struct {
		disks []string
		want  string
	}{
		{nil, "n-a"},
		{[]string{"anywhere"}, "n-a"},
		{[]string{"in-b"}, "n-b"},
		{[]string{"anywhere", "in-b", "also-b"}, "n-b"},
		{[]string{"in-a", "in-b"}, "0 of 3 nodes fit: 2 outside zone a, where disk in-a is, 1 outside zone b, where disk in-b is"},
	} {
		p := newPod("p", disks(tt.disks...))
		for range 3 { // also where the answer is remembered
			d := policy.Pick(p, c)
			require.Equal(t, tt.want, d.Node+d.Message())
		}
	}
	verdicts := policy.Explain(newPod("p", disks("in-b")), c)
	require.Equal(t, "VolumeZones", verdicts[1].Filter)
	require.Equal(t, "n-none: VolumeZones: outside zone b, where disk in-b is", verdicts[2].String())
}

func ExampleVolumeZones() {
	where := map[string]string{"orders": "eu-2"} // as the cloud says
	policy := &scheduler.Policy{Filters: append(scheduler.DefaultFilters(), scheduler.VolumeZones(func(d volume.Disk) string { return where[d.ID] }))}

	var cluster scheduler.Cluster
	cluster.SetNode(machine("a", "cpu=4", labels.Set{node.ZoneLabel: "eu-1"}))
	p := program("db", "cpu=1")
	p.Spec.Volumes = []pod.Volume{{Name: "data", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "orders"}}}
	fmt.Println(policy.Pick(p, &cluster).Message())
	cluster.SetNode(machine("b", "cpu=4", labels.Set{node.ZoneLabel: "eu-2"}))
	fmt.Println(policy.Pick(p, &cluster).Node)
	// Output:
	// 0 of 1 nodes fit: 1 outside zone eu-2, where disk orders is
	// b
}
