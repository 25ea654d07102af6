package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/service"
)

// Cloud is where nodes come from: it knows the machines that there are. The
// orchestrator makes a node for each of them, keeps its addresses and capacity
// as the cloud has them, and deletes it when the machine is gone.
//
// All of it only reads: a call may be repeated at any time, also after an
// error, and changes nothing. Methods may be called from many goroutines at
// once. A call of Instances returns soon after its context ends: one that does
// not holds up the synchronisation of nodes, and nothing else.
type Cloud interface {
	// Name returns what the cloud is called, such as "aws". It says whose a node
	// is, and is a label value (see labels.ValidateValue), not empty, the same at
	// every call and in every run of the host program.
	Name() string

	// Instances returns every machine that there is, in any order, each of them
	// once, whether it runs at the moment or not. A machine that is gone for
	// good is not there: its node will be deleted.
	//
	// The list is complete or it is an error. An error says that nothing is
	// known now: every node stays as it is, and the call is repeated later.
	// Never is a list short because of a failure. A machine with something wrong
	// about it (an address that is none, no capacity) is listed as it is: whoever
	// compares the list with the nodes says what is wrong with it, and goes on
	// with the others.
	//
	// The list and what it points to belong to the caller.
	Instances(ctx context.Context) ([]node.Instance, error)

	// Changed returns a channel that receives when Instances may have changed.
	// It is the same channel at every call. Hints coalesce, may be missed and
	// may be wrong; nil means that there are none.
	Changed() <-chan struct{}
}

// CloudRunner is a Cloud with something to do for as long as it is used: it
// polls a file, or holds a connection on which changes are announced.
type CloudRunner interface {
	Cloud

	// Run does it until ctx ends, and then returns nil. All of its goroutines
	// have ended when it returns. It is called once at a time. An error means
	// that no more hints come; Instances works with or without Run.
	Run(ctx context.Context) error
}

// Balancer makes load balancers outside of the cluster, for services of type
// LoadBalancer. It is Config.Balancer, or the Cloud itself if that is one.
//
// A load balancer is named by the uid of its service, which it has for life.
// Each method brings about what it says however often it is called, also after
// an error, a time-out or a crash in between, and returns soon after its context
// ends. Calls for different services come at the same time, at most
// Config.CallsPerNode of them; never two for the same service. What they are given
// is shared and read-only.
//
// An error is told in an event of the service, and the call is repeated later.
type Balancer interface {
	// Name returns whose the load balancers are, such as "aws": not empty, and
	// the same in every run of the host program. It is recorded in the status of a
	// service before its load balancer is asked for.
	Name() string

	// EnsureBalancer makes the load balancer of a service what b says, be it
	// there or not, and returns where it is reached. It is called when a service
	// begins to need one, when the service has changed, and once after each start
	// of the host program.
	EnsureBalancer(ctx context.Context, b Balance) (service.LoadBalancerStatus, error)

	// UpdateBalancer makes the nodes behind a load balancer those of b, of which
	// nothing else differs from the last EnsureBalancer. After an error
	// EnsureBalancer is called instead.
	UpdateBalancer(ctx context.Context, b Balance) error

	// DeleteBalancer removes the load balancer of a service, if there is one. The
	// service may have been deleted, or need none any more; of b only that counts.
	DeleteBalancer(ctx context.Context, b Balance) error
}

// Balance is what a load balancer is to do: to pass what comes to the ports of a
// service on to the nodes, or to the service's cluster IP where that is in reach.
type Balance struct {
	Service *service.Service // with cluster IP and node ports; its annotations may tune the balancer
	Nodes   []*node.Node     // those that run and are ready, by name, but for those with ExcludeLabel
}

// ExcludeLabel on a node keeps load balancers from sending anything there, as in Kubernetes.
const ExcludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers"
