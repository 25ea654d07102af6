// Package dns answers questions about the names of services: a name server for
// the cluster.
//
//	s, err := dns.New(dns.Config{Client: o.Client()})
//	if err != nil {
//		return err
//	}
//	err = s.Run(ctx) // answers on 127.0.0.1:10053, over UDP and TCP
//
// It follows the specification of DNS-based service discovery of Kubernetes,
// version 1.1.0, and looks everything up where it is stored at that moment: a
// service has its name as soon as the write that created it returns.
//
// # Names
//
//	web.default.svc.cluster.local             a service
//	web.default.svc, web.default, web         the same, in short; web alone is one of Config.Namespace
//	db-0.db.default.svc.cluster.local         an endpoint of a headless service
//	_http._tcp.web.default.svc.cluster.local  a named port
//	0.1.240.127.in-addr.arpa                  an address
//
//	what                type       answer
//	a service           A, AAAA    its cluster IP
//	 headless           A, AAAA    the addresses of all endpoints that are ready
//	 ExternalName       any        CNAME, and what that leads to
//	an endpoint         A, AAAA    its address
//	a named port        SRV        the port, and the service or each endpoint
//	an address          PTR        the service that has it, or the endpoint of a headless one
//	the domain          SOA, NS
//
// The name of an endpoint is the pod's hostname, if its subdomain is the
// service; otherwise its address with dashes: 10-0-0-7. Where there are several
// addresses each answer begins with another one; there are at most a thousand in
// one. A service without a selector has the names that its endpoints say.
//
// What is there but not in this form has no data (NOERROR and the SOA of the
// domain, which says for how long that holds); what is not there does not exist
// (NXDOMAIN). A headless service without endpoints is there.
//
// A name outside of the cluster goes to Config.Upstream, if there is any, and is
// refused otherwise. So does a name of one or two labels that no service has. What
// they say is not kept: they have caches of their own. At most Config.Forwards
// questions are with them at once.
//
// An answer over UDP has up to 1232 bytes, or 512 if the client does not say
// that it takes more (EDNS). A longer one is cut short, and says so: the client
// asks again over TCP.
//
// # How containers find the server
//
// Where the containers have a file system of their own, as those of Docker, the
// runtime writes its address into their resolv.conf. Such a file has no port, so
// the server has to be at port 53, on an address that is in the containers' reach:
//
//	dns.Config{Client: c, Listen: []netip.AddrPort{netip.MustParseAddrPort("172.17.0.1:53")}, Upstream: …}
//	docker.Config{DNS: []string{"172.17.0.1"}}
//
// Docker's runtime then looks short names up in the pod's own namespace first. The
// addresses of services must be in reach as well: see HostPortals in package proxy.
//
// Processes of package process share the resolv.conf of their machine. They find
// services without DNS by their environment: WEB_SERVICE_HOST and so on, see
// service.Environment. For names there are these ways:
//
//   - A service without a selector tells every container in its environment
//     where the server is: with clusterIP and endpoints of the same name, DNS_SERVICE_HOST
//     and DNS_SERVICE_PORT lead there through the proxy. A Go program passes
//     that address to [Resolver]; dig, drill and most libraries of other languages take one too.
//   - systemd-resolved asks the server for names of the cluster, and goes on
//     asking others for the rest:
//     resolvectl dns lo 127.0.0.1:10053; resolvectl domain lo '~cluster.local'.
//   - dnsmasq does the same with the line
//     server=/cluster.local/127.0.0.1#10053.
//   - A server at 127.0.0.1:53 can be the machine's only one, with
//     Config.Upstream for the rest; see [SystemUpstream]. That needs the right to
//     use the port: root, CAP_NET_BIND_SERVICE, or the sysctl
//     net.ipv4.ip_unprivileged_port_start.
//
// # Concurrency
//
// New starts nothing. Run starts goroutines, and all have ended when it returns.
// Questions are answered at the same time, and none waits for a writer.
package dns
