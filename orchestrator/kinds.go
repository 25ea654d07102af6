package orchestrator

import (
	"fmt"
	"reflect"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// kind is what the engine must know of a kind of object to take writes of it.
type kind struct {
	copy           func(labels.Object) labels.Object
	fillIn         func(labels.Object)       // defaults
	validate       func(labels.Object) error // on its own
	validateUpdate func(o, old labels.Object) error
	validateStatus func(o, old labels.Object) error // nil: any status may follow any other
	keepStatus     func(o, old labels.Object)       // o gets the status of old
	keepSpec       func(o, old labels.Object)       // o gets the spec of old
	sameSpec       func(a, b labels.Object) bool
	begin          func(labels.Object) // the status that a new object starts with
}

// domainObject is what every kind's type offers.
type domainObject[T any] interface {
	labels.Object
	Copy() T
	Default()
	Validate() error
	ValidateUpdate(old T) error
}

// kindOf builds the entry of one type from its methods and from accessors of
// what is asked for (spec) and what is the case (status).
func kindOf[T domainObject[T], Spec, Status any](spec func(T) *Spec, status func(T) *Status, begin func(T)) kind {
	return kind{
		copy:           func(o labels.Object) labels.Object { return o.(T).Copy() },
		fillIn:         func(o labels.Object) { o.(T).Default() },
		validate:       func(o labels.Object) error { return o.(T).Validate() },
		validateUpdate: func(o, old labels.Object) error { return o.(T).ValidateUpdate(old.(T)) },
		keepStatus:     func(o, old labels.Object) { *status(o.(T)) = *status(old.(T)) },
		keepSpec:       func(o, old labels.Object) { *spec(o.(T)) = *spec(old.(T)) },
		sameSpec:       func(a, b labels.Object) bool { return reflect.DeepEqual(spec(a.(T)), spec(b.(T))) },
		begin:          func(o labels.Object) { begin(o.(T)) },
	}
}

// kinds has every kind of object that a client can write.
var kinds = map[store.Kind]kind{
	store.KindPod: podKind(),
	store.KindController: kindOf(
		func(c *replication.Controller) *replication.Spec { return &c.Spec },
		func(c *replication.Controller) *replication.Status { return &c.Status },
		func(c *replication.Controller) { c.Status = replication.Status{} }),
	store.KindService: serviceKind(),
	store.KindEndpoints: kindOf(
		func(s *service.Endpoints) *[]service.Subset { return &s.Subsets },
		func(*service.Endpoints) *struct{} { return &struct{}{} },
		func(*service.Endpoints) {}),
	store.KindNode:      nodeKind(),
	store.KindNamespace: namespaceKind(),
}

// podKind differs in one thing: its phases have an order.
func podKind() kind {
	k := kindOf(
		func(p *pod.Pod) *pod.Spec { return &p.Spec },
		func(p *pod.Pod) *pod.Status { return &p.Status },
		func(p *pod.Pod) { p.Status = pod.Status{Phase: pod.Pending} })
	k.validateStatus = func(o, old labels.Object) error {
		return o.(*pod.Pod).Status.ValidateUpdate(&old.(*pod.Pod).Status)
	}
	return k
}

// serviceKind differs in one thing: whose its load balancer is only the engine knows.
func serviceKind() kind {
	k := kindOf(
		func(s *service.Service) *service.Spec { return &s.Spec },
		func(s *service.Service) *service.Status { return &s.Status },
		func(s *service.Service) { s.Status = service.Status{} })
	k.validateStatus = func(o, old labels.Object) error {
		var errs labels.FieldErrors
		if is, was := o.(*service.Service).Status.LoadBalancer.Cloud, old.(*service.Service).Status.LoadBalancer.Cloud; is != was {
			errs.Add("status.loadBalancer.cloud", is, fmt.Sprintf("must stay %q", was))
		}
		return errs.Err()
	}
	return k
}

// namespaceKind differs in one thing: its phase is for the engine to change.
func namespaceKind() kind {
	k := kindOf(
		func(n *labels.Namespace) *labels.NamespaceSpec { return &n.Spec },
		func(n *labels.Namespace) *labels.NamespaceStatus { return &n.Status },
		func(n *labels.Namespace) { n.Status.Phase = labels.NamespaceActive })
	k.validateStatus = func(o, old labels.Object) error {
		var errs labels.FieldErrors
		if is, was := o.(*labels.Namespace).Status.Phase, old.(*labels.Namespace).Status.Phase; is != was {
			errs.Add("status.phase", is, "must stay "+string(was)+": delete the namespace to end it")
		}
		return errs.Err()
	}
	return k
}

// nodeKind differs in two things: its phases have an order, and core/v1 keeps
// capacity, allocatable and addresses in the status, although they are what a
// client states.
func nodeKind() kind {
	k := kindOf(
		func(n *node.Node) *node.Spec { return &n.Spec },
		func(n *node.Node) *node.Status { return &n.Status },
		func(n *node.Node) { n.Status.Phase, n.Status.Conditions = node.Pending, nil })
	k.validateStatus = func(o, old labels.Object) error {
		return o.(*node.Node).Status.ValidateUpdate(&old.(*node.Node).Status)
	}
	k.keepStatus = func(o, old labels.Object) {
		n, was := o.(*node.Node), old.(*node.Node)
		stated := n.Status
		n.Status = was.Status
		if stated.Capacity != nil {
			n.Status.Capacity = stated.Capacity
			n.Status.Allocatable = stated.Allocatable
		}
		if stated.Addresses != nil {
			n.Status.Addresses = stated.Addresses
		}
	}
	k.validateStatus = func(o, old labels.Object) error {
		return o.(*node.Node).Status.ValidateUpdate(&old.(*node.Node).Status)
	}
	k.sameSpec = func(a, b labels.Object) bool {
		x, y := a.(*node.Node), b.(*node.Node)
		return reflect.DeepEqual(x.Spec, y.Spec) &&
			reflect.DeepEqual(x.Status.Capacity, y.Status.Capacity) &&
			reflect.DeepEqual(x.Status.Allocatable, y.Status.Allocatable) &&
			reflect.DeepEqual(x.Status.Addresses, y.Status.Addresses)
	}
	return k
}
