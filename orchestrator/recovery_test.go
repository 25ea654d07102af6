package orchestrator_test

import (
	"log/slog"
	"strings"
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
)

// die has the orchestrator die soon and come back after a while, by its own clock so much later.
func die(t *testing.T, c *simulate.Cluster, down time.Duration) {
	t.Helper()
	c.Strike(simulate.Crash{At: simulate.InWork, Down: down})
	engine := c.Engine()
	for c.Engine() == engine {
		require.NoError(t, c.Advance(time.Second))
	}
}

// reasonsOf returns the messages of the events of one reason.
func reasonsOf(c *simulate.Cluster, reason string) []string {
	var messages []string
	for _, e := range c.Events() {
		if e.Reason == reason {
			messages = append(messages, e.Message)
		}
	}
	return messages
}

// liveOn returns how many pods of a node have not ended.
func liveOn(c *simulate.Cluster, name string) int {
	n := 0
	for _, p := range livePods(c) {
		if p.Spec.NodeName == name {
			n++
		}
	}
	return n
}

// A node that was silent for three minutes before the crash has not five more
// after it, however long the orchestrator was down; and one that was heard until
// the crash has all five.
func TestRestartGoesOnCountingSilence(t *testing.T) {
	for _, down := range []time.Duration{0, time.Hour, 48 * time.Hour} {
		c := newCluster(t, simulate.Config{}, 3)
		require.NoError(t, c.Advance(time.Minute))
		c.Apply(webController("web", 6))
		require.NoError(t, c.Advance(time.Minute))
		before := livePods(c)
		c.Cut("node-0", true)
		require.NoError(t, c.Advance(3*time.Minute+50*time.Second))
		die(t, c, down)
		require.NoError(t, c.Advance(35*time.Second))
		require.Equal(t, uids(before), uids(livePods(c)), "down %s: it has time to answer", down)
		require.NoError(t, c.Advance(100*time.Second))
		require.Zero(t, liveOn(c, "node-0"), "down %s: it is lost", down)
		require.Len(t, livePods(c), 6)

		c.Cut("node-1", true)
		die(t, c, down)
		require.NoError(t, c.Advance(4*time.Minute))
		require.Len(t, livePods(c), 6)
		require.NotZero(t, liveOn(c, "node-1"), "down %s: nobody saw it silent for long", down)
		require.NoError(t, c.Advance(2*time.Minute))
		require.Zero(t, liveOn(c, "node-1"), "down %s", down)
	}
}

// Nobody is restarted or given up because the orchestrator was away for long,
// or came back with a wrong clock.
func TestRestartWithAnotherClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, clock := range []time.Duration{-30 * year, -time.Hour, -time.Second, 0, time.Hour, year, 100 * year} {
		c := newCluster(t, simulate.Config{}, 3)
		c.Apply(webController("web", 6))
		require.NoError(t, c.Advance(20*time.Minute))
		before := livePods(c)
		c.Strike(simulate.Crash{At: simulate.InWork, Down: time.Minute, Clock: clock})
		require.NoError(t, c.Advance(2*time.Hour))
		require.Equal(t, uids(before), uids(livePods(c)), clock)
		for _, p := range livePods(c) {
			require.Zero(t, p.Status.ContainerStatuses[0].RestartCount, clock)
			require.True(t, p.Status.Is(pod.Ready))
		}
	}
}

// What waits for a time goes on waiting for the same time.
func TestRestartGoesOnFromRecordedTimes(t *testing.T) {
	minute := int64(60)
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{},
		Scripts: fake.Scripts{
			{Pod: "crashing", Attempts: []fake.Script{{Runs: time.Second, ExitCode: 1}}},
			{Pod: "done", Attempts: []fake.Script{{Runs: time.Second}}},
		},
	}, 2)
	crashing, late, done := webPod("crashing"), webPod("late"), webPod("done")
	late.Spec.ActiveDeadlineSeconds = &minute
	done.Spec.RestartPolicy = pod.RestartNever
	c.Apply(crashing, late, done)
	require.NoError(t, c.Advance(50*time.Second))
	status := func(name string) *pod.Status {
		p, err := c.View().Pods().Get("default", name)
		require.NoError(t, err, name)
		return &p.Status
	}
	retry, restarts := status("crashing").ContainerStatuses[0].RetryAt, status("crashing").ContainerStatuses[0].RestartCount
	require.False(t, retry.IsZero())

	die(t, c, 0)
	require.NoError(t, c.Advance(5*time.Second))
	require.Equal(t, retry, status("crashing").ContainerStatuses[0].RetryAt)
	require.Equal(t, restarts, status("crashing").ContainerStatuses[0].RestartCount)
	require.Equal(t, pod.Running, status("late").Phase)
	require.NoError(t, c.Advance(10*time.Second))
	require.Equal(t, pod.Failed, status("late").Phase, "a minute after it began")
	require.NoError(t, c.Advance(retry.Sub(c.Now())+time.Second))
	require.Equal(t, restarts+1, status("crashing").ContainerStatuses[0].RestartCount)

	die(t, c, 40*time.Minute)
	require.Equal(t, pod.Succeeded, status("done").Phase)
	require.Equal(t, restarts+2, status("crashing").ContainerStatuses[0].RestartCount, "its back-off is over")
	require.NoError(t, c.Advance(20*time.Minute))
	_, err := c.View().Pods().Get("default", "done")
	require.ErrorIs(t, err, orchestrator.ErrNotFound, "an hour after its end")
}

