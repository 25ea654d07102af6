package fake_test

import (
	"context"
	"fmt"
	"os"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

func ExampleLine() {
	r := fake.Runtime{Scripts: fake.Scripts{{Attempts: []fake.Script{{Says: []fake.Line{
		{Text: "listening"}, {Text: "oops", Stream: orchestrator.Stderr},
	}}}}}}
	ctx := context.Background()
	p := &pod.Pod{Meta: labels.Meta{Name: "web", UID: "1"}}
	r.Start(ctx, p, pod.Container{Name: "main"})
	fmt.Println(r.Logs(ctx, orchestrator.RefTo(p, "main"), orchestrator.LogOptions{Stdout: os.Stdout}))
	// Output:
	// listening
	// <nil>
}
