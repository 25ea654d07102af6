// Package proxy moves the bytes of services: a client reaches a set of pods by
// one address that never changes, while the pods come and go.
//
//	p, err := proxy.New(proxy.Config{Client: o.Client()})
//	…
//	err = p.Run(ctx)
//
// It follows the services and endpoints of an orchestrator, listens where
// clients come to, and hands each connection to the next endpoint. It runs on Linux.
//
// # Where services are reached
//
// Config.Portals says where cluster IPs are:
//
//	             cluster IPs are                    needs                who reaches them
//	Loopback     addresses of 127.0.0.0/8           nothing              this machine
//	HostPortals  on an interface of the proxy's     CAP_NET_ADMIN        this machine, and networks that have it
//	                                                                     as their gateway, such as Docker's
//	NoPortals    nowhere                            nothing              by node ports and external addresses
//
// Loopback suits pods that are processes of this machine; the orchestrator's
// default range for services lies there. For HostPortals give both the
// orchestrator (Config.ServiceCIDR) and the proxy (Config.Range) a private range in
// which the machine has no network. The interface is a dummy, or a bridge without
// ports where the kernel has no dummies. It is removed when Run returns; after a
// kill it stays, with its addresses, until the next start. Containers reach it
// through their gateway with nothing set up; a firewall between them and the
// machine must let them.
//
// Node ports are open in all three on Config.NodeAddresses. External addresses
// (externalIPs, or publicIPs in manifests of 2014) must be the machine's own; with
// HostPortals those that are not are put on the interface as well.
//
// A port below 1024 needs CAP_NET_BIND_SERVICE, or the sysctl
// net.ipv4.ip_unprivileged_port_start to be lower.
//
// # Which endpoint
//
// Endpoints take turns, connection by connection. With sessionAffinity ClientIP an
// address stays with its endpoint, until that is gone or the client was silent
// for the time-out. One that refuses, or does not answer within Config.Connect,
// is passed over before the client sees anything, and left out for Config.Shun
// where there are others. A client sees its connection break only when no
// endpoint took it, nor did for Config.Wait.
//
// A connection that an endpoint broke is broken for the client too: what the
// endpoint has done with what it read nobody knows. Where asking twice does no
// harm, Config.Replay has it asked again elsewhere, as long as no answer began.
//
// # When endpoints change
//
// What stays is left alone, whatever else changes. An endpoint that is not ready
// keeps the connections it has and gets no others. One that was removed keeps
// them for Config.Drain, and so does a service that was; then they are broken, and
// counted in Status.Drained. One that is not connected by then goes on to another.
//
// # TCP and UDP
//
// The two halves of a connection end separately, a break is passed on as a
// break, and nothing is read that the other side does not take. Silent peers are
// asked after a minute whether they still live. What is much is spliced from
// socket to socket, and not copied.
//
// A client of UDP stays with its endpoint while datagrams pass, and for
// Config.Session after the last. If its endpoint refuses before it ever
// answered, the datagram is sent to another one.
//
// # What goes wrong
//
// [Proxy.Status] says for each port of a service where it is reached and why not,
// and counts what came. The same is told in events of the service, each reason
// at most once a second:
//
//	PortTaken             another program, or another service, listens there; tried again
//	PortForbidden         the system does not let us listen there
//	PortalUnreachable     the address is not this machine's
//	PortalRangeOverlaps   the machine has a network in Config.Range
//	NoEndpoints           nobody is there to serve
//	EndpointsFailing      endpoints are there, and none takes connections
//	EndpointNotAnswering  one did not answer within Config.Connect
//	EndpointUnreachable   one can't be connected to
//	ClientStalled         a client took nothing until Config.Idle was over
//	SourceDenied          the firewall refused a client: see service.Allow
//	TooManyConnections    beyond Config.Connections or PerService: closed at once
//	OutOfResources        the system has no more descriptors, ports or memory
//
// What is wrong with one service is no matter to the others.
//
// # Concurrency
//
// Run starts a few threads that move bytes, each waiting for its sockets with
// epoll, and goroutines that follow the orchestrator. All have ended when it
// returns. Status and Service may be called at any time by any number of goroutines.
package proxy
