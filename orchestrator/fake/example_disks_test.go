package fake_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/volume"
)

// A disk is on one node, unless nobody writes to it.
func ExampleDisks() {
	ctx := context.Background()
	var disks fake.Disks
	disks.Add("data", "/srv/data")
	d := volume.Disk{ID: "data"}
	fmt.Println(disks.Attach(ctx, d, "a"))
	_, err := disks.Attach(ctx, d, "b")
	fmt.Println(err)
	fmt.Println(disks.Detach(ctx, d, "a"), disks.Holders("data"))
	fmt.Println(disks.Attach(ctx, d, "b"))
	fmt.Println(disks.Calls())
	// Output:
	// /srv/data <nil>
	// node "a" has it
	// <nil> []
	// /srv/data <nil>
	// [attach data to a detach data from a attach data to b]
}
