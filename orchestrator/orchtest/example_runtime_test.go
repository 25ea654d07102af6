package orchtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

// A runtime's whole conformance test. For this one the name of an image says
// what its containers do.
func ExampleRuntime() {
	TestConformance := func(t *testing.T) {
		orchtest.Runtime(t, orchtest.RuntimeHarness{
			New: func(*testing.T) orchestrator.Runtime {
				ready := []fake.Line{{Text: "ready"}} // to be stopped
				return &fake.Runtime{Scripts: fake.Scripts{
					{Image: "forever", Attempts: []fake.Script{{Says: ready}}},
					{Image: "stubborn", Attempts: []fake.Script{{Says: ready, IgnoresTerm: true}}},
					{Image: "exit-0", Attempts: []fake.Script{{Runs: time.Second}}},
					{Image: "exit-1", Attempts: []fake.Script{{Runs: time.Second, ExitCode: 1}}},
					// … and so on
				}}
			},
			Forever:  func(name string) pod.Container { return pod.Container{Name: name, Image: "forever"} },
			Stubborn: func(name string) pod.Container { return pod.Container{Name: name, Image: "stubborn"} },
			Exits: func(name string, code int) pod.Container {
				return pod.Container{Name: name, Image: fmt.Sprint("exit-", code)}
			},
			Virtual: true,
		})
	}
	_ = TestConformance // go test calls it
	// Output:
}
