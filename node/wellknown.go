package node

// The labels that say where and what a node is, as Kubernetes names them.
const (
	// ZoneLabel names the zone: the part of a region that fails as a whole.
	ZoneLabel = "topology.kubernetes.io/zone"
	// RegionLabel names the region: zones that are close to each other.
	RegionLabel = "topology.kubernetes.io/region"
	// TypeLabel names the cloud's type of machine.
	TypeLabel = "node.kubernetes.io/instance-type"
)

// The annotations of a node.
const (
	// HealthURLAnnotation is the URL of a health endpoint, http or https. The
	// node is healthy while a GET is answered with 200. Default: none is asked.
	HealthURLAnnotation = "coracle.dev/health-url"
	// CloudAnnotation names the cloud whose list the node is from. See [Sync].
	CloudAnnotation = "coracle.dev/cloud"
	// CloudLabelsAnnotation lists the keys of the labels that are from the
	// cloud, sorted and with commas between them. See [Sync].
	CloudLabelsAnnotation = "coracle.dev/cloud-labels"
	// DrainAnnotation asks for the node to be drained. Its value is how many
	// pods of one controller may be down at once. See [Drain].
	DrainAnnotation = "coracle.dev/drain"
	// DrainForceAnnotation, if "true", lets a drain delete pods that no
	// controller makes again. Default: false.
	DrainForceAnnotation = "coracle.dev/drain-force"
)

// Zone is where nodes fail together. The zero Zone is that of the nodes that name none.
type Zone struct {
	Region string // may be empty
	Name   string // may be empty
}

// String reads region/name, or name alone where there is no region; "" for the zero Zone.
func (z Zone) String() string {
	if z.Region == "" {
		return z.Name
	}
	return z.Region + "/" + z.Name
}

// Zone returns the zone of the node's labels.
func (n *Node) Zone() Zone { return Zone{Region: n.Labels[RegionLabel], Name: n.Labels[ZoneLabel]} }
