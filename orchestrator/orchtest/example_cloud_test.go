package orchtest_test

import (
	"testing"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// A cloud's whole conformance test.
func ExampleCloud() {
	TestConformance := func(t *testing.T) {
		orchtest.Cloud(t, orchtest.CloudHarness{
			New: func(_ *testing.T, machines []node.Instance) orchestrator.Cloud {
				c := &fake.Cloud{}
				c.Set(machines...)
				return c
			},
			Set: func(_ *testing.T, c orchestrator.Cloud, machines []node.Instance) {
				c.(*fake.Cloud).Set(machines...)
			},
			// … and how to make it fail, and hang
			Virtual: true,
		})
	}
	_ = TestConformance // go test calls it
	// Output:
}
