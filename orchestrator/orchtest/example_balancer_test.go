package orchtest_test

import (
	"testing"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// A balancer's whole conformance test.
func ExampleBalancer() {
	TestConformance := func(t *testing.T) {
		orchtest.Balancer(t, orchtest.BalancerHarness{
			New: func(*testing.T) orchestrator.Balancer { return &fake.Balancer{} },
			Made: func(_ *testing.T, b orchestrator.Balancer) []string {
				var uids []string
				for _, made := range b.(*fake.Balancer).Made() {
					uids = append(uids, made.Service.UID)
				}
				return uids
			},
		})
	}
	_ = TestConformance // go test calls it
	// Output:
}
