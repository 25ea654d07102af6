package node_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/node"
)

// Nodes follow a list: instances come, and the list turns up empty once.
func ExampleSync() {
	rules := node.SyncRules{Cloud: "example"}
	list := []node.Instance{
		{ID: "i-1", Zone: "a", Addresses: []node.Address{{Type: node.InternalIP, Address: "10.0.0.1"}}},
		{ID: "i-2", Addresses: []node.Address{{Type: node.InternalIP, Address: "10.0.0.300"}}},
	}
	s := node.Sync(nil, list, node.SyncState{}, rules)
	for _, n := range s.Create {
		fmt.Println("create", n.Name, n.Status.Phase, n.Address(), n.Zone())
	}
	fmt.Println(s.Problems[0].Err)
	nodes := s.Create

	show := func(s node.Synced) { fmt.Println("delete", s.Delete, "held", s.Held) }
	s = node.Sync(nodes, nil, s.State, rules)
	show(s)
	s = node.Sync(nodes, nil, s.State, rules)
	show(s)
	// Output:
	// create i-1 Pending 10.0.0.1 a
	// check instance "i-2": status.addresses[0].address: "10.0.0.300": must be an IP address
	// delete [] held [i-1]
	// delete [i-1] held []
}

func ExampleSyncRules_Validate() {
	fmt.Println(node.SyncRules{Cloud: "example", Match: "web-["}.Validate())
	// Output: read pattern "web-[" of instances: syntax error in pattern
}

func ExampleProblem_Event() {
	s := node.Sync(nil, []node.Instance{{ID: "i-1", Capacity: amounts("cpu", "0")}}, node.SyncState{}, node.SyncRules{Cloud: "example"})
	e := s.Problems[0].Event()
	fmt.Println(e.Type, e.Reason, e.InvolvedObject.Name)
	// Output: Warning InstanceInvalid i-1
}

func ExampleInstance_Validate() {
	i := node.Instance{ID: "Web_1"}
	fmt.Println(i.Validate())
	// Output: check instance "Web_1": metadata.name: "Web_1": must be made of lower-case letters, digits, '-' and '.', not 'W' (character 1)
}

func ExampleInstance_Node() {
	n := node.Instance{ID: "i-1", ProviderID: "example://1", Type: "big", Region: "eu"}.Node()
	fmt.Println(n.Name, n.Spec.ProviderID, n.Labels)
	// Output: i-1 example://1 node.kubernetes.io/instance-type=big,topology.kubernetes.io/region=eu
}

func ExampleInstance_Copy() {
	i := node.Instance{ID: "i-1", Addresses: []node.Address{{Type: node.InternalIP, Address: "10.0.0.1"}}}
	c := i.Copy()
	c.Addresses[0].Address = "10.0.0.2"
	fmt.Println(i.Addresses[0].Address)
	// Output: 10.0.0.1
}
