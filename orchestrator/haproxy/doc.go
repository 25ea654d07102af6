// Package haproxy makes load balancers out of one HAProxy on this machine, for
// services of type LoadBalancer:
//
//	orchestrator.Config{
//		Balancer: &haproxy.Balancer{
//			Dir:       "/var/lib/coracle/haproxy",
//			Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.10")},
//		},
//		…
//	}
//
// It needs the program haproxy, as Debian's package of that name has it, and
// tests with version 2.6. It is for machines at the edge: clients come to the
// machine's address and the service's port, and HAProxy hands their connections
// to the node ports of the nodes, by turns or, with sessionAffinity ClientIP, by
// the client's address. loadBalancerSourceRanges hold here too, which is where
// the address of a client can be told.
//
// # What it leaves on the machine
//
// Each service has a file in Dir/conf.d, and HAProxy reads all that are there;
// a file says in its first line what it is for, and that is the only memory. A
// change is checked by HAProxy first, then taken over by a new process while the
// old one serves the connections that it has: none is broken, and no client
// finds the port closed. What HAProxy refuses is undone, and is the error.
//
// HAProxy runs on when the host program ends, as load balancers should. It is
// started with the first service, and goes on, with no port open, after the
// last: Dir/pid has the process to be ended where it is no longer wanted.
//
// # Limits
//
// HAProxy passes TCP. A service with a port of UDP is refused with an error that
// says so. Two services can have the same port where Addresses has two; a service
// that asks for a loadBalancerIP gets it if it is one of them.
package haproxy
