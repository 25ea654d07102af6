package haproxy_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/haproxy"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// What HAProxy can't do is refused before it is asked. Made lists what it does.
func ExampleBalancer() {
	dir, _ := os.MkdirTemp("", "haproxy")
	defer os.RemoveAll(dir)
	b := &haproxy.Balancer{Dir: dir, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.10")}}
	var _ orchestrator.Balancer = b // for orchestrator.Config.Balancer
	_, err := b.EnsureBalancer(context.Background(), orchestrator.Balance{Service: &service.Service{
		Meta: labels.Meta{Namespace: "default", Name: "dns", UID: "1"},
		Spec: service.Spec{Type: service.LoadBalancer, Ports: []service.Port{{Port: 53, Protocol: pod.UDP, NodePort: 30053}}},
	}})
	fmt.Println(err)
	var all []haproxy.Made
	all, err = b.Made()
	fmt.Println(len(all), err)
	// Output:
	// make load balancer of service "dns": port 53 is UDP, and HAProxy passes TCP only
	// 0 <nil>
}
