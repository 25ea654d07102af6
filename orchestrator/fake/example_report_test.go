package fake_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
)

// What a runtime tells is told again until it is asked for what comes after.
func ExampleRuntime_Tell() {
	ctx := context.Background()
	var r fake.Runtime
	r.Tell(orchestrator.PodEvent{UID: "1", Reason: "Pulling", Message: "10 of 80 MiB"})
	for range 2 {
		told, err := r.Report(ctx, 0)
		fmt.Println(told.Events[0].Message, told.Last, err)
	}
	told, err := r.Report(ctx, 1)
	fmt.Println(len(told.Events), told.Last, err)
	// Output:
	// 10 of 80 MiB 1 <nil>
	// 10 of 80 MiB 1 <nil>
	// 0 1 <nil>
}
