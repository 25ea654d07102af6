package scheduler

import "github.com/coracle-dev/coracle/pod"

var (
	defaultFilters = DefaultFilters()
	defaultScorers = DefaultScorers()
)

// DefaultFilters returns the filters of the zero Policy, in their order: Ready,
// NodeSelector, NodeAffinity, Taints, HostPorts, Resources and Company. The
// slice is the caller's.
func DefaultFilters() []Filter {
	return []Filter{
		{Name: "Ready", Fits: ready, kind: ofShape, own: ownReady},
		{Name: "NodeSelector", Fits: selected, kind: ofShape, idle: func(r *Request) bool { return len(r.labels) == 0 }},
		{Name: "NodeAffinity", Fits: wanted, kind: ofShape, idle: func(r *Request) bool { return !r.choosy }},
		{Name: "Taints", Fits: untainted, kind: ofShape, own: ownTaints},
		{Name: "HostPorts", Fits: portsFree, kind: ofShape, idle: func(r *Request) bool { return len(r.ports) == 0 }},
		{Name: "Resources", Fits: roomy, kind: ofShape, own: ownResources},
		Company(),
	}
}

// ready refuses nodes that take no pods at all, for the reason that
// node.Node's Refusal gives.
func ready(_ *Request, n *Candidate) Reason { return Reason{What: n.refusal} }

// selected refuses nodes that lack a label of the pod's node selector.
func selected(r *Request, n *Candidate) Reason {
	for i := range r.labels {
		want := &r.labels[i]
		if have, ok := n.Node.Labels[want.key]; !ok || have != want.value {
			return Reason{What: want.missing}
		}
	}
	return Reason{}
}

// untainted refuses nodes with a taint that the pod does not tolerate.
func untainted(r *Request, n *Candidate) Reason {
	for i := range n.repels {
		if taint := &n.repels[i]; !taint.Tolerated(r.Spec.Tolerations) {
			return Reason{What: taint.tainted}
		}
	}
	return Reason{}
}

// portsFree refuses nodes where another pod has one of the pod's host ports.
func portsFree(r *Request, n *Candidate) Reason {
	for i := range r.ports {
		want := &r.ports[i]
		for _, have := range n.ports {
			if want.conflicts(have) {
				return Reason{What: want.taken}
			}
		}
	}
	return Reason{}
}

// roomy refuses nodes that have less left than the pod requests, or not as it
// has to be: a share is of one device, and a whole device is nobody else's.
func roomy(r *Request, n *Candidate) Reason {
	if r.fitsInto(n) {
		return Reason{}
	}
	wants, free := &r.Wants, &n.Free
	switch {
	case wants.Pods > free.Pods:
		return r.short(pod.Pods, pod.NewQuantity(free.Pods, pod.DecimalSI))
	case wants.MilliCPU > free.MilliCPU:
		return r.short(pod.CPU, pod.NewMilliQuantity(free.MilliCPU, pod.DecimalSI))
	case wants.Memory > free.Memory:
		return r.short(pod.Memory, pod.NewQuantity(free.Memory, pod.BinarySI))
	case wants.Storage > free.Storage:
		return r.short(pod.EphemeralStorage, pod.NewQuantity(free.Storage, pod.BinarySI))
	}
	if want := wants.beyond(free); want != nil {
		return r.short(want.Name, pod.NewMilliQuantity(free.other(want.Name), pod.DecimalSI))
	}
	return Reason{What: n.lacks(r)}
}

// fitsInto reports whether a node has left what the pod requests.
func (r *Request) fitsInto(n *Candidate) bool {
	wants, free := &r.Wants, &n.Free
	return wants.Pods <= free.Pods && wants.MilliCPU <= free.MilliCPU && wants.Memory <= free.Memory && wants.Storage <= free.Storage &&
		(len(wants.Other) == 0 || wants.beyond(free) == nil) &&
		(len(r.demands) == 0 || n.lacks(r) == "")
}

// short returns the reason of a node that has too little of a resource left.
func (r *Request) short(resource pod.ResourceName, left pod.Quantity) Reason {
	if resource == pod.Pods {
		return Short(resource, left, pod.NewQuantity(r.Wants.Pods, pod.DecimalSI))
	}
	return Short(resource, left, r.exact[resource])
}
