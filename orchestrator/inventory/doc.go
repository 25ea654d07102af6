// Package inventory is a cloud for those who have none: the machines are listed
// in a file, or in the files of a folder, and whoever edits them changes the
// cluster.
//
//	machines := &inventory.Cloud{Path: "/etc/myproduct/nodes.yaml"}
//
// # The file
//
// It is YAML or JSON, and holds core/v1 Nodes in any of the forms that package
// manifest reads: documents divided by ---, a List, the v1beta1 Minions of 2014.
//
//	apiVersion: v1
//	kind: Node
//	metadata:
//	  name: m1                                     # the machine, and its node
//	  labels:
//	    topology.kubernetes.io/zone: rack-7        # where it is
//	    topology.kubernetes.io/region: cellar
//	    node.kubernetes.io/instance-type: old-pc   # what it is
//	    disk: ssd                                  # any other label of the node
//	  annotations:
//	    coracle.dev/health-url: http://192.0.2.11:10248/healthz
//	spec:
//	  providerID: cellar://7
//	status:
//	  addresses: [{type: InternalIP, address: 192.0.2.11}]
//	  capacity: {cpu: 4, memory: 8Gi}
//
// Only the name is needed. Without addresses the name is the address; what the
// capacity does not say is not limited, and without any the runtime is asked.
//
// What is not the machine's but the node's is refused, rather than read and
// forgotten: taints, a cordon, other annotations, an allocatable that is not the
// capacity. Set it on the node; synchronisation leaves it alone. What a cluster
// reports of a node (phase, conditions, uid) is ignored.
//
// A folder's *.yaml, *.yml and *.json are one inventory, in the order of their
// names; its subfolders, and files that begin with a dot, are not looked at.
// Links are followed, so that a mounted ConfigMap works.
//
// # When something is wrong
//
// A file that can't be read in full (it is missing, half of it is there, it is no
// YAML, it names a machine twice, it holds something else than Nodes) makes
// Instances fail with everything that is wrong, each with file and line. Nothing
// of any file is then used, and so the last good list holds: to the orchestrator
// an error says that nothing is known, and it keeps every node as it is, reports
// the error and asks again. After a start of the host program there is no last
// list; until the file is in order no node comes or goes.
//
// A machine whose values make no sense (an address that is none, a negative
// capacity, a name that no node can have) is listed as it is. The orchestrator
// says what is wrong with it and goes on with the others.
//
// An empty file and an empty folder are errors, for they are more often an
// accident than a wish. No machines at all are written as
//
//	{apiVersion: v1, kind: List, items: []}
//
// # Changing it
//
// Best write another file beside it and rename it into place: then there never is
// half a file. What is written in place is read only once it was left alone for
// Cloud.Settle, so that an editor that saves in several writes does no harm. The
// files of a folder that change within that time change together.
//
// Instances looks at time, size and inode of each file and reads them all where
// any of that changed. It is called once in a while; to be quicker than that, Run
// looks every Cloud.Poll and hints at what it sees. The orchestrator runs it.
// A program that is told of changes otherwise, by a signal for instance, calls
// Cloud.Hint.
//
// # Limits
//
// A file may have 64 MiB. Keep it on a local disk: a network disk that hangs
// holds up the call that reads it, whatever its context says, and with it the
// synchronisation of nodes, though nothing else.
package inventory
