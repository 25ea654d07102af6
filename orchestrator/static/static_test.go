package static_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/static"
)

func TestConformance(t *testing.T) {
	orchtest.Cloud(t, orchtest.CloudHarness{
		New:     func(_ *testing.T, instances []node.Instance) orchestrator.Cloud { return static.Cloud(instances) },
		Reopen:  func(_ *testing.T, old orchestrator.Cloud) orchestrator.Cloud { return old },
		Invalid: func(i int) node.Instance { return node.Instance{ID: "No Name"} },
		Virtual: true,
	})
}

// What is wrong is for the orchestrator to say, so that the others go on.
func TestNothingIsChecked(t *testing.T) {
	machines := static.Cloud{{}, {ID: "b"}, {ID: "a"}, {ID: "b"}}
	list, err := machines.Instances(t.Context())
	require.NoError(t, err)
	require.Equal(t, []node.Instance(machines), list)

	list, err = static.Cloud(nil).Instances(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
	require.Nil(t, machines.Changed())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = machines.Instances(ctx)
	require.EqualError(t, err, `list instances of cloud "static": context canceled`)
}
