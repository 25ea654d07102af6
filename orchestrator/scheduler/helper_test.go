package scheduler_test

import (
	"strings"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// newPod returns a pod with one container, whose uid is its name.
func newPod(name string, with ...func(*pod.Pod)) *pod.Pod {
	p := &pod.Pod{}
	p.Name, p.Namespace, p.UID = name, "default", name
	p.Spec.Containers = []pod.Container{{Name: "app", Image: "app"}}
	for _, change := range with {
		change(p)
	}
	return p
}

// newNode returns a node that takes pods.
func newNode(name string, with ...func(*node.Node)) *node.Node {
	n := &node.Node{}
	n.Name = name
	n.Status.Phase = node.Running
	n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
	for _, change := range with {
		change(n)
	}
	return n
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

func requests(text string) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Containers[0].Resources.Requests = amounts(text) }
}

func capacity(text string) func(*node.Node) {
	return func(n *node.Node) { n.Status.Capacity = amounts(text) }
}

// port asks for a port of the node: "80", "80/UDP" or "10.0.0.1|80".
func ports(list ...pod.ContainerPort) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports, list...) }
}

func taints(list ...node.Taint) func(*node.Node) {
	return func(n *node.Node) { n.Spec.Taints = list }
}

func tolerations(list ...pod.Toleration) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Tolerations = list }
}

// clusterOf returns a cluster of these nodes.
func clusterOf(nodes ...*node.Node) *scheduler.Cluster {
	var c scheduler.Cluster
	for _, n := range nodes {
		c.SetNode(n)
	}
	return &c
}

// pick asks the default policy.
func pick(p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
	return new(scheduler.Policy).Pick(p, c)
}
