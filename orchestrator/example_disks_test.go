package orchestrator_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/volume"
)

// Disks of a cloud are given to the runtimes; this one is scripted.
func ExampleDisks() {
	script := &fake.Disks{}
	script.Add("data", "/srv/data")
	var disks orchestrator.Disks = script
	path, err := disks.Attach(context.Background(), volume.Disk{ID: "data"}, "node-1")
	fmt.Println(path, err)
	// Output:
	// /srv/data <nil>
}
