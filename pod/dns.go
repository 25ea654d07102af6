package pod

// DNSPolicy says which name servers the containers of a pod ask.
type DNSPolicy string

// The policies of core/v1.
const (
	// DNSClusterFirst: the cluster's, where it has any, otherwise the node's. With
	// HostNetwork it is the node's.
	DNSClusterFirst DNSPolicy = "ClusterFirst"
	// DNSClusterFirstWithHostNet: as ClusterFirst, with HostNetwork too.
	DNSClusterFirstWithHostNet DNSPolicy = "ClusterFirstWithHostNet"
	// DNSDefault: those of the node.
	DNSDefault DNSPolicy = "Default"
	// DNSNone: only what the pod's DNSConfig says.
	DNSNone DNSPolicy = "None"
)

// DNSConfig adds to what follows from the pod's DNSPolicy.
type DNSConfig struct {
	Nameservers []string    `json:"nameservers,omitempty"` // addresses
	Searches    []string    `json:"searches,omitempty"`    // domains that short names are looked up in
	Options     []DNSOption `json:"options,omitempty"`
}

// DNSOption is an option of the resolver, such as ndots:2.
type DNSOption struct {
	Name  string  `json:"name"`
	Value *string `json:"value,omitempty"`
}

// String reads as it does in resolv.conf: name:value, or the name alone.
func (o DNSOption) String() string {
	if o.Value == nil {
		return o.Name
	}
	return o.Name + ":" + *o.Value
}

// orClusterFirst returns the policy, ClusterFirst where it is not stated.
func (d DNSPolicy) orClusterFirst() DNSPolicy {
	if d == "" {
		return DNSClusterFirst
	}
	return d
}
