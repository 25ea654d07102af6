package scheduler_test

import (
	"strings"

	"github.com/coracle-dev/coracle/labels"
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

func requests(text string) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Containers[0].Resources.Requests = amounts(text) }
}

func selector(set labels.Set) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.NodeSelector = set }
}

func tolerations(list ...pod.Toleration) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Tolerations = list }
}

func ports(list ...pod.ContainerPort) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Containers[0].Ports = list }
}

// port is a port of the node; an empty address is every address.
func port(address string, number int, protocol pod.Protocol) pod.ContainerPort {
	return pod.ContainerPort{ContainerPort: 80, HostPort: number, HostIP: address, Protocol: protocol}
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

func capacity(text string) func(*node.Node) {
	return func(n *node.Node) { n.Status.Capacity = amounts(text) }
}

func labelled(set labels.Set) func(*node.Node) {
	return func(n *node.Node) { n.Labels = set }
}

func taints(list ...node.Taint) func(*node.Node) {
	return func(n *node.Node) { n.Spec.Taints = list }
}

func cordoned(n *node.Node) { n.Spec.Unschedulable = true }

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

// refusal returns what one of the default filters says about a node, as a
// message counts it; "" where it takes the pod.
func refusal(filter string, p *pod.Pod, n *scheduler.Candidate) string {
	for _, f := range scheduler.DefaultFilters() {
		if f.Name == filter {
			if why := f.Fits(scheduler.NewRequest(p), n); !why.IsZero() {
				return scheduler.Refusal{Reason: why, Nodes: 1}.String()
			}
			return ""
		}
	}
	panic("no filter " + filter)
}
