package endtoend_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// patience is how long a test waits for something that must happen.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	if dir := os.Getenv(hostDir); dir != "" {
		hostProgram(dir)
		return
	}
	enginetest.Overlap()
	os.Exit(m.Run())
}

// cluster is an orchestrator that runs until the test ends.
type cluster struct {
	testing.TB
	*orchestrator.Client
	instance string
	ctx      context.Context
}

// newCluster runs an orchestrator on nodes of docker runtimes, with figures that
// suit a test; no node is given up for being slow. At the end of the test it
// deletes every pod.
func newCluster(t testing.TB, instance string, nodes ...*node.Node) *cluster {
	t.Helper()
	return newImpatient(t, instance, 3*patience, nodes...)
}

// newImpatient is newCluster where a node that is silent for so long is lost.
func newImpatient(t testing.TB, instance string, lost time.Duration, nodes ...*node.Node) *cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	x := &cluster{TB: t, instance: instance, ctx: ctx}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:      docker.Config{Instance: instance}.Dial,
		Machines:  nodes,
		Node:      node.Rules{CheckPeriod: time.Second, Grace: 4 * time.Second, LostAfter: lost},
		Lifecycle: lifecycle.Rules{BackOffBase: 200 * time.Millisecond, BackOffMax: 2 * time.Second},
	})
	require.NoError(t, err)
	x.Client = o.Client()
	running, halt := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(running) }()
	t.Cleanup(func() {
		defer cancel()
		x.deleteAll()
		halt()
		require.NoError(t, <-ended)
	})
	return x
}

// newNode returns a node; at an endpoint, or the machine's own engine where that is empty.
func newNode(name, endpoint string) *node.Node {
	n := &node.Node{Meta: labels.Meta{Name: name}}
	if endpoint != "" {
		n.Annotations = map[string]string{docker.EndpointAnnotation: endpoint}
	}
	return n
}

// label is what all containers of an instance have.
func label(instance string) string { return "coracle.dev/instance=" + instance }

// until waits for a condition of what is recorded.
func (x *cluster) until(what string, condition func(store.Reader) bool) {
	x.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	if err := x.Wait(ctx, condition); err != nil {
		require.NoError(x, err, "waited for: %s\n%s", what, x.describe())
	}
}

// describe says how the pods are, and what was told of them.
func (x *cluster) describe() string {
	text := ""
	for _, p := range x.Pods().List(store.Filter{}) {
		text += fmt.Sprintf("%s on %s: %s %s\n", p.Name, p.Spec.NodeName, p.Status.Phase, p.Status.Reason)
		for _, s := range p.Status.ContainerStatuses {
			text += fmt.Sprintf("  %s, %d restarts: %+v %+v %+v\n", s.Name, s.RestartCount, s.State.Waiting, s.State.Running, s.State.Terminated)
		}
	}
	return text
}

func (x *cluster) create(p *pod.Pod) *pod.Pod {
	x.Helper()
	made, err := x.Pods().Create(x.ctx, p)
	require.NoError(x, err)
	return made
}

// deleteAll deletes every pod and waits until nothing of them is left.
func (x *cluster) deleteAll() {
	x.Helper()
	for _, c := range x.Controllers().List(store.Filter{}) {
		require.NoError(x, x.Controllers().Delete(x.ctx, c.Namespace, c.Name, orchestrator.DeleteOptions{Cascade: true}))
	}
	for _, p := range x.Pods().List(store.Filter{}) {
		if !p.Deleting() {
			require.NoError(x, x.Pods().Delete(x.ctx, p.Namespace, p.Name, orchestrator.DeleteOptions{}))
		}
	}
	x.until("every pod is gone", func(view store.Reader) bool { return view.Pods().Len() == 0 })
}

// newPod returns a pod of toys.
func newPod(name, image string, policy pod.RestartPolicy, commands ...[]string) *pod.Pod {
	grace := int64(5)
	p := &pod.Pod{
		Meta: labels.Meta{Name: name, Namespace: "default"},
		Spec: pod.Spec{RestartPolicy: policy, TerminationGracePeriodSeconds: &grace},
	}
	for i, words := range commands {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{
			Name: string(rune('a' + i)), Image: image, ImagePullPolicy: pod.PullNever, Args: words,
		})
	}
	return p
}

// allReady says whether there are n pods and all are ready.
func allReady(n int) func(store.Reader) bool {
	return func(view store.Reader) bool {
		for p := range view.Pods().All(store.Filter{}) {
			if !p.Status.Is(pod.Ready) || p.Deleting() {
				return false
			}
		}
		return view.Pods().Len() == n
	}
}

// containers lists what an engine has of an instance.
func containers(t testing.TB, client *engine.Client, instance string) []engine.APIContainers {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all, err := client.ListContainers(engine.ListContainersOptions{
		All: true, Filters: map[string][]string{"label": {label(instance)}}, Context: ctx,
	})
	require.NoError(t, err)
	return all
}

// newInstance returns a name that nobody else has, of which nothing may be left
// on the engine at the end of the test.
func newInstance(t testing.TB, client *engine.Client) string {
	t.Helper()
	instance := "e2e-" + enginetest.Unique()
	enginetest.NothingLeft(t, client, label(instance))
	return instance
}
