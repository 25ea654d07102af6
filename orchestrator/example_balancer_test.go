package orchestrator_test

import (
	"context"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/service"
)

// printing is a Balancer that prints what it is asked for.
type printing struct{}

func (printing) Name() string { return "printing" }

func (printing) EnsureBalancer(_ context.Context, b orchestrator.Balance) (service.LoadBalancerStatus, error) {
	fmt.Println("ensure", b.Service.Name, b.Service.Spec.ClusterIP, "port", b.Service.Spec.Ports[0].NodePort, "of", len(b.Nodes), "nodes")
	return service.LoadBalancerStatus{Ingress: []service.Ingress{{IP: "198.51.100.1"}}}, nil
}

func (printing) UpdateBalancer(_ context.Context, b orchestrator.Balance) error {
	fmt.Println("update", b.Service.Name, "to", len(b.Nodes), "nodes")
	return nil
}

func (printing) DeleteBalancer(_ context.Context, b orchestrator.Balance) error {
	fmt.Println("delete", b.Service.Name)
	return nil
}

// A load balancer outside of the cluster follows its service and the nodes.
func ExampleBalancer() {
	c, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Balancer: printing{}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{
		Type: service.LoadBalancer, Selector: labels.Set{"app": "web"}, Ports: []service.Port{{Port: 80}},
	}}
	for _, o := range []labels.Object{s, nodeNamed("node-0")} {
		if _, err := c.Apply(o); err != nil {
			fmt.Println(err)
		}
		if err := c.Advance(time.Second); err != nil {
			fmt.Println(err)
		}
	}
	stored, err := c.View().Services().Get("default", "web")
	fmt.Println(stored.Status.LoadBalancer.Ingress[0].IP, err)
	if err := c.Delete("Service", "default", "web", orchestrator.DeleteOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ensure web 127.240.1.0 port 30086 of 0 nodes
	// update web to 1 nodes
	// 198.51.100.1 <nil>
	// delete web
}

// What is handed to a Balancer can be carried out by whoever steps an Engine.
func ExampleWork_Balanced() {
	w := orchestrator.Work{ID: 7, Kind: orchestrator.WorkEnsureBalancer, Balance: orchestrator.Balance{
		Service: &service.Service{Meta: labels.Meta{Name: "web", UID: "1"}},
	}}
	r := w.Balanced(context.Background(), &fake.Balancer{})
	fmt.Println(r.Work, r.Balancer.Ingress[0].IP, r.Err)
	// Output: 7 192.0.2.1 <nil>
}
