package orchestrator

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A call that fails because its node has gone says so, also where the failure is
// heard of before the end of the node is.
func TestLendTellsWhyItFailed(t *testing.T) {
	for range 200 {
		o := &Orchestrator{state: running}
		o.workers = newWorkers(t.Context(), Config{}.withDefaults(), nil, nil)
		s := o.workers.station("a")
		var none Runtime
		s.runtime.Store(&none)
		hungUp := errors.New("hung up")
		err := o.lend(t.Context(), "a", func(context.Context, Runtime) error {
			s.end()
			return hungUp
		})
		require.ErrorIs(t, err, hungUp)
		require.ErrorIs(t, err, ErrUnreachable)
		require.NotContains(t, err.Error(), "%!")
	}
}
