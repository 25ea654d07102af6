// Package node says what a node is: a machine, or a part of one, that runs pods.
//
// The types have the fields and the JSON of Kubernetes' core/v1, as far as
// Coracle carries them, and a phase, which Kubernetes no longer uses. This
// package only describes and checks. It reads no clock and does no I/O.
//
// # Life
//
// A node is Pending when it is registered, Running once it has been checked, and
// Terminated when it leaves. It may skip Running and never goes back:
// [Phase.CanBecome] says what is legal, [Status.Become] does it, and
// [Status.ValidateUpdate] refuses the rest.
//
// A Running node has two conditions, which Become takes away when it terminates:
// Reachable (it answers at all) and Ready (it can run pods).
// [Status.SetCondition] keeps the time of the last transition right, and does not
// call a mere heartbeat a change.
//
// # Which pods it takes
//
//	n.Schedulable()              Running, Ready, not cordoned and not being deleted;
//	n.Refusal()                  otherwise, in a word, why not
//	n.Untolerated(tolerations)   the first taint that keeps such a pod away
//	want.Fits(n.Free(used))      whether there is room
//
// A taint of effect NoSchedule or NoExecute keeps away pods that do not tolerate
// it; PreferNoSchedule does not.
//
//	toleration                   covers the taints with
//	key k, Exists                key k
//	key k, Equal, value v        key k and value v
//	no key, Exists               any key
//	effect e                     … and effect e only
//
// # Room
//
// [Node.Allocatable] is what pods may have: what the status lists under that
// name, and the capacity for the rest. [Node.Free] takes away what pods use. A
// plain resource (cpu, memory) that the node does not list is not limited; one
// with a prefix (example.com/gpu) that it does not list is not there.
//
// # Addresses
//
//	InternalIP, ExternalIP      an IPv4 or IPv6 address of one machine
//	InternalDNS, ExternalDNS    a DNS name
//	Hostname                    a DNS name or an IP address
//
// [Node.Address] is the one to dial: the first in the order InternalIP,
// InternalDNS, ExternalIP, ExternalDNS, Hostname. Without a cloud a node may
// have none; then its name is its address.
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
// changes it must be alone with it.
package node
