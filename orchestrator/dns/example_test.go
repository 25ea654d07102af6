package dns_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/dns"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/service"
)

// A server beside an orchestrator, and a program that finds a service by its name.
func ExampleServer() {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	web := &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{ClusterIP: "127.240.0.80", Ports: []service.Port{{Port: 80}}}}
	if _, err := o.Client().Services().Create(ctx, web); err != nil {
		fmt.Println(err)
	}
	answers := make(chan netip.AddrPort, 1)
	s, err := dns.New(dns.Config{
		Client:    o.Client(),
		Listen:    []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")},
		Listening: func(on []netip.AddrPort) { answers <- on[0] },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()

	fmt.Println(dns.Resolver(<-answers).LookupHost(ctx, "web.default.svc.cluster.local"))
	fmt.Println(s.Status().Refused)
	cancel()
	fmt.Println(<-ended)
	// Output:
	// [127.240.0.80] <nil>
	// 0
	// <nil>
}

func ExampleNew() {
	_, err := dns.New(dns.Config{})
	fmt.Println(err)
	// Output: config field Client: is required: it has the services
}

// A server that sends what is not the cluster's to those of this machine.
func ExampleSystemUpstream() {
	servers, err := dns.SystemUpstream()
	if err != nil {
		servers = nil // there are none: only names of the cluster are answered
	}
	cfg := dns.Config{Upstream: servers}
	fmt.Println(len(cfg.Upstream) > 0 || err != nil)
	// Output: true
}

// A Go program whose resolv.conf does not name the server.
func ExampleResolver() {
	r := dns.Resolver(dns.DefaultAddress)
	fmt.Println(r.PreferGo)
	// Output: true
}

func ExampleStatus() {
	var s dns.Status
	fmt.Printf("%+v\n", s)
	// Output: {Queries:0 Refused:0 Forwarded:0 Failed:0 Truncated:0}
}
