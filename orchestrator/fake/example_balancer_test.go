package fake_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/service"
)

// A balancer that is out of order for a while.
func ExampleBalancer() {
	ctx, b := context.Background(), &fake.Balancer{}
	web := orchestrator.Balance{Service: &service.Service{Meta: labels.Meta{Name: "web", UID: "1"}}}
	b.Fail(errors.New("quota exceeded"))
	_, err := b.EnsureBalancer(ctx, web)
	fmt.Println(err)
	b.Fail(nil)
	status, err := b.EnsureBalancer(ctx, web)
	fmt.Println(status.Ingress, err)
	fmt.Println(len(b.Made()), b.Calls())
	b.Lose() // behind everybody's back
	fmt.Println(b.UpdateBalancer(ctx, web))
	// Output:
	// ensure load balancer of service "web": quota exceeded
	// [{192.0.2.1 }] <nil>
	// 1 {2 0 0}
	// update load balancer of service "web": there is none
}

func ExampleBalancerCalls() {
	var calls fake.BalancerCalls = new(fake.Balancer).Calls()
	fmt.Printf("%+v\n", calls)
	// Output: {Ensure:0 Update:0 Delete:0}
}
