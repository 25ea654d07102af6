package orchtest

import (
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// anyGPU is a resource whose devices are told apart.
const anyGPU = "example.com/gpu"

// anyNode is the i'th node where a harness has none of its own: of eight in a
// row each is of another kind.
func anyNode(i int) *node.Node {
	kind := []struct{ zone, capacity string }{
		{"zone-a", "cpu=4,memory=8Gi,pods=9"},
		{"zone-b", "cpu=2,memory=16Gi,pods=5"},
		{"zone-a", "cpu=8,memory=8Gi,pods=9," + anyGPU + "=2"},
		{"", "cpu=1,memory=2Gi"},
		{"zone-b", "cpu=6,memory=4Gi,pods=7," + anyGPU + "=3"},
		{"zone-b", "cpu=3,memory=6Gi,pods=4"},
		{"zone-a", "cpu=2,memory=2Gi,pods=6," + anyGPU + "=1"},
		{"zone-b", "cpu=5,memory=1Gi,pods=8"},
	}[i%8]
	n := &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%03d", i), Labels: labels.Set{"disk": []string{"ssd", "hdd"}[i%2]}}}
	if kind.zone != "" {
		n.Labels[node.ZoneLabel] = kind.zone
	}
	n.Status.Phase = node.Running
	n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
	n.Status.Capacity = amounts(kind.capacity)
	if i%8 == 7 {
		n.Spec.Taints = []node.Taint{{Key: "old", Effect: pod.PreferNoSchedule}}
	}
	return n
}

// anyPod is the i'th pod where a harness has none of its own: of twelve in a row
// each is of another kind.
func anyPod(i int) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{
		Namespace: labels.DefaultNamespace, Name: fmt.Sprintf("pod-%d", i), UID: fmt.Sprintf("pod-%d", i),
		Labels: labels.Set{"app": fmt.Sprint("app-", i%12)},
	}}
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "main:1"}}
	c := &p.Spec.Containers[0]
	c.Resources.Requests = amounts([]string{
		"cpu=500m,memory=256Mi", "", "cpu=1,memory=1Gi", "cpu=100m," + anyGPU + "=1", anyGPU + "=400m", "cpu=1," + anyGPU + "=2",
		"cpu=250m,memory=1Gi", "cpu=500m,memory=256Mi", "cpu=100m", "cpu=100m", "cpu=200m", "memory=700Mi",
	}[i%12])
	same := &pod.LabelSelector{MatchLabels: p.Labels}
	switch i % 12 {
	case 2:
		p.Spec.NodeSelector = labels.Set{node.ZoneLabel: "zone-a"}
	case 6:
		c.Ports = []pod.ContainerPort{{ContainerPort: 80, HostPort: 8080, Protocol: pod.TCP}}
	case 8: // keeps those of case 7 away, which are of one shape with those of case 0
		other := &pod.LabelSelector{MatchLabels: map[string]string{"app": "app-7"}}
		p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{{Selector: other, TopologyKey: pod.HostnameLabel}}}}
	case 9:
		p.Spec.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{Required: []pod.PodTerm{{Selector: same, TopologyKey: node.ZoneLabel}}}}
	case 10:
		p.Spec.TopologySpreadConstraints = []pod.TopologySpread{{MaxSkew: 1, TopologyKey: node.ZoneLabel, WhenUnsatisfiable: pod.DoNotSchedule, Selector: same}}
	case 11:
		p.Annotations = map[string]string{"example.com/kind": "light"}
		p.Spec.Affinity = &pod.Affinity{NodeAffinity: &pod.NodeAffinity{Preferred: []pod.PreferredNodes{{
			Weight: 10, Preference: pod.NodeTerm{Expressions: []pod.Expression{{Key: "disk", Operator: pod.In, Values: []string{"ssd"}}}},
		}}}}
	}
	return p
}

// amounts reads "cpu=250m,memory=64Mi".
func amounts(text string) pod.Resources {
	list := pod.Resources{}
	for part := range strings.SplitSeq(text, ",") {
		if name, amount, ok := strings.Cut(part, "="); ok {
			list[pod.ResourceName(name)] = pod.MustParseQuantity(amount)
		}
	}
	return list
}
