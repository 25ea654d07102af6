package static

import (
	"context"
	"fmt"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// Cloud is an orchestrator.Cloud of machines that are always there: its
// elements, and nothing else. Nil is a cloud without machines.
//
// All methods may be called from many goroutines at once, as long as nobody
// changes the elements.
type Cloud []node.Instance

var _ orchestrator.Cloud = Cloud(nil)

// Name returns "static".
func (Cloud) Name() string { return "static" }

// Instances returns a copy of the machines, in their order, as they are:
// neither checked nor sorted. The only error is that of a context that has ended.
func (c Cloud) Instances(ctx context.Context) ([]node.Instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list instances of cloud %q: %w", c.Name(), err)
	}
	list := make([]node.Instance, len(c))
	for i := range c {
		list[i] = c[i].Copy()
	}
	return list, nil
}

// Changed returns nil: nothing ever does.
func (Cloud) Changed() <-chan struct{} { return nil }
