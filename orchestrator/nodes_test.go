package orchestrator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
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

// What follows from silence, second by second. The machine answers for the
// last time at some moment within a check period, so the silence counts from there.
func TestSilence(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 3)
	_, err := c.Apply(controllerOf(6))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	before := livePods(c)
	heard := cutWhenHeard(t, c, "node-1")

	require.NoError(t, c.Advance(heard.Add(39*time.Second).Sub(c.Now())))
	require.Equal(t, pod.True, readiness(t, c, "node-1"), "39 s of silence: nothing")
	require.NoError(t, c.Advance(2*time.Second))
	require.Equal(t, pod.Unknown, readiness(t, c, "node-1"), "41 s: Unknown")
	scale(t, c, 9)
	require.NoError(t, c.Advance(10*time.Second))
	for _, p := range livePods(c) {
		if p.Spec.NodeName == "node-1" {
			require.Contains(t, uids(before), p.UID, "no new pods")
		}
	}
	require.NoError(t, c.Advance(heard.Add(5*time.Minute-time.Second).Sub(c.Now())))
	require.Equal(t, 9, runningPods(c))
	require.NoError(t, c.Advance(11*time.Second)) // the next look, and the replacements
	lost := 0
	for p := range c.View().Pods().All(store.Filter{Node: "node-1"}) {
		require.Equal(t, pod.Failed, p.Status.Phase)
		require.Equal(t, "NodeLost", p.Status.Reason)
		lost++
	}
	require.Equal(t, 2, lost)
	require.Equal(t, 9, runningPods(c), "recreated elsewhere")
}

// A node that comes back after its pods were given up has them stopped, and the
// number of live containers is never above what was asked for and what was lost.
func TestNodeBackTooLate(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 3)
	_, err := c.Apply(controllerOf(9))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	c.Cut("node-1", true)
	require.NoError(t, c.Advance(10*time.Minute))
	require.Equal(t, 9+3, containers(c, 3), "three that nobody can see, and their replacements")
	require.Equal(t, 9, runningPods(c))
	c.Cut("node-1", false)
	for range 60 {
		require.NoError(t, c.Advance(time.Second))
		require.LessOrEqual(t, containers(c, 3), 12)
		require.Equal(t, 9, runningPods(c))
	}
	require.Equal(t, 9, containers(c, 3))
	require.Equal(t, pod.True, readiness(t, c, "node-1"))
}

// Zones fail as a whole, and giving up their pods must not make that worse.
func TestZoneOutage(t *testing.T) {
	for _, test := range []struct {
		what     string
		size     int // of the zone that fails, beside one of as many that does not
		cut      int
		after    time.Duration
		from, to int // how many nodes are given up by then
	}{
		{"a few nodes: one each 10 s", 10, 4, 5*time.Minute + 45*time.Second, 4, 4},
		{"a few nodes: not all at once", 10, 4, 5*time.Minute + 15*time.Second, 1, 3},
		{"most of a small zone: none", 10, 6, 30 * time.Minute, 0, 0},
		{"most of a large zone: one each 100 s", 60, 40, 5*time.Minute + 350*time.Second, 3, 5},
		{"a whole zone: one each 10 s, since the other one is well", 5, 5, 6*time.Minute + 10*time.Second, 5, 5},
	} {
		t.Run(test.what, func(t *testing.T) {
			c := zonedCluster(t, test.size, test.size)
			require.NoError(t, c.Advance(time.Minute))
			for i := range test.cut {
				c.Cut(fmt.Sprintf("a-%02d", i), true)
			}
			require.NoError(t, c.Advance(test.after))
			touchPods(t, c) // that one is looked at for another reason gives nobody up
			lost := map[string]bool{}
			for p := range c.View().Pods().All(store.Filter{}) {
				if p.Status.Reason == "NodeLost" {
					lost[p.Spec.NodeName] = true
				}
			}
			require.GreaterOrEqual(t, len(lost), test.from)
			require.LessOrEqual(t, len(lost), test.to)
		})
	}
	t.Run("everything: none", func(t *testing.T) {
		c := zonedCluster(t, 4, 4)
		require.NoError(t, c.Advance(time.Minute))
		for i := range 4 {
			c.Cut(fmt.Sprintf("a-%02d", i), true)
			c.Cut(fmt.Sprintf("b-%02d", i), true)
		}
		require.NoError(t, c.Advance(time.Hour))
		require.Equal(t, 8, runningPods(c))
		for i := range 4 {
			c.Cut(fmt.Sprintf("a-%02d", i), false)
			c.Cut(fmt.Sprintf("b-%02d", i), false)
		}
		require.NoError(t, c.Advance(10*time.Minute))
		for p := range c.View().Pods().All(store.Filter{}) {
			require.Equal(t, pod.Running, p.Status.Phase)
			require.Zero(t, p.Status.ContainerStatuses[0].RestartCount)
		}
	})
}

