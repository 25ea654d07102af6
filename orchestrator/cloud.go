package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/node"
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
