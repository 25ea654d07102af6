package proxy_test

import (
	"context"
	"fmt"
	"io"

	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// A service whose endpoint is a web server of this program, reached by its
// cluster IP.
func Example() {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	defer web.Close()
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := proxy.New(proxy.Config{Client: o.Client(), Wait: 10 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()

	at := netip.MustParseAddrPort(web.Listener.Addr().String())
	o.Client().Apply(ctx,
		&service.Service{
			Meta: labels.Meta{Name: "web"},
			Spec: service.Spec{ClusterIP: "127.249.0.1", Ports: []service.Port{{Port: 8000}}},
		},
		&service.Endpoints{
			Meta: labels.Meta{Name: "web"},
			Subsets: []service.Subset{{
				Addresses: []service.EndpointAddress{{IP: at.Addr().String()}},
				Ports:     []service.EndpointPort{{Port: int(at.Port())}},
			}},
		})
	fmt.Println(ask("http://127.249.0.1:8000"))
	for _, s := range p.Status() {
		fmt.Println(s.Namespace, s.Service, s.Listening, s.Connections, s.Endpoints[0].Connections)
	}
	cancel()
	fmt.Println(<-ended, <-ended)
	// Output:
	// hello
	// default web [127.249.0.1:8000] 1 1
	// <nil> <nil>
}

// ask returns the answer of a web server, which may not listen yet.
func ask(url string) string {
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for range 2000 {
		if answer, err := http.Get(url); err == nil {
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			return string(body)
		}
		<-again.C
	}
	return "no answer"
}

// A config that makes no sense is an error.
func ExampleNew() {
	_, err := proxy.New(proxy.Config{})
	fmt.Println(err)
	o, _ := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	_, err = proxy.New(proxy.Config{Client: o.Client(), Range: netip.MustParsePrefix("10.0.0.0/16")})
	fmt.Println(err)
	// Output:
	// config field Client: is required: it has the services
	// config field Range: 10.0.0.0/16: must lie in 127.0.0.0/8 where Portals is loopback
}

// Without portals a service is reached by its node ports alone.
func ExamplePortals() {
	cfg := proxy.Config{Portals: proxy.NoPortals, NodeAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	fmt.Println(cfg.Portals, cfg.NodeAddresses)
	// Output: none [127.0.0.1]
}

// What comes to a service is counted, for each port and endpoint.
func ExampleProxy_Status() {
	report := func(all []proxy.Status) {
		for _, s := range all {
			fmt.Printf("%s/%s: %d taken, %d that nobody served\n", s.Namespace, s.Service, s.Connections, s.Unserved)
			for _, e := range s.Endpoints {
				fmt.Printf("  %s took %d and refused %d\n", e.Address, e.Connections, e.Refused)
			}
		}
	}
	report([]proxy.Status{{ // what Proxy.Status returns
		Namespace: "default", Service: "web", Connections: 4,
		Endpoints: []proxy.Endpoint{
			{Address: netip.MustParseAddrPort("127.3.0.1:8080"), Connections: 4},
			{Address: netip.MustParseAddrPort("127.3.0.2:8080"), Refused: 2},
		},
	}})
	// Output:
	// default/web: 4 taken, 0 that nobody served
	//   127.3.0.1:8080 took 4 and refused 0
	//   127.3.0.2:8080 took 0 and refused 2
}

// What went wrong is also told in events, of which the counters know the exact number.
func ExampleProxy() {
	o, _ := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial})
	var p *proxy.Proxy
	p, err := proxy.New(proxy.Config{Client: o.Client(), Wait: 10 * time.Second})
	fmt.Println(len(p.Status()), err)
	// Output: 0 <nil>
}
