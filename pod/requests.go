package pod

// Requests returns what a node must have free for the pod: for each resource
// the sum over the containers, or what one init container asks for where that
// is more, since they run before and one at a time. A request that is not
// stated is the limit. The result is the caller's; nil where nothing is asked for.
//
// The number of pods ([Pods]) is not among them: count it where you count pods.
func (p *Pod) Requests() Resources {
	total := Resources(nil)
	for i := range p.Spec.Containers {
		p.Spec.Containers[i].Resources.each(func(name ResourceName, q Quantity) {
			if total == nil {
				total = make(Resources, 4)
			}
			total[name] = total[name].Add(q)
		})
	}
	for i := range p.Spec.InitContainers {
		p.Spec.InitContainers[i].Resources.each(func(name ResourceName, q Quantity) {
			if total == nil {
				total = make(Resources, 4)
			}
			if have, ok := total[name]; !ok || have.Cmp(q) < 0 {
				total[name] = q
			}
		})
	}
	return total
}

// Request returns what [Pod.Requests] has under name, without allocating.
func (p *Pod) Request(name ResourceName) Quantity {
	var total Quantity
	for i := range p.Spec.Containers {
		total = total.Add(p.Spec.Containers[i].Resources.Request(name))
	}
	for i := range p.Spec.InitContainers {
		if q := p.Spec.InitContainers[i].Resources.Request(name); total.Cmp(q) < 0 {
			total = q
		}
	}
	return total
}

// Request returns the request of one resource: the limit where it is not stated.
func (r Requirements) Request(name ResourceName) Quantity {
	if q, ok := r.Requests[name]; ok {
		return q
	}
	return r.Limits[name]
}

// each calls fn for every resource that is requested or limited, in no order.
func (r Requirements) each(fn func(ResourceName, Quantity)) {
	for name, q := range r.Requests {
		fn(name, q)
	}
	for name, q := range r.Limits {
		if _, ok := r.Requests[name]; !ok {
			fn(name, q)
		}
	}
}

// HostPorts returns the ports of the node that the pod's containers take; nil where there are none.
func (p *Pod) HostPorts() []ContainerPort {
	var ports []ContainerPort
	for i := range p.Spec.Containers {
		for _, port := range p.Spec.Containers[i].Ports {
			if port.HostPort != 0 {
				ports = append(ports, port)
			}
		}
	}
	return ports
}

// Conflicts reports whether both ports want the same port of a node: the same
// number and protocol, on the same address, or on all of them (no HostIP, 0.0.0.0 or ::).
func (a ContainerPort) Conflicts(b ContainerPort) bool {
	if a.HostPort == 0 || a.HostPort != b.HostPort || a.Protocol.orTCP() != b.Protocol.orTCP() {
		return false
	}
	return a.HostIP == b.HostIP || everyAddress(a.HostIP) || everyAddress(b.HostIP)
}

// everyAddress reports whether ip stands for all addresses of a node.
func everyAddress(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }

// orTCP returns the protocol, TCP where it is not stated.
func (p Protocol) orTCP() Protocol {
	if p == "" {
		return TCP
	}
	return p
}
