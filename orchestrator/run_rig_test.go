package orchestrator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// rig is an orchestrator over scripted machines, in a synctest bubble.
type rig struct {
	t        *testing.T
	machines *fake.Machines
	o        *orchestrator.Orchestrator
	c        *orchestrator.Client
	cancel   context.CancelFunc // nil: Run was not started
	ended    chan error         // Run's result
}

// bubble runs a test on virtual time, with an orchestrator that does not run
// yet. Its nodes are node-0, node-1 and node-2 unless the config says otherwise.
func bubble(t *testing.T, cfg orchestrator.Config, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newRig(t, cfg, &fake.Machines{})) })
}

// running is bubble with Run under way and every node ready.
func running(t *testing.T, cfg orchestrator.Config, test func(t *testing.T, r *rig)) {
	t.Helper()
	bubble(t, cfg, func(t *testing.T, r *rig) {
		r.run()
		r.pass(time.Second)
		test(t, r)
	})
}

func newRig(t *testing.T, cfg orchestrator.Config, machines *fake.Machines) *rig {
	t.Helper()
	if cfg.Dial == nil {
		cfg.Dial = machines.Dial
	}
	if cfg.Machines == nil {
		cfg.Machines = []*node.Node{nodeNamed("node-0"), nodeNamed("node-1"), nodeNamed("node-2")}
	}
	if cfg.Seed == 0 {
		cfg.Seed = 1
	}
	o, err := orchestrator.New(cfg)
	require.NoError(t, err)
	return &rig{t: t, machines: machines, o: o, c: o.Client()}
}

// run starts Run; the test ends with it.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.ended = cancel, make(chan error, 1)
	go func() { r.ended <- r.o.Run(ctx) }()
	r.t.Cleanup(func() {
		if r.cancel != nil {
			require.NoError(r.t, r.stop())
		}
	})
}

// stop ends Run and returns its error.
func (r *rig) stop() error {
	r.cancel()
	r.cancel = nil
	return <-r.ended
}

// pass lets time pass, and everything happen that follows from it.
func (r *rig) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ctx is the context of a test's client.
func (r *rig) ctx() context.Context { return r.t.Context() }

// apply applies objects and fails the test if that fails.
func (r *rig) apply(objects ...labels.Object) []labels.Object {
	r.t.Helper()
	applied, err := r.c.Apply(r.ctx(), objects...)
	require.NoError(r.t, err)
	return applied
}

func (r *rig) pod(name string) *pod.Pod {
	r.t.Helper()
	p, err := r.c.Pods().Get("", name)
	require.NoError(r.t, err)
	return p
}

// reasons returns the events of an object, with how often each came: `Started×2`.
func (r *rig) reasons(kind, name string) string {
	counts := make(map[string]int)
	var order []string
	for _, e := range r.c.Events(orchestrator.EventFilter{Kind: kind, Name: name}) {
		if counts[e.Reason] == 0 {
			order = append(order, e.Reason)
		}
		counts[e.Reason] += e.Count
	}
	for i, reason := range order {
		order[i] = fmt.Sprintf("%s×%d", reason, counts[reason])
	}
	return strings.Join(order, " ")
}

// events returns the messages of the events of one reason.
func (r *rig) events(reason string) []string {
	var messages []string
	for _, e := range r.c.Events(orchestrator.EventFilter{Reason: reason}) {
		messages = append(messages, e.Message)
	}
	return messages
}

// healthy requires that n pods of the controller run, that what runs on the
// machines is exactly that, and that no attempt was executed twice.
func (r *rig) healthy(c *replication.Controller, n int) {
	r.t.Helper()
	require.NoError(r.t, r.machines.Check())
	stored, err := r.c.Controllers().Get(c.Namespace, c.Name)
	require.NoError(r.t, err)
	want := make(map[orchestrator.ContainerRef]bool)
	for _, p := range r.c.Pods().List(store.Filter{Owner: stored.UID}) {
		if !replication.Live(p) {
			continue
		}
		require.Equal(r.t, pod.Running, p.Status.Phase, "pod %s: %+v", p.Name, p.Status)
		for _, s := range p.Status.ContainerStatuses {
			require.NotNil(r.t, s.State.Running, "container %s of pod %s: %+v", s.Name, p.Name, s.State)
			want[orchestrator.RefTo(p, s.Name)] = true
		}
	}
	require.Len(r.t, want, n)
	live := make(map[orchestrator.ContainerRef]bool)
	for _, ref := range r.machines.Live() {
		require.False(r.t, live[ref], "%v is alive twice", ref)
		live[ref] = true
	}
	require.Equal(r.t, want, live)
}

// calls returns how often the machines were called since the last look, in all.
func (r *rig) calls() fake.Calls {
	var sum fake.Calls
	for _, name := range r.machines.Names() {
		c := r.machines.Node(name).Calls()
		sum.Start += c.Start
		sum.Stop += c.Stop
		sum.Remove += c.Remove
		sum.List += c.List
		sum.Probe += c.Probe
	}
	return sum
}

func nodeNamed(name string) *node.Node { return &node.Node{Meta: labels.Meta{Name: name}} }

// webPod is a pod with one container that runs until it is stopped.
func webPod(name string) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{Name: name, Labels: labels.Set{"app": name}},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
	}
}

// webController keeps n pods like webPod.
func webController(name string, n int) *replication.Controller {
	p := webPod(name)
	return &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{
			Replicas: &n,
			Template: &pod.Template{Meta: labels.Meta{Labels: p.Labels}, Spec: p.Spec},
		},
	}
}
