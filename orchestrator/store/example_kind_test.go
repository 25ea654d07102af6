package store_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// Nodes and namespaces are in no namespace.
func ExampleNamespaced() {
	for _, kind := range store.Kinds() {
		fmt.Println(kind, store.Namespaced(kind))
	}
	// Output:
	// Namespace false
	// Node false
	// Pod true
	// ReplicationController true
	// Service true
	// Endpoints true
}

// What happened to an object, as core/v1's watch says it.
func ExampleChangeType() {
	fmt.Println([]store.ChangeType{store.Added, store.Modified, store.Deleted})
	// Output: [ADDED MODIFIED DELETED]
}

// Whoever reads objects from a disk needs something to read them into.
func ExampleBlank() {
	for _, kind := range store.Kinds() {
		fmt.Printf("%T\n", store.Blank(kind))
	}
	fmt.Println(store.Blank("Job"))
	// Output:
	// *labels.Namespace
	// *node.Node
	// *pod.Pod
	// *replication.Controller
	// *service.Service
	// *service.Endpoints
	// <nil>
}
