// Package service says what a service is: a stable address in front of pods that
// come and go; and what its endpoints are: where its traffic goes.
//
// The types have the fields and the JSON of Kubernetes' core/v1, as far as
// Coracle carries them. What follows from them is computed here too, from
// nothing but the arguments: this package reads no clock and does no I/O.
//
// # Kinds of services
//
//	type           is reached by                              needs
//	ClusterIP      an address of its own                      ports
//	 headless      the addresses of its pods (clusterIP None) nothing
//	NodePort       … and a port of every node                 ports
//	LoadBalancer   … and an external load balancer            ports
//	ExternalName   a DNS name elsewhere                       externalName
//
// Where a service has several ports each needs a name. Two ports may have the
// same number if their protocols differ.
//
// # Where its traffic goes
//
// [Resolve] computes the endpoints of a service from the pods that its selector
// matches: who is ready, who is not yet, and which port of each is meant. It says
// so too where a selector matches nobody and a target port is one that nobody
// has. [Moves] says whether a change of a pod can make a difference to any service.
//
// A service without a selector has the endpoints that somebody writes for it.
//
// # Addresses and node ports
//
// An [Allocator] knows who has which, gives a service those that it asks for or
// others ([Allocator.Assign]), and refuses what somebody has, what is outside of
// its ranges and what there is no more of, naming field, value and reason. It
// keeps nothing that does not follow from the services there are
// ([Allocator.Hold]). [Service.Inherit] keeps what a service was given over an
// update that does not mention it. [ParseCIDR] and [ParsePortRange] read the ranges.
//
// # Who may reach it
//
// [Allow] says whether a client may reach a service, from the address it comes
// from, by the rules of the cluster and the service's loadBalancerSourceRanges.
//
// [Environment] has the variables by which containers find services, as
// Kubernetes and Docker's links spell them.
//
// # Defaults
//
//	metadata.namespace               default
//	spec.type                        ClusterIP
//	spec.sessionAffinity             None; three hours where it is ClientIP
//	spec.ports[].protocol            TCP
//	spec.ports[].targetPort          the port itself
//
// # Checks
//
// [Service.Default], [Service.Validate] and [Service.ValidateUpdate], and those
// of [Endpoints], are what those of a pod are: validation returns a
// [labels.FieldErrors] with everything that is wrong, each with its path and value.
//
//	spec.ports[1].name: must be given where there is more than one port
//	spec.clusterIP: "none": must be an IP address, None, or empty
//
// A service keeps its cluster IP for life, unless it becomes an ExternalName.
// Loopback addresses are as good as any: on one machine they are what portals have.
//
// Stored objects are shared and are never changed. Change a copy: [Service.Copy]
// and [Endpoints.Copy] share nothing with their original.
//
// # Concurrency
//
// Nothing here is locked. Any number of goroutines may read one object; who
// changes it must be alone with it.
package service
