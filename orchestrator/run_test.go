package orchestrator_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// That every goroutine has ended when Run returns is checked by each bubble of
// each test: synctest.Test does not end before they have.

func TestRunEndsWithItsContext(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webController("web", 3))
		r.pass(time.Second)
		began := time.Now()
		require.NoError(t, r.stop())
		require.Zero(t, time.Since(began), "nothing hangs, so nothing is waited for")
		require.Len(t, r.machines.Live(), 3, "what runs goes on running")
	})
}

func TestRunWithAnEndedContext(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.NoError(t, r.o.Run(ctx))
		_, err := r.c.Pods().Create(r.ctx(), webPod("web"))
		require.ErrorIs(t, err, orchestrator.ErrStopped)
	})
}

func TestRunTwice(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		require.ErrorContains(t, r.o.Run(r.ctx()), "Run was called before")
		r.apply(webController("web", 1))
		r.pass(time.Second)
		require.Len(t, r.machines.Live(), 1, "the first Run goes on")
		require.NoError(t, r.stop())
		require.Error(t, r.o.Run(r.ctx()))
	})
}

// A call that hangs and honours its context ends with it.
func TestRunEndsWhileCallsHang(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.setFaults(fake.Faults{Hang: true})
		r.apply(webController("web", 3))
		r.pass(30 * time.Second)
		began := time.Now()
		require.NoError(t, r.stop())
		require.Zero(t, time.Since(began))
	})
}

// A call that ignores its context is waited for, but not for ever.
func TestRunNamesCallsThatIgnoreTheirContext(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		node := r.machines.Node("node-1")
		node.SetFaults(fake.Faults{Hang: true, Deaf: true})
		r.pass(30 * time.Second)
		began := time.Now()
		err := r.stop()
		require.ErrorContains(t, err, "List on node-1")
		require.NotContains(t, err.Error(), "node-0")
		require.Equal(t, 10*time.Second, time.Since(began))
		node.SetFaults(fake.Faults{}) // or the bubble would never end
	})
}

// Also where the node of the call has been deleted meanwhile.
func TestRunNamesCallsOfDeletedNodes(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		node := r.machines.Node("node-1")
		node.SetFaults(fake.Faults{Hang: true, Deaf: true})
		r.pass(30 * time.Second)
		require.NoError(t, r.c.Nodes().Delete(r.ctx(), "", "node-1", orchestrator.DeleteOptions{Force: true}))
		r.pass(time.Second)
		require.ErrorContains(t, r.stop(), "List on node-1")
		node.SetFaults(fake.Faults{})
	})
}

// A call that returns within the patience of Run is no error.
func TestRunWaitsForCalls(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		node := r.machines.Node("node-1")
		node.SetFaults(fake.Faults{Hang: true, Deaf: true})
		r.pass(30 * time.Second)
		time.AfterFunc(9*time.Second, func() { node.SetFaults(fake.Faults{}) })
		began := time.Now()
		require.NoError(t, r.stop())
		require.Equal(t, 9*time.Second, time.Since(began))
	})
}

func TestDialFailsAndIsTriedAgain(t *testing.T) {
	var machines fake.Machines
	var calls atomic.Int32
	for name, broken := range map[string]func() (orchestrator.Runtime, error){
		"with an error": func() (orchestrator.Runtime, error) { return nil, errors.New("no route to host") },
		"with nothing":  func() (orchestrator.Runtime, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			calls.Store(0)
			cfg := orchestrator.Config{
				Machines: []*node.Node{nodeNamed("node-0")},
				Dial: func(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
					if calls.Add(1) < 4 {
						return broken()
					}
					return machines.Dial(ctx, n)
				},
			}
			machines = fake.Machines{}
			bubble(t, cfg, func(t *testing.T, r *rig) {
				r.machines = &machines
				r.run()
				r.apply(webPod("web"))
				r.pass(2 * time.Second)
				require.Equal(t, pod.Pending, r.pod("web").Status.Phase)
				require.Contains(t, r.reasons("Node", "node-0"), "RuntimeNotAnswering×2")
				r.pass(30 * time.Second)
				require.Equal(t, pod.Running, r.pod("web").Status.Phase)
				require.EqualValues(t, 4, calls.Load(), "once connected, no more")
			})
		})
	}
}

// With hints a death shows at once; without, when the node is listed next.
func TestHintsMakeReactionsImmediate(t *testing.T) {
	for _, mute := range []bool{false, true} {
		running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
			rc := webController("web", 1)
			r.apply(rc)
			for _, name := range r.machines.Names() {
				r.machines.Node(name).SetFaults(fake.Faults{Mute: mute})
			}
			for range 3 {
				r.pass(20*time.Minute + 15*time.Second) // the back-off is over, and no list is near
				r.healthy(rc, 1)
				for _, name := range r.machines.Names() {
					r.machines.Node(name).Kill("*", "", 9)
				}
				synctest.Wait()
				require.Equal(t, !mute, len(r.machines.Live()) == 1)
				r.pass(10 * time.Second)
				r.healthy(rc, 1)
			}
			require.Contains(t, r.reasons("Pod", ""), "Started×4")
		})
	}
}

// Changed may be nil, or closed: then there are no hints, and no loop without a pause.
func TestRuntimeWithoutHints(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	for name, hints := range map[string]chan struct{}{"nil": nil, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			var machines fake.Machines
			cfg := orchestrator.Config{Dial: func(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
				return hintless{machines.Node(n.Name), hints}, nil
			}}
			running(t, cfg, func(t *testing.T, r *rig) {
				r.machines = &machines
				rc := webController("web", 3)
				r.apply(rc)
				r.pass(time.Second)
				before := r.calls()
				machines.Node("node-0").Kill("*", "", 9)
				r.pass(time.Minute)
				r.healthy(rc, 3)
				r.requireFewCalls(before, time.Minute)
			})
		})
	}
}

type hintless struct {
	*fake.Runtime
	hints chan struct{}
}

func (r hintless) Changed() <-chan struct{} { return r.hints }