// touchPods changes something about every pod that has not ended.
func touchPods(t *testing.T, c *simulate.Cluster) {
	t.Helper()
	for _, p := range c.View().Pods().List(store.Filter{}) {
		touched := p.Copy()
		touched.Annotations = map[string]string{"touched": "yes"}
		_, err := c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: touched})
		require.NoError(t, err)
	}
}

// A taint of effect NoExecute drives pods away, after the seconds that they tolerate it.
func TestNoExecute(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 2)
	stays, goes, later := policyPodNamed("stays"), policyPodNamed("goes"), policyPodNamed("later")
	minute := int64(60)
	stays.Spec.Tolerations = []pod.Toleration{{Key: "repair", Operator: pod.TolerationExists}}
	later.Spec.Tolerations = []pod.Toleration{{Key: "repair", Operator: pod.TolerationExists, Effect: pod.NoExecute, TolerationSeconds: &minute}}
	for _, p := range []*pod.Pod{stays, goes, later} {
		p.Spec.NodeSelector = labels.Set{"here": "yes"}
	}
	_, err := c.Apply(&node.Node{Meta: labels.Meta{Name: "node-0", Labels: labels.Set{"here": "yes"}}}, stays, goes, later)
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	_, err = c.Apply(&node.Node{
		Meta: labels.Meta{Name: "node-0", Labels: labels.Set{"here": "yes"}},
		Spec: node.Spec{Taints: []node.Taint{{Key: "repair", Effect: pod.NoExecute}}},
	})
	require.NoError(t, err)
	require.NoError(t, c.Advance(50*time.Second))
	require.Equal(t, []string{"later", "stays"}, podNames(c))
	require.NoError(t, c.Advance(20*time.Second))
	require.Equal(t, []string{"stays"}, podNames(c))
}

// Machines in the config and nodes that the client adds come to the same.
func TestMachinesAndClientAreEquivalent(t *testing.T) {
	story := func(c *simulate.Cluster) []byte {
		_, err := c.Apply(controllerOf(4))
		require.NoError(t, err)
		require.NoError(t, c.Advance(time.Hour))
		return state(t, c)
	}
	listed := newCluster(t, simulate.Config{}, 3)
	added := newCluster(t, simulate.Config{}, 0)
	for i := range 3 {
		_, err := added.Apply(&node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%d", i)}})
		require.NoError(t, err)
	}
	require.Equal(t, string(story(listed)), string(story(added)))
}

// Draining takes no controller below what it may be short of.
func TestDrain(t *testing.T) {
	c := newCluster(t, simulate.Config{Choose: slowStart}, 4)
	for i := range 3 {
		_, err := c.Apply(namedController(fmt.Sprintf("web-%d", i), 40))
		require.NoError(t, err)
	}
	require.NoError(t, c.Advance(2*time.Minute))
	on := len(c.View().Pods().List(store.Filter{Node: "node-2"}))
	require.GreaterOrEqual(t, on, 30)
	n := nodeCopy(t, c, "node-2")
	n.RequestDrain(node.DrainRequest{Limit: 2})
	_, err := c.Apply(n)
	require.NoError(t, err)
	for range 600 {
		require.NoError(t, c.Advance(time.Second))
		for rc := range c.View().Controllers().All(store.Filter{}) {
			require.GreaterOrEqual(t, readyPods(c, rc), 38, "of %s", rc.Name)
		}
	}
	require.Empty(t, c.View().Pods().List(store.Filter{Node: "node-2"}))
	require.Contains(t, eventReasons(c, "Node"), "Drained")
	require.Contains(t, eventReasons(c, "Node"), "Draining")
}

// slowStart has every container take three seconds to start.
func slowStart(*pod.Pod, *pod.Container, int) (fake.Script, bool) {
	return fake.Script{StartDelay: 3 * time.Second, Graceful: true}, true
}

// zonedCluster has nodes a-00, … in one zone and b-00, … in another, with a pod on each.
func zonedCluster(t *testing.T, a, b int) *simulate.Cluster {
	var machines []*node.Node
	for zone, n := range map[string]int{"a": a, "b": b} {
		for i := range n {
			machines = append(machines, &node.Node{
				Meta:   labels.Meta{Name: fmt.Sprintf("%s-%02d", zone, i), Labels: labels.Set{node.ZoneLabel: zone}},
				Status: node.Status{Capacity: pod.Resources{pod.Pods: pod.NewQuantity(int64(1), pod.DecimalSI)}},
			})
		}
	}
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{Machines: machines}}, 0)
	_, err := c.Apply(controllerOf(a + b))
	require.NoError(t, err)
	return c
}

