// Package node says what a node is: a machine, or a part of one, that runs
// pods. It decides how a node is, what happens to its pods when it is not well,
// and how the nodes follow a cloud's list of machines.
//
// The types have the fields and the JSON of Kubernetes' core/v1, as far as
// Coracle carries them, and a phase, which Kubernetes no longer uses. Everything
// here is a value or a function of its arguments. Nothing reads a clock or does
// I/O: the caller asks the machines, and says what they answered and what time it is.
//
//	d := node.Decide(n, seen, rules, now)       // how is the node?
//	n.Status = d.Status                         // write it down, if d.Changed
//	zones.Set(n.Name, d.Standing, now)          // its zone is to know
//	for _, name := range zones.Evict(rules, now).Nodes {
//		giveUp(name)                            // the pods are Failed, and recreated elsewhere
//	}
//
// # Life
//
// A node is Pending when it is registered, Running once it has been checked, and
// Terminated when its deletion was asked for. It may skip Running and never goes
// back: [Phase.CanBecome] says what is legal, [Status.Become] does it, and
// [Status.ValidateUpdate] refuses the rest. [Decide] takes it through:
//
//	Pending       → Running      its runtime answers, it is healthy and valid
//	any           → Terminated   its deletion was asked for
//	Terminated    gone           no pods are left, or nobody can tell
//
// A node is healthy if its runtime answers without an error, and its health
// endpoint, if it has one ([HealthURLAnnotation]), with 200. It is valid if
// [Node.Fault] finds nothing, and its address can be resolved. What is not
// valid is kept and looked at again: nothing has to be registered twice.
//
// # Conditions
//
// Each phase has its own. They say how the node is, why, and since when:
//
//	phase     condition   True             False                Unknown
//	Pending   Checked                      invalid, unhealthy   silent
//	Running   Reachable   it answers       silent
//	Running   Ready       it takes pods    invalid, unhealthy   silent
//
// A node that was not heard for the grace (40 s) is silent; until then it is what
// it was. Bad health counts from the first check that finds it. A Running node that
// is not Ready gets no new pods and keeps those that it has. It is Ready again with the
// first answer, and nothing was restarted.
//
// A condition is written when it changes, and not because it was looked at:
// LastHeartbeatTime is of that moment too. So nodes that are well cost no writes.
// [Status.SetCondition] keeps the time of the last transition right.
//
// # Giving up
//
// A node that was silent or unhealthy for LostAfter (5 min) is lost: its pods are
// to be given up, so that their controllers make them again elsewhere. One that
// is invalid is not: its pods run. The time counts from when the node was last
// well, and at the earliest from when the watching began, so that a restart of
// the orchestrator loses nothing.
//
// [Zones] says when. Most outages are of the network, and moving everything that
// cannot be seen takes down what can. So each zone gives up a node every 10 s;
// none, or in a zone of more than 50 one every 100 s, while 55 % of it are not
// ready; and nobody gives up anything while no node is ready at all. When one is
// again, all get their time anew. These rules and figures are Kubernetes';
// [Rules] changes the figures. A cluster of one node never gives it up.
//
// # Which pods it takes
//
//	n.Schedulable()              Running, Ready, not cordoned, drained or being deleted;
//	n.Refusal()                  otherwise, in a word, why not
//	n.Untolerated(tolerations)   the first taint that keeps such a pod away
//	n.Evicts(p, now)             whether a taint drives a pod out, and when
//	want.Fits(n.Free(used))      whether there is room
//
// A taint of effect NoSchedule or NoExecute keeps away pods that do not tolerate
// it; PreferNoSchedule does not. NoExecute also drives out those that are there:
// at once, or when their tolerationSeconds are over, which count from when the
// taint was added ([Node.StampTaints]) or the pod came, whichever was later.
//
//	toleration                   covers the taints with
//	key k, Exists                key k
//	key k, Equal, value v        key k and value v
//	no key, Exists               any key
//	effect e                     … and effect e only
//
// # Draining
//
// [Node.RequestDrain] cordons a node and writes into its annotations that its
// pods are to go, and how many of one controller may be down meanwhile. [Drain]
// returns which of them go now; asked again and again it empties the node, one
// step whenever replacements have become ready. All there is to know is in the node
// and its pods: a drain goes on after a restart.
//
//	annotation                 value
//	coracle.dev/drain          how many pods of one controller may be down, from 1
//	coracle.dev/drain-force    true: delete pods that no controller makes again
//
// # Room
//
// [Node.Allocatable] is what pods may have: what the status lists under that
// name, and the capacity for the rest. What is reserved is the difference.
// [Node.Free] takes away what pods use. A plain resource (cpu, memory) that the
// node does not list is not limited; one with a prefix (example.com/gpu) that it
// does not list is not there.
//
// # Addresses
//
//	InternalIP, ExternalIP      an IPv4 or IPv6 address of one machine
//	DynamicIP                   the same; it is another one when the machine has been stopped
//	InternalDNS, ExternalDNS    a DNS name
//	Hostname                    a DNS name or an IP address
//
// DynamicIP is our own; the others are core/v1's. [Node.Address] is the one to
// dial: the first in the order InternalIP, InternalDNS, ExternalIP, ExternalDNS,
// DynamicIP, Hostname. Without a cloud a node may have none; then its name is its
// address. Addresses may change any time, and it is the same node.
//
// # Clouds
//
// An [Instance] is a machine as a cloud lists it. [Sync] compares the list with the
// nodes, and returns what to create, update and delete. It marks the nodes that it
// makes, and deletes no others. Lists err: an instance that cannot be right is
// reported, and its node kept as it is; a list that is empty, or lacks more than
// a fifth of the nodes, deletes nothing unless the next one lacks the same.
//
// # Checks
//
// [Node.Default], [Node.Validate] and [Node.ValidateUpdate] are what those of a
// pod are: validation returns a [labels.FieldErrors] with everything that is
// wrong, each with its path and value. [Node.Copy] shares nothing with its original.
//
// # Concurrency
//
// Nothing here is locked. Any number of goroutines may read one node; who
// changes it, or calls a method of a Zones, must be alone with it.
package node
