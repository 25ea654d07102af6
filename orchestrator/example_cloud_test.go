package orchestrator_test

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// rack is a cloud: machines that were plugged in, and a button that says so.
type rack struct {
	plugged func(context.Context) ([]string, error)
	button  <-chan struct{}
	hints   chan struct{}
}

func (r *rack) Name() string { return "rack" }

func (r *rack) Instances(ctx context.Context) ([]node.Instance, error) {
	names, err := r.plugged(ctx)
	if err != nil {
		return nil, fmt.Errorf("list instances of cloud %q: %w", r.Name(), err)
	}
	var list []node.Instance
	for _, name := range names {
		list = append(list, node.Instance{ID: name, Zone: "cellar"})
	}
	return list, nil
}

func (r *rack) Changed() <-chan struct{} { return r.hints }

// Run passes on that the button was pressed.
func (r *rack) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.button:
		}
		select {
		case r.hints <- struct{}{}:
		default: // there is a hint already
		}
	}
}

// A cloud of your own. One without Run is a Cloud as well.
func ExampleCloud() {
	button := make(chan struct{})
	var cloud orchestrator.CloudRunner = &rack{
		plugged: func(context.Context) ([]string, error) { return []string{"m1", "m2"}, nil },
		button:  button,
		hints:   make(chan struct{}, 1),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- cloud.Run(ctx) }() // an orchestrator does all that follows

	button <- struct{}{}
	<-orchestrator.Cloud(cloud).Changed()
	list, err := cloud.Instances(ctx)
	fmt.Println(cloud.Name(), len(list), list[0].ID, err)
	cancel()
	fmt.Println(<-ended)
	// Output:
	// rack 2 m1 <nil>
	// <nil>
}
