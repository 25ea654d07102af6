package docker_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// Which devices of its node a pod gets is decided with the node, and each of its
// containers finds those that are its own in its environment.
func TestDevices(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	const gpu pod.ResourceName = "example.com/gpu"
	o, err := orchestrator.New(orchestrator.Config{
		Dial: x.config.Dial,
		Machines: []*node.Node{{
			Meta:   labels.Meta{Name: "n1"},
			Status: node.Status{Capacity: pod.Resources{gpu: pod.MustParseQuantity("3")}},
		}},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(x.ctx)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })

	wants := func(name, amount string) pod.Container {
		c := x.toy(name, "environ")
		if amount != "" {
			c.Resources.Requests = pod.Resources{gpu: pod.MustParseQuantity(amount)}
		}
		return c
	}
	all := []labels.Object{x.pod("both", wants("whole", "2"), wants("share", "300m")), x.pod("share", wants("share", "600m")), x.pod("none", wants("none", ""))}
	for _, o := range all {
		o.(*pod.Pod).Spec.RestartPolicy = pod.RestartNever
	}
	_, err = o.Client().Apply(ctx, all...)
	require.NoError(t, err)
	require.NoError(t, o.Client().Wait(ctx, func(r store.Reader) bool {
		done := 0
		for p := range r.Pods().All(store.Filter{}) {
			if p.Status.Phase == pod.Succeeded {
				done++
			}
		}
		return done == len(all)
	}))
	for of, want := range map[string]string{"both/whole": "=0,1\n", "both/share": "=2\n", "share/share": "=2\n", "none/none": ""} {
		name, container, _ := strings.Cut(of, "/")
		var said strings.Builder
		require.NoError(t, o.Client().Pods().Logs(ctx, "", name, orchestrator.LogOptions{Container: container, Stdout: &said}))
		if variable := pod.DeviceVariable(gpu); want == "" {
			require.NotContains(t, said.String(), variable, of)
		} else {
			require.Contains(t, said.String(), variable+want, of)
		}
	}
}
