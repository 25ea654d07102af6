package orchestrator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// The table of what happens to a pod when one of its containers, a disk or its
// node ends, row by row through the engine on scripted machines. The same rows
// are transcripts of the pure decision in lifecycle/testdata.

// outcome is what a row says of one restart policy.
type outcome struct {
	phase    pod.Phase
	restarts int    // of the first container
	event    string // a reason that must be told, of the pod
}

var policies = []pod.RestartPolicy{pod.RestartAlways, pod.RestartOnFailure, pod.RestartNever}

func TestTable(t *testing.T) {
	const life = 30 * time.Second
	exits := func(code int) fake.Script { return fake.Script{Runs: life, ExitCode: code} }
	forever := fake.Script{}
	for _, row := range []struct {
		what       string
		containers []fake.Script // each container's first run; restarted, it runs on
		want       [3]outcome    // Always, OnFailure, Never
	}{
		{"one container exits with 0", []fake.Script{exits(0)}, [3]outcome{
			{pod.Running, 1, "Started"}, {pod.Succeeded, 0, "Completed"}, {pod.Succeeded, 0, "Completed"}}},
		{"one container exits with another code", []fake.Script{exits(3)}, [3]outcome{
			{pod.Running, 1, "Failed"}, {pod.Running, 1, "Failed"}, {pod.Failed, 0, "Failed"}}},
		{"the first of two exits with another code", []fake.Script{exits(3), forever}, [3]outcome{
			{pod.Running, 1, "Failed"}, {pod.Running, 1, "Failed"}, {pod.Running, 0, "Failed"}}},
		{"both of two exit, the first with another code", []fake.Script{exits(3), {Runs: life + 5*time.Second}}, [3]outcome{
			{pod.Running, 1, "Failed"}, {pod.Running, 1, "Failed"}, {pod.Failed, 0, "Failed"}}},
		{"a container is out of memory", []fake.Script{{Runs: life, OOM: true}}, [3]outcome{
			{pod.Running, 1, "OOMKilling"}, {pod.Running, 1, "OOMKilling"}, {pod.Failed, 0, "OOMKilling"}}},
	} {
		for i, policy := range policies {
			t.Run(fmt.Sprintf("%s/%s", row.what, policy), func(t *testing.T) {
				p := policyPod(policy, len(row.containers))
				c := newCluster(t, simulate.Config{Scripts: firstRuns(row.containers)}, 1)
				_, err := c.Apply(p)
				require.NoError(t, err)
				require.NoError(t, c.Advance(life-time.Second))
				require.Equal(t, pod.Running, podNamed(t, c, "p").Status.Phase)
				require.NoError(t, c.Advance(20*time.Second))

				want, got := row.want[i], podNamed(t, c, "p")
				require.Equal(t, want.phase, got.Status.Phase)
				require.Equal(t, want.restarts, got.Status.ContainerStatuses[0].RestartCount)
				require.Contains(t, reasons(c, "p"), want.event)
				if want.phase.Terminal() {
					require.Empty(t, c.Machine("node-0").Live(c.Now()))
				}
			})
		}
	}
}

func TestTableDiskDies(t *testing.T) {
	for _, policy := range policies {
		t.Run(string(policy), func(t *testing.T) {
			c := newCluster(t, simulate.Config{}, 2)
			_, err := c.Apply(policyPod(policy, 2))
			require.NoError(t, err)
			require.NoError(t, c.Advance(time.Minute))
			on := podNamed(t, c, "p").Spec.NodeName
			require.Len(t, c.Machine(on).Live(c.Now()), 2)

			c.Machine(on).Break("p", "disk /dev/sdb: input/output error", c.Now())
			require.NoError(t, c.Advance(time.Minute))
			got := podNamed(t, c, "p")
			require.Equal(t, pod.Failed, got.Status.Phase)
			require.Equal(t, "VolumeFailed", got.Status.Reason)
			require.Contains(t, got.Status.Message, "input/output error")
			require.Contains(t, reasons(c, "p"), "VolumeFailed")
			require.Empty(t, c.Machine(on).Live(c.Now()), "all containers are killed")
		})
	}
	t.Run("a controller recreates it elsewhere", func(t *testing.T) {
		c := newCluster(t, simulate.Config{}, 2)
		_, err := c.Apply(controllerOf(1))
		require.NoError(t, err)
		require.NoError(t, c.Advance(time.Minute))
		first := livePods(c)[0]
		c.Machine(first.Spec.NodeName).Break(first.Name, "disk is gone", c.Now())
		require.NoError(t, c.Advance(time.Minute))

		live := livePods(c)
		require.Len(t, live, 1)
		require.NotEqual(t, first.UID, live[0].UID)
		require.Equal(t, pod.Running, live[0].Status.Phase)
	})
}

