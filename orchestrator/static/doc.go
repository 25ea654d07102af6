// Package static is a cloud that never changes: a list of machines in the host
// program.
//
//	machines := static.Cloud{
//		{ID: "rack1-a", Zone: "rack1", Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.11"}}},
//		{ID: "rack2-a", Zone: "rack2", Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.21"}}},
//	}
//
// The orchestrator makes a node for each machine, as it does for the instances of
// any cloud. A machine that is taken out of the list in a later version of the
// host program is gone: its node and its pods are deleted.
//
// # When to use another
//
// Machines that come and go while the program runs want package inventory, which
// reads them from a file. Nodes that clients may create and delete one by one
// want no cloud at all.
//
// # What is checked
//
// Nothing, here. A machine without an id, or with an address that is none, is
// listed as it is, and the orchestrator says what is wrong with it and goes on
// with the others; node.Instance's Validate says it beforehand.
package static
