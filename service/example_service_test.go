package service_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/service"
)

// web is a service that asks for no more than it must.
func web() *service.Service {
	return &service.Service{
		Meta: labels.Meta{Name: "web"},
		Spec: service.Spec{Selector: labels.Set{"app": "web"}, Ports: []service.Port{{Port: 80}}},
	}
}

func ExampleService_Default() {
	s := web()
	s.Default()
	fmt.Println(s.Namespace, s.Spec.Type, s.Spec.SessionAffinity, s.Spec.Ports[0].Protocol, s.Spec.Ports[0].TargetPort)
	// Output: default ClusterIP None TCP 80
}

func ExampleService_Validate() {
	s := web()
	s.Spec.ClusterIP = "none"
	s.Spec.Ports = append(s.Spec.Ports, service.Port{Name: "tls", Port: 443})
	fmt.Println(s.Validate())
	// Output: spec.ports[0].name: must be given where there is more than one port; spec.clusterIP: "none": must be an IP address, None, or empty
}

func ExampleService_ValidateUpdate() {
	old := web()
	old.Spec.ClusterIP = "127.10.0.1"
	s := old.Copy()
	s.Spec.ClusterIP = "127.10.0.2"
	fmt.Println(s.ValidateUpdate(old))
	// Output: spec.clusterIP: "127.10.0.2": must stay "127.10.0.1"
}

func ExampleService_Copy() {
	stored := web()
	s := stored.Copy()
	s.Spec.Selector["app"] = "api"
	fmt.Println(stored.Spec.Selector)
	// Output: app=web
}

func ExampleSpec_Copy() {
	s := web().Spec
	own := s.Copy()
	own.Ports[0].Port = 81
	fmt.Println(s.Ports[0].Port)
	// Output: 80
}

func ExampleStatus_Copy() {
	s := service.Status{LoadBalancer: service.LoadBalancerStatus{Ingress: []service.Ingress{{IP: "192.0.2.1"}}}}
	own := s.Copy()
	own.LoadBalancer.Ingress[0].IP = "192.0.2.2"
	fmt.Println(s.LoadBalancer.Ingress[0].IP)
	// Output: 192.0.2.1
}

func ExampleEndpoints_Default() {
	e := &service.Endpoints{Meta: labels.Meta{Name: "db"}, Subsets: []service.Subset{{Ports: []service.EndpointPort{{Port: 5432}}}}}
	e.Default()
	fmt.Println(e.Namespace, e.Subsets[0].Ports[0].Protocol)
	// Output: default TCP
}

func ExampleEndpoints_Validate() {
	e := &service.Endpoints{Meta: labels.Meta{Name: "db"}, Subsets: []service.Subset{{Addresses: []service.EndpointAddress{{IP: "db.example.com"}}}}}
	fmt.Println(e.Validate())
	// Output: subsets[0].addresses[0].ip: "db.example.com": must be an IP address
}

func ExampleEndpoints_ValidateUpdate() {
	old := &service.Endpoints{Meta: labels.Meta{Name: "db"}}
	e := &service.Endpoints{Meta: labels.Meta{Name: "db"}, Subsets: []service.Subset{{Addresses: []service.EndpointAddress{{IP: "10.0.0.1"}}}}}
	fmt.Println(e.ValidateUpdate(old))
	// Output: <nil>
}

func ExampleEndpoints_Copy() {
	stored := &service.Endpoints{Subsets: []service.Subset{{Addresses: []service.EndpointAddress{{IP: "10.0.0.1"}}}}}
	e := stored.Copy()
	e.Subsets[0].Addresses[0].IP = "10.0.0.2"
	fmt.Println(stored.Subsets[0].Addresses[0].IP)
	// Output: 10.0.0.1
}
