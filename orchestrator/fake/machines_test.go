package fake_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

func newNode(name string) *node.Node { return &node.Node{Meta: labels.Meta{Name: name}} }

func TestDialReturnsTheSameRuntime(t *testing.T) {
	var m fake.Machines
	ctx := context.Background()
	first, err := m.Dial(ctx, newNode("n1"))
	require.NoError(t, err)
	again, err := m.Dial(ctx, newNode("n1"))
	require.NoError(t, err)
	require.Same(t, first, again)
	require.Same(t, first, m.Node("n1"))
	other, err := m.Dial(ctx, newNode("n2"))
	require.NoError(t, err)
	require.NotSame(t, first, other)
	require.Equal(t, []string{"n1", "n2"}, m.Names())
}

func TestDialFeelsFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m fake.Machines
		m.Node("n1").SetFaults(fake.Faults{Cut: true})
		_, err := m.Dial(t.Context(), newNode("n1"))
		require.EqualError(t, err, `dial node "n1": machine unreachable`)
		m.Node("n1").SetFaults(fake.Faults{Hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = m.Dial(ctx, newNode("n1"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		m.Node("n1").SetFaults(fake.Faults{})
		_, err = m.Dial(t.Context(), newNode("n1"))
		require.NoError(t, err)
	})
}

func TestNetworksOfNodes(t *testing.T) {
	var m fake.Machines
	var networks []string
	for _, name := range []string{"n1", "node-2", "other-2", "rack3-host258", "n3", "n99999999999"} {
		networks = append(networks, m.Node(name).Network.String())
	}
	require.Equal(t, []string{"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.1.2.0/24", "10.0.4.0/24"}, networks[:5])
	var second fake.Machines
	require.Equal(t, networks[5], second.Node("n99999999999").Network.String(), "by name alone")
}

func TestMachinesSpeakForAll(t *testing.T) {
	m := &fake.Machines{Scripts: fake.Scripts{{Image: "job", Attempts: []fake.Script{{ExitCode: 1}}}}, Size: pod.Resources{}}
	ctx := context.Background()
	var calls sync.WaitGroup
	for i := range 10 {
		calls.Go(func() {
			p := newPod(fmt.Sprint("web-", i), "app", "job")
			r, err := m.Dial(ctx, newNode(fmt.Sprint("n", i%3)))
			if err != nil || r.Start(ctx, p, p.Spec.Containers[0]) != nil || r.Start(ctx, p, p.Spec.Containers[1]) != nil {
				t.Error("it did not start")
			}
		})
	}
	calls.Wait()
	live := m.Live()
	require.Len(t, live, 10)
	require.Equal(t, "uid-web-0", live[0].UID)
	require.Equal(t, "uid-web-8", live[9].UID, "node by node")
	require.NoError(t, m.Check())

	m.Use(fake.Scripts{{Image: "job", Attempts: []fake.Script{{}}}})
	for _, name := range []string{"n1", "n7"} {
		p := newPod("late-"+name, "job")
		require.NoError(t, m.Node(name).Start(ctx, p, p.Spec.Containers[0]))
	}
	require.Len(t, m.Live(), 12)

	p := newPod("web-0", "app")
	require.NoError(t, m.Node("n0").Remove(ctx, p.UID))
	require.NoError(t, m.Node("n0").Start(ctx, p, p.Spec.Containers[0]))
	require.EqualError(t, m.Check(), `check node "n0": check machine: invariant 1: container "app" attempt 0 of pod "uid-web-0" was executed twice`)
}