// A taint's tolerationSeconds and a drain go on as well.
func TestRestartGoesOnEmptyingNodes(t *testing.T) {
	seconds := int64(300)
	c := newCluster(t, simulate.Config{}, 2)
	p := webPod("p")
	p.Spec.Tolerations = []pod.Toleration{{Key: "k", Operator: pod.TolerationExists, Effect: pod.NoExecute, TolerationSeconds: &seconds}}
	p.Spec.NodeName = "node-0"
	require.NoError(t, c.Advance(time.Second))
	c.Apply(p, webController("web", 2))
	require.NoError(t, c.Advance(time.Minute))
	patchNode(t, c, "node-0", func(n *node.Node) { n.Spec.Taints = []node.Taint{{Key: "k", Effect: pod.NoExecute}} })
	require.NoError(t, c.Advance(2*time.Minute))
	die(t, c, time.Minute)
	require.NoError(t, c.Advance(90*time.Second))
	require.Len(t, c.View().Pods().List(store.Filter{Node: "node-0"}), 1, "it tolerates the taint for five minutes")
	require.NoError(t, c.Advance(30*time.Second))
	require.Empty(t, c.View().Pods().List(store.Filter{Node: "node-0"}))

	patchNode(t, c, "node-0", func(n *node.Node) { n.Spec.Taints = nil })
	c.Strike(simulate.Crash{At: simulate.AfterChanges, Down: time.Minute})
	patchNode(t, c, "node-1", func(n *node.Node) { n.RequestDrain(node.DrainRequest{Limit: 1}) })
	require.NoError(t, c.Advance(5*time.Minute))
	require.Empty(t, c.View().Pods().List(store.Filter{Node: "node-1"}))
	require.Len(t, livePods(c), 2)
}

// patchNode changes a node as a client would; the answer may be lost.
func patchNode(t *testing.T, c *simulate.Cluster, name string, change func(*node.Node)) {
	t.Helper()
	n, err := c.View().Nodes().Get("", name)
	require.NoError(t, err)
	n = n.Copy()
	change(n)
	if _, err := c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: n}); err != nil {
		require.ErrorIs(t, err, simulate.ErrDown)
	}
}

// A pod whose grace ran out while nobody was there gets it again: perhaps
// nobody ever asked its container to end.
func TestRestartRenewsTheGraceOfWhatIsDeleted(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{StopDelay: 20 * time.Second}}}}}, 1)
	c.Apply(webPod("p"))
	require.NoError(t, c.Advance(time.Minute))
	c.Strike(simulate.Crash{At: simulate.AfterChanges, Down: time.Hour})
	require.ErrorIs(t, c.Delete(store.KindPod, "default", "p", orchestrator.DeleteOptions{}), simulate.ErrDown)
	require.NoError(t, c.Advance(time.Hour+10*time.Second))
	require.Len(t, c.Machine("node-0").Live(c.Now()), 1, "it has its 30 s")
	require.NoError(t, c.Advance(15*time.Second))
	require.Empty(t, c.Machine("node-0").Live(c.Now()))
	require.Zero(t, c.View().Pods().Len())
}

// What is found at the start is told.
func TestRestartTellsWhatItFound(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 1)
	c.Apply(webController("web", 3))
	require.NoError(t, c.Advance(time.Minute))
	require.Empty(t, reasonsOf(c, orchestrator.EventRecovered))
	gone := livePods(c)[0]
	require.NoError(t, c.Delete(store.KindPod, "default", gone.Name, orchestrator.DeleteOptions{Force: true}))
	die(t, c, time.Minute)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, []string{"containers that go on: 3; pods left over from before: 0"}, reasonsOf(c, orchestrator.EventRecovered))
	require.Len(t, reasonsOf(c, "Adopted"), 3)
}

// The operator's logger hears of a restart once, and of each node that something was found on.
func TestRestartTellsTheLogger(t *testing.T) {
	var said strings.Builder
	logger := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	journal := &recordedJournal{}
	cfg := orchestrator.Config{Journal: journal, Machines: []*node.Node{{Meta: labels.Meta{Name: "node-0"}}}}
	running(t, cfg, func(t *testing.T, r *rig) {
		r.apply(webController("web", 2))
		r.pass(time.Minute)
		require.NoError(t, r.stop())

		cfg.Logger = logger
		again := newRig(t, cfg, r.machines)
		require.Contains(t, said.String(), `level=INFO msg="restored from the journal" revision=`)
		require.Contains(t, said.String(), "nodes=1 controllers=1 pods=2")
		again.run()
		again.pass(time.Minute)
		require.NoError(t, again.stop())
		require.Contains(t, said.String(), `level=INFO msg="containers that go on: 2; pods left over from before: 0" reason=Recovered kind=Node`)
	})
}