func TestTableNodeIsCutOff(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 2)
	_, err := c.Apply(controllerOf(2), policyPod(pod.RestartNever, 1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	lost := podNamed(t, c, "p").Spec.NodeName
	c.Cut(lost, true)

	// The node controller waits for its time-out.
	require.NoError(t, c.Advance(4*time.Minute+45*time.Second))
	require.Equal(t, pod.Running, podNamed(t, c, "p").Status.Phase)
	n, err := c.View().Nodes().Get("", lost)
	require.NoError(t, err)
	require.Equal(t, pod.Unknown, n.Status.Condition(node.Ready).Status)

	require.NoError(t, c.Advance(30*time.Second))
	got := podNamed(t, c, "p")
	require.Equal(t, pod.Failed, got.Status.Phase)
	require.Equal(t, "NodeLost", got.Status.Reason)
	require.Contains(t, reasons(c, "p"), "NodeLost")
	live := livePods(c)
	require.Len(t, live, 2)
	for _, p := range live {
		require.NotEqual(t, lost, p.Spec.NodeName)
		require.Equal(t, pod.Running, p.Status.Phase)
	}

	// It comes back: what was given up is stopped, and nothing else.
	c.Cut(lost, false)
	require.NoError(t, c.Advance(2*time.Minute))
	require.Empty(t, c.Machine(lost).Live(c.Now()))
	require.Len(t, livePods(c), 2)
}

// A node that comes back in time keeps its pods.
func TestNodeBackInTime(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 2)
	_, err := c.Apply(controllerOf(4))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	before := livePods(c)
	c.Cut("node-0", true)
	require.NoError(t, c.Advance(3*time.Minute))
	c.Cut("node-0", false)
	require.NoError(t, c.Advance(10*time.Minute))
	after := livePods(c)
	require.Equal(t, uids(before), uids(after))
	for _, p := range after {
		require.Zero(t, p.Status.ContainerStatuses[0].RestartCount)
	}
}

// newCluster returns a checked cluster of n nodes.
func newCluster(t testing.TB, cfg simulate.Config, n int) *simulate.Cluster {
	t.Helper()
	cfg.Check = true
	cfg.Orchestrator.Seed++
	for i := range n {
		cfg.Orchestrator.Machines = append(cfg.Orchestrator.Machines, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%d", i)}})
	}
	c, err := simulate.New(cfg)
	require.NoError(t, err)
	return c
}

// policyPod returns a pod "p" of n containers c0, c1, …
func policyPod(policy pod.RestartPolicy, n int) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: "p"}, Spec: pod.Spec{RestartPolicy: policy}}
	for i := range n {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: fmt.Sprintf("c%d", i), Image: "program"})
	}
	return p
}

// firstRuns scripts the first run of each container; later ones run on.
func firstRuns(scripts []fake.Script) fake.Scripts {
	var rules fake.Scripts
	for i, s := range scripts {
		rules = append(rules, fake.Rule{Container: fmt.Sprintf("c%d", i), Attempts: []fake.Script{s, {}}})
	}
	return rules
}

// controllerOf returns a controller "web" of n replicas.
func controllerOf(n int) *replication.Controller {
	return &replication.Controller{
		Meta: labels.Meta{Name: "web"},
		Spec: replication.Spec{Replicas: &n, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
			Spec: pod.Spec{Containers: []pod.Container{{Name: "web", Image: "web"}}},
		}},
	}
}

func podNamed(t testing.TB, c *simulate.Cluster, name string) *pod.Pod {
	t.Helper()
	p, err := c.View().Pods().Get(labels.DefaultNamespace, name)
	require.NoError(t, err)
	return p
}

// livePods returns the pods of controllerOf that count.
func livePods(c *simulate.Cluster) []*pod.Pod {
	var live []*pod.Pod
	for p := range c.View().Pods().All(store.Filter{Selector: labels.SelectorFromSet(labels.Set{"app": "web"})}) {
		if replication.Live(p) {
			live = append(live, p)
		}
	}
	return live
}

func uids(pods []*pod.Pod) []string {
	var all []string
	for _, p := range pods {
		all = append(all, p.UID)
	}
	return all
}

// reasons returns the reasons of the events about a pod.
func reasons(c *simulate.Cluster, name string) []string {
	var all []string
	for _, e := range c.Events() {
		if e.InvolvedObject.Kind == "Pod" && e.InvolvedObject.Name == name {
			all = append(all, e.Reason)
		}
	}
	return all
}

var _ = orchestrator.Create