// cutWhenHeard cuts a node off at the moment of its next check, and returns that moment.
func cutWhenHeard(t *testing.T, c *simulate.Cluster, name string) time.Time {
	t.Helper()
	at := node.Rules{}.NextCheck(name, c.Now())
	require.NoError(t, c.Advance(at.Sub(c.Now())))
	c.Cut(name, true)
	return at
}

func readiness(t *testing.T, c *simulate.Cluster, name string) pod.ConditionStatus {
	t.Helper()
	n, err := c.View().Nodes().Get("", name)
	require.NoError(t, err)
	return n.Status.Condition(node.Ready).Status
}

func scale(t *testing.T, c *simulate.Cluster, n int) {
	t.Helper()
	_, err := c.Apply(controllerOf(n))
	require.NoError(t, err)
}

// runningPods counts the pods that are recorded as Running.
func runningPods(c *simulate.Cluster) int {
	n := 0
	for p := range c.View().Pods().All(store.Filter{}) {
		if p.Status.Phase == pod.Running {
			n++
		}
	}
	return n
}

// containers counts those that run in truth.
func containers(c *simulate.Cluster, nodes int) int {
	n := 0
	for i := range nodes {
		n += len(c.Machine(fmt.Sprintf("node-%d", i)).Live(c.Now()))
	}
	return n
}

func readyPods(c *simulate.Cluster, rc *replication.Controller) int {
	n := 0
	for p := range c.View().Pods().All(store.Filter{Owner: rc.UID}) {
		if replication.Live(p) && p.Status.Is(pod.Ready) {
			n++
		}
	}
	return n
}

func namedController(name string, n int) *replication.Controller {
	rc := controllerOf(n)
	rc.Name = name
	rc.Spec.Template.Labels = labels.Set{"app": name}
	return rc
}

func nodeCopy(t *testing.T, c *simulate.Cluster, name string) *node.Node {
	t.Helper()
	n, err := c.View().Nodes().Get("", name)
	require.NoError(t, err)
	return n.Copy()
}

func podNames(c *simulate.Cluster) []string {
	var names []string
	for p := range c.View().Pods().All(store.Filter{}) {
		names = append(names, p.Name)
	}
	return names
}

func nodeNames(c *simulate.Cluster) []string {
	var names []string
	for n := range c.View().Nodes().All(store.Filter{}) {
		names = append(names, n.Name)
	}
	return names
}

// eventReasons returns the reasons of the events about objects of a kind.
func eventReasons(c *simulate.Cluster, kind string) []string {
	var all []string
	for _, e := range c.Events() {
		if e.InvolvedObject.Kind == kind {
			all = append(all, e.Reason)
		}
	}
	return all
}

// state returns everything that is recorded, as one text, but for the revisions:
// those count how many writes it took.
func state(t *testing.T, c *simulate.Cluster) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, kind := range store.Kinds() {
		for o := range c.View().All(kind, store.Filter{}) {
			require.NoError(t, json.NewEncoder(&b).Encode(o))
		}
	}
	return regexp.MustCompile(`"resourceVersion":"\d+",`).ReplaceAll(b.Bytes(), nil)
}

// A stop that was replaced by one with a shorter grace is over when that is: nobody
// waits for it, and nobody says that it hangs.
func TestReplacedStopIsOver(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}}}, 1)
	_, err := c.Apply(policyPod(pod.RestartAlways, 1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	for _, grace := range []time.Duration{time.Hour, time.Minute} {
		require.NoError(t, c.Delete(store.KindPod, "", "p", orchestrator.DeleteOptions{Grace: &grace}))
	}
	require.NoError(t, c.Advance(2*time.Hour))
	_, err = c.View().Pods().Get(labels.DefaultNamespace, "p")
	require.ErrorIs(t, err, store.ErrNotFound)
	for _, event := range c.Events() {
		require.NotEqual(t, "RuntimeHangs", event.Reason, event.Message)
	}
}
