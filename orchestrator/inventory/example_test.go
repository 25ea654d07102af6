package inventory_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/orchestrator/inventory"
)

// Two machines from a file. Whoever edits it changes the cluster.
func ExampleCloud() {
	dir, err := os.MkdirTemp("", "inventory-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "nodes.yaml")
	if err := os.WriteFile(path, []byte(`
apiVersion: v1
kind: Node
metadata: {name: m1, labels: {topology.kubernetes.io/zone: rack-7}}
status:
  addresses: [{type: InternalIP, address: 192.0.2.11}]
  capacity: {cpu: 4, memory: 8Gi}
---
apiVersion: v1
kind: Node
metadata: {name: m2}
`), 0o600); err != nil {
		log.Fatal(err)
	}

	machines := &inventory.Cloud{Path: path, Settle: -1} // the file is not being written to
	list, err := machines.Instances(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range list {
		fmt.Printf("%s zone=%q capacity=%q %v\n", m.ID, m.Zone, m.Capacity, m.Addresses)
	}
	// Output:
	// m1 zone="rack-7" capacity="cpu=4,memory=8Gi" [{InternalIP 192.0.2.11}]
	// m2 zone="" capacity="" []
}
