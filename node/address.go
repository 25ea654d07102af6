package node

// dialOrder lists the types of addresses from the one that most likely works from
// inside the cluster to the one that least likely does.
var dialOrder = [...]AddressType{InternalIP, InternalDNS, ExternalIP, ExternalDNS, DynamicIP, Hostname}

// Address returns the address at which to reach the node: the first of the type
// InternalIP, InternalDNS, ExternalIP, ExternalDNS, DynamicIP or Hostname, in that
// order. A node without any is not of a cloud: its name is its address.
func (n *Node) Address() string {
	for _, of := range dialOrder {
		for _, a := range n.Status.Addresses {
			if a.Type == of && a.Address != "" {
				return a.Address
			}
		}
	}
	return n.Name
}
