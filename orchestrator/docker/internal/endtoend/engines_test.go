package endtoend_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// An engine is frozen, then killed and started again, under twenty pods.
// They come back, nothing runs twice, and clients are served all the while.
func TestEngineAway(t *testing.T) {
	t.Parallel()
	daemon := enginetest.NewDaemon(t)
	image := enginetest.Toy(t, daemon.Client)
	instance := newInstance(t, daemon.Client)
	x := newCluster(t, instance, newNode("n1", daemon.Endpoint))
	count := countStarts(t, daemon.Client, instance)
	for i := range manyPods {
		x.create(newPod(podName(i), image, pod.RestartAlways, []string{"wait"}))
	}
	x.until("all pods run", allReady(manyPods))
	before := runningAttempts(x)

	daemon.Freeze()
	x.until("the node is not ready", isReady("n1", false))
	x.served(image)
	daemon.Thaw()
	x.until("the node is ready", isReady("n1", true))
	x.until("all pods run", allReady(manyPods))
	require.Equal(t, before, runningAttempts(x), "whoever was frozen for a while has not lost anything")
	requireExact(t, daemon.Client, instance, manyPods)
	count.requireKnown(t, containers(t, daemon.Client, instance))
	count.requireOnce(t)

	daemon.Kill()
	x.until("the node is not ready", isReady("n1", false))
	x.served(image)
	daemon.Start() // which kills the containers
	count = countStarts(t, daemon.Client, instance)
	x.until("the node is ready", isReady("n1", true))
	x.until("all pods run again", func(view store.Reader) bool {
		for p := range view.Pods().All(store.Filter{}) {
			if s := p.Status.Container("a"); s == nil || s.RestartCount == 0 {
				return false
			}
		}
		return allReady(manyPods)(view)
	})
	requireExact(t, daemon.Client, instance, manyPods)
	t.Logf("%d attempts were started after the engine's end", count.requireOnce(t))
	requireTold(x, "RuntimeNotAnswering", "NodeNotReady", "NodeReady")
	x.deleteAll()
	require.Empty(t, containers(t, daemon.Client, instance))
}

// served checks that clients read and write while the engine is away.
func (x *cluster) served(image string) {
	x.Helper()
	for i := range 10 {
		c := newController(fmt.Sprintf("meanwhile-%d", i), image, 0)
		ctx, cancel := context.WithTimeout(x.ctx, patience)
		_, err := x.Controllers().Create(ctx, c)
		require.NoError(x, err)
		_, err = x.Controllers().Get("default", c.Name)
		require.NoError(x, err)
		require.NoError(x, x.Controllers().Delete(ctx, "default", c.Name, orchestrator.DeleteOptions{}))
		cancel()
	}
	n, err := x.Nodes().Get("", "n1")
	require.NoError(x, err)
	require.False(x, n.Status.Is(node.Ready), "all that was served while the engine was away")
}

// One of two engines is killed. Its pods are made again on the other one, and
// when it is back, what it had left is removed.
func TestEngineLost(t *testing.T) {
	t.Parallel()
	local := enginetest.Connect(t)
	daemon := enginetest.NewDaemon(t, "--live-restore") // its containers outlive it
	image := enginetest.Toy(t, local)
	load(t, daemon.Client, image)
	instance := newInstance(t, local)
	x := newImpatient(t, instance, 30*time.Second, newNode("n1", ""), newNode("n2", daemon.Endpoint))
	x.until("both nodes are ready", func(view store.Reader) bool { return isReady("n1", true)(view) && isReady("n2", true)(view) })
	const replicas = 6
	_, err := x.Controllers().Create(x.ctx, newController("web", image, replicas))
	require.NoError(t, err)
	x.until("all pods run", allReady(replicas))
	onSecond := len(x.Pods().List(store.Filter{Node: "n2"}))
	require.NotZero(t, onSecond, "the pods are spread")
	require.Len(t, containers(t, daemon.Client, instance), 2*onSecond)

	daemon.Kill()
	x.until("the pods are made again on the first node", func(view store.Reader) bool {
		running := 0
		for p := range view.Pods().All(store.Filter{Node: "n1"}) {
			if p.Status.Is(pod.Ready) {
				running++
			}
		}
		return running == replicas
	})
	require.Len(t, containers(t, local, instance), 2*replicas)
	for _, p := range x.Pods().List(store.Filter{Node: "n2"}) { // those that no controller has removed yet
		require.Equal(t, pod.Failed, p.Status.Phase)
		require.Equal(t, "NodeLost", p.Status.Reason)
	}

	daemon.Start()
	x.until("the second node is ready", isReady("n2", true))
	require.Eventually(t, func() bool {
		for _, c := range containers(t, daemon.Client, instance) {
			if c.State == "running" && c.Labels["coracle.dev/container"] != "" {
				return false
			}
		}
		return true
	}, patience, 100*time.Millisecond, "what the second engine had goes")
	require.Len(t, containers(t, local, instance), 2*replicas, "and only that")
	x.deleteAll()
	require.Empty(t, containers(t, daemon.Client, instance))
}

// newController returns a controller of pods that wait.
func newController(name, image string, replicas int) *replication.Controller {
	app := labels.Set{"app": name}
	c := &replication.Controller{Meta: labels.Meta{Name: name, Namespace: "default"}}
	c.Spec.Replicas, c.Spec.Selector = &replicas, app
	c.Spec.Template = &pod.Template{
		Meta: labels.Meta{Labels: app}, Spec: newPod("", image, pod.RestartAlways, []string{"wait"}).Spec,
	}
	return c
}

// load gives an engine a toy under a name.
func load(t *testing.T, client *engine.Client, name string) {
	t.Helper()
	enginetest.Load(t, client, enginetest.ToyImage(t, name))
}

// isReady says whether a node is ready, or is not.
func isReady(name string, want bool) func(store.Reader) bool {
	return func(view store.Reader) bool {
		n, err := view.Nodes().Get("", name)
		return err == nil && n.Status.Is(node.Ready) == want
	}
}

// runningAttempts returns the ids of the containers that run, by the names of their pods.
func runningAttempts(x *cluster) map[string]string {
	ids := make(map[string]string)
	for _, p := range x.Pods().List(store.Filter{}) {
		ids[p.Name] = p.Status.Container("a").ContainerID
	}
	return ids
}

// requireExact checks that an engine runs n pods of one container, and nothing else of the instance.
func requireExact(t *testing.T, client *engine.Client, instance string, n int) {
	t.Helper()
	running := make(map[string]int)
	for _, c := range containers(t, client, instance) {
		if c.State == "running" {
			running[c.Labels["coracle.dev/uid"]]++
		}
	}
	require.Len(t, running, n)
	for uid, have := range running {
		require.Equal(t, 2, have, "pod %s has a container and its infra container", uid)
	}
}

// requireTold checks that there are events of these reasons.
func requireTold(x *cluster, reasons ...string) {
	x.Helper()
	told := make(map[string]bool)
	for _, e := range x.Events(orchestrator.EventFilter{}) {
		told[e.Reason] = true
	}
	for _, reason := range reasons {
		require.True(x, told[reason], "an event %s among %v", reason, told)
	}
}
