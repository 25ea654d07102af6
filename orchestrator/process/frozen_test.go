//go:build linux

package process_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// A machine that freezes: every call to it hangs, and what runs there lives on.
type freezer struct {
	*process.Runtime
	mu     sync.Mutex
	thawed chan struct{} // closed while the machine is not frozen
}

func newFreezer(r *process.Runtime) *freezer {
	f := &freezer{Runtime: r, thawed: make(chan struct{})}
	close(f.thawed)
	return f
}

func (f *freezer) freeze() { f.mu.Lock(); defer f.mu.Unlock(); f.thawed = make(chan struct{}) }
func (f *freezer) thaw()   { f.mu.Lock(); defer f.mu.Unlock(); close(f.thawed) }

// wait returns when the machine is not frozen, whatever becomes of the context:
// the worst that a runtime can do.
func (f *freezer) wait() {
	f.mu.Lock()
	thawed := f.thawed
	f.mu.Unlock()
	<-thawed
}

func (f *freezer) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	f.wait()
	return f.Runtime.Start(ctx, p, c)
}

func (f *freezer) Stop(ctx context.Context, ref orchestrator.ContainerRef, grace time.Duration) error {
	f.wait()
	return f.Runtime.Stop(ctx, ref, grace)
}

func (f *freezer) Remove(ctx context.Context, uid string) error {
	f.wait()
	return f.Runtime.Remove(ctx, uid)
}

func (f *freezer) List(ctx context.Context) ([]orchestrator.ContainerState, error) {
	f.wait()
	return f.Runtime.List(ctx)
}

// One of three nodes freezes. Its replicas are made again on the others within
// the time-outs, no client waits for it, and after the thaw exactly the number
// that was asked for runs.
func TestFrozenNode(t *testing.T) {
	const replicas = 6
	machines := frozenMachines(t)
	o, err := orchestrator.New(orchestrator.Config{
		Dial: func(_ context.Context, n *node.Node) (orchestrator.Runtime, error) { return machines[n.Name], nil },
		Machines: []*node.Node{
			{Meta: labels.Meta{Name: "a"}}, {Meta: labels.Meta{Name: "b"}}, {Meta: labels.Meta{Name: "c"}},
		},
		Node: node.Rules{CheckPeriod: 100 * time.Millisecond, Grace: 2 * time.Second, LostAfter: 3 * time.Second},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	client := o.Client()
	logged, told := time.Now(), make(chan struct{})
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended); <-told })
	go func() {
		defer close(told)
		for e := range client.WatchEvents(ctx, orchestrator.EventFilter{}) {
			t.Logf("%6.2fs %s %s: %s: %s", time.Since(logged).Seconds(), e.InvolvedObject.Kind, e.InvolvedObject.Name, e.Reason, e.Message)
		}
	}()

	_, err = client.Controllers().Apply(ctx, foreverController(replicas))
	require.NoError(t, err)
	until(ctx, t, func() bool { return readyOutside(client, "") == replicas })
	require.NotZero(t, readyOutside(client, "")-readyOutside(client, "b"), "some run on b")

	t.Log("---- b freezes")
	machines["b"].freeze()
	until(ctx, t, func() bool { return readyOutside(client, "b") == replicas })

	t.Log("---- clients write while it is frozen")
	for i := range 50 {
		_, err := client.Controllers().Patch(ctx, "", "web", func(c *replication.Controller) error {
			c.Annotations = map[string]string{"round": fmt.Sprint(i)}
			return nil
		})
		require.NoError(t, err)
	}
	require.Greater(t, runningContainers(ctx, t, machines), replicas, "those on b live on")

	t.Log("---- b thaws")
	machines["b"].thaw()
	until(ctx, t, func() bool {
		b, err := client.Nodes().Get("", "b")
		return err == nil && b.Status.Is(node.Ready) && runningContainers(ctx, t, machines) == replicas && readyOutside(client, "") == replicas
	})

	require.NoError(t, client.Controllers().Delete(ctx, "", "web", orchestrator.DeleteOptions{Cascade: true}))
	until(ctx, t, func() bool { return runningContainers(ctx, t, machines) == 0 })
}

// frozenMachines returns runtimes a, b and c below one directory.
func frozenMachines(t *testing.T) map[string]*freezer {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	machines := make(map[string]*freezer)
	for _, name := range []string{"a", "b", "c"} {
		r, err := process.New(process.Config{Dir: dir, Images: map[string]string{"test": self}}, name)
		require.NoError(t, err)
		machines[name] = newFreezer(r)
	}
	return machines
}

func foreverController(n int) *replication.Controller {
	grace := int64(1)
	return &replication.Controller{
		Meta: labels.Meta{Name: "web"},
		Spec: replication.Spec{Replicas: &n, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
			Spec: pod.Spec{
				TerminationGracePeriodSeconds: &grace,
				Containers: []pod.Container{{
					Name: "main", Image: "test", Env: []pod.EnvVar{{Name: "WORKLOAD", Value: "forever"}},
				}},
			},
		}},
	}
}

// until waits for a condition, which is asked for again
// several times a second.
func until(ctx context.Context, t *testing.T, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("waited for too long")
		}
	}
}

// readyOutside counts the ready pods that are not on the node.
func readyOutside(client *orchestrator.Client, nodeName string) int {
	n := 0
	for p := range client.View().Pods().All(store.Filter{}) {
		if p.Spec.NodeName != nodeName && replication.Live(p) && p.Status.Is(pod.Ready) {
			n++
		}
	}
	return n
}

// runningContainers counts the containers that run in truth, frozen or not.
func runningContainers(ctx context.Context, t *testing.T, machines map[string]*freezer) int {
	n := 0
	for _, m := range machines {
		states, err := m.Runtime.List(ctx)
		require.NoError(t, err)
		for _, s := range states {
			if s.State.Running != nil {
				n++
			}
		}
	}
	return n
}
