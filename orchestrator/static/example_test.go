package static_test

import (
	"context"
	"fmt"
	"log"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/static"
)

// Two machines that the host program knows.
func ExampleCloud() {
	machines := static.Cloud{
		{ID: "rack1-a", Zone: "rack1", Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.11"}}},
		{ID: "rack2-a", Zone: "rack2", Addresses: []node.Address{{Type: node.InternalIP, Address: "192.0.2.21"}}},
	}
	list, err := machines.Instances(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range list {
		fmt.Println(m.ID, m.Zone, m.Addresses[0].Address)
	}
	// Output:
	// rack1-a rack1 192.0.2.11
	// rack2-a rack2 192.0.2.21
}
