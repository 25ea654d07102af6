// Package scheduler chooses a node for each pod that has none.
//
// A Scheduler is asked with a pod and the Cluster, and answers with a Decision:
// the node, or why there is none.
//
//	type Scheduler interface {
//		Pick(p *pod.Pod, c *Cluster) Decision
//	}
//
// # Policies
//
// Most schedulers are a Policy: filters that refuse nodes, and scorers that
// rank those which are left. The zero Policy is the default. A node fits where
// every filter says so:
//
//	Ready         it takes pods at all: it is running, ready, not cordoned, … (node.Node's Refusal)
//	NodeSelector  it has the labels of the pod's node selector
//	NodeAffinity  it meets one of the terms that the pod's node affinity requires
//	Taints        the pod tolerates its taints, but for those of PreferNoSchedule
//	HostPorts     no pod on it has one of the pod's host ports
//	Resources     it has room for one more pod and for what that requests, in one piece each
//	Company       the pods around it are as the affinities of both to each other require,
//	              and as the pod's TopologySpreadConstraints do
//
// VolumeZones is one more, for clouds whose disks can be attached in one zone only.
//
// Of those that fit, the one with the highest score wins, and of equals the
// first by name:
//
//	LeastAllocated   how much of its cpu and memory is left once the pod is there
//	TaintPreference  weight 3: it has no PreferNoSchedule taint that the pod does not tolerate
//	NodePreference, CompanyPreference
//	                 weight 2 each: it is what the pod's affinities and spreading prefer
//
// Spread, Pack, Balance and Random are other policies that are ready to use.
//
// A policy of one's own adds to these, or replaces them. A Filter or a Scorer is
// one function of a Request (the pod, and what it Wants) and a Candidate (the
// node, the Room it has, what is Used of it and what is Free):
//
//	policy := &scheduler.Policy{
//		Filters: append(scheduler.DefaultFilters(), sameRack),
//		Scorers: append(scheduler.DefaultScorers(), scheduler.Scorer{Name: "Cheap", Weight: 2, Score: cheap}),
//	}
//
// Anything else is a whole Scheduler. It walks Cluster.Nodes, may ask a policy
// with Policy.Fits, and explains itself with Decision.Refuse. The suite
// orchtest.Scheduler tells whether it keeps the promises of the interface; a policy of
// filters and scorers of one's own is held to them as well: that they can be repeated,
// and that their Keys name all that they go by.
//
// # In a test
//
// A Cluster may be made by hand. A node takes pods once it is Running and Ready, which
// is what an engine makes of it when its runtime answers; and pods are told apart by
// their UID, which an engine gives them:
//
//	n := &node.Node{Meta: labels.Meta{Name: "a", Labels: labels.Set{"rack": "r1"}}}
//	n.Status.Phase = node.Running
//	n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
//	var c scheduler.Cluster
//	c.SetNode(n)
//	d := policy.Pick(p, &c)
//	err := c.Accept(p, d) // the next Pick sees p there
//
// # Room
//
// What a node lists as allocatable, or as its capacity, is what pods may request
// of it. What it does not list is not limited, so that a node without any
// capacity takes every pod; but a resource whose name has a prefix, such as
// example.com/gpu, is only where it is listed. A pod requests what its
// containers do (see pod.Pod's Requests), whatever it uses.
//
// # Devices
//
// A node that lists 4 of example.com/gpu has four devices, numbered from 0. A pod
// wants so many of them for itself, and a share of one more (see pod.Devices and
// Demand): 2 are two devices, and 500m is half of one. A share fits only where one
// device has enough left, and a whole device only where it is entirely free.
//
// A Decision says which devices the pod gets: for whole ones the first that are
// free, and for a share the one that BestFit chooses, or Policy.Share. They are
// recorded in the pod's status, so that they are the same after a restart. Filters
// and scorers read Request.Demands and Candidate.Devices.
//
// A Policy never takes a node that does not have the devices left, whatever its filters are
// (see Policy.Filters). Another Scheduler must not either: Cluster.Accept refuses devices
// that are not there.
//
// # Refusals
//
// A pod that fits nowhere waits, and Decision.Message counts the nodes by reason,
// each node for the first filter that refuses it:
//
//	0 of 3 nodes fit: 2 cordoned, 1 has 100m cpu left, wants 250m
//
// # Cost
//
// A Policy remembers with the Cluster how it ranked the nodes for a pod. For the
// next pod that was made alike only those are asked about that have changed
// since: a Pick costs what changed, and the height of a tree of all nodes. It
// still finds the very best node, the one that asking about all of them finds.
// Pods are alike to the filters and scorers of this package if they request the
// same and have the same node selector, tolerations and host ports; Filter.Key
// says what else counts for one of your own. A shape of pod that comes for the
// first time costs a walk over all nodes.
//
// Filters and scorers that look at each pod for itself (Policy.Individual) are asked
// about every node, or about as many as the Policy's Sample says.
//
// Most of what is left is waiting for memory. Where many pods are to be placed,
// Cluster.PlaceAll has that of some pods come at once.
//
// The memory for the ranks is bounded: some 9 bytes for each node and shape, 64 MiB in all.
//
// The Cluster counts as things change: a change costs the same in a cluster of
// any size, but for a new node, which is put in its place by name.
//
// # Concurrency
//
// Nothing here starts a goroutine, takes a lock, reads a clock or draws a random
// number. A Cluster belongs to one goroutine at a time, also for Pick, which
// keeps with it what it finds out. A Policy may be shared.
package scheduler
