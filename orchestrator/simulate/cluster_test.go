package simulate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

func newCluster(t *testing.T, cfg simulate.Config) *simulate.Cluster {
	t.Helper()
	cfg.Orchestrator.Machines = twoNodes()
	cfg.Check = true
	c, err := simulate.New(cfg)
	require.NoError(t, err)
	return c
}

func TestNewRefusesWhatMakesNoSense(t *testing.T) {
	_, err := simulate.New(simulate.Config{Orchestrator: orchestrator.Config{Node: node.Rules{Grace: -time.Second}}})
	require.ErrorContains(t, err, "Node.Grace: -1s: must not be negative")
}

func TestAdvanceEndsWhenItSays(t *testing.T) {
	c := newCluster(t, simulate.Config{})
	start := c.Now()
	require.NoError(t, c.Advance(90*time.Minute+time.Nanosecond))
	require.Equal(t, 90*time.Minute+time.Nanosecond, c.Now().Sub(start))
}

func TestObserveSeesEveryChangeOnce(t *testing.T) {
	var revision uint64
	c := newCluster(t, simulate.Config{Observe: func(_ time.Time, r orchestrator.Ready) {
		for _, change := range r.Changes {
			require.Equal(t, revision+1, change.Revision)
			revision = change.Revision
		}
	}})
	_, err := c.Apply(replicas(5))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, c.View().Revision(), revision)
}

func TestDeletedPodEndsAfterItsGrace(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}}})
	_, err := c.Apply(replicas(1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.NoError(t, c.Delete(store.KindController, "default", "web", orchestrator.DeleteOptions{Cascade: true}))
	require.NoError(t, c.Advance(29*time.Second))
	require.Equal(t, 1, c.View().Pods().Len())
	require.NoError(t, c.Advance(2*time.Second))
	require.Zero(t, c.View().Pods().Len())
}

// A shorter grace replaces a stop that is under way.
func TestGraceIsShortened(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}}})
	_, err := c.Apply(&pod.Pod{Meta: replicas(1).Meta, Spec: replicas(1).Spec.Template.Spec})
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.NoError(t, c.Delete(store.KindPod, "default", "web", orchestrator.DeleteOptions{}))
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, 1, c.View().Pods().Len())
	require.NoError(t, c.Delete(store.KindPod, "default", "web", orchestrator.DeleteOptions{Grace: new(time.Duration)}))
	require.NoError(t, c.Advance(time.Second))
	require.Zero(t, c.View().Pods().Len())
}

// A pod that is deleted while its container starts never runs on.
func TestDeletedWhileStarting(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{{StartDelay: time.Hour}}}}})
	_, err := c.Apply(replicas(1))
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	require.NoError(t, c.Delete(store.KindController, "default", "web", orchestrator.DeleteOptions{Cascade: true}))
	require.NoError(t, c.Advance(2*time.Hour))
	require.Zero(t, c.View().Pods().Len())
	require.Empty(t, c.Machine("left").Live(c.Now()))
	require.Empty(t, c.Machine("right").Live(c.Now()))
}

func TestProbesDecideReadiness(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{
		{WellAfter: 30 * time.Second, SickAfter: 5 * time.Minute}, {},
	}}}})
	asks := &pod.Probe{Exec: &pod.ExecAction{Command: []string{"ask"}}, PeriodSeconds: 5}
	rc := replicas(1)
	rc.Spec.Template.Spec.Containers[0].ReadinessProbe = asks
	liveness := *asks
	liveness.InitialDelaySeconds = 60
	rc.Spec.Template.Spec.Containers[0].LivenessProbe = &liveness
	_, err := c.Apply(rc)
	require.NoError(t, err)
	status := func() *pod.Status { return &c.View().Pods().List(store.Filter{})[0].Status }

	require.NoError(t, c.Advance(25*time.Second))
	require.False(t, status().Is(pod.Ready))
	require.NoError(t, c.Advance(15*time.Second))
	require.True(t, status().Is(pod.Ready))
	require.NoError(t, c.Advance(5*time.Minute))
	require.Equal(t, 1, status().ContainerStatuses[0].RestartCount, "the liveness probe has it killed")
	require.True(t, status().Is(pod.Ready))
}

// A cloud that is scripted is slow, hangs and fails on virtual time.
func TestCloudOnVirtualTime(t *testing.T) {
	cloud := &fake.Cloud{}
	cloud.Put(node.Instance{ID: "a"})
	cloud.SetFaults(
		fake.CloudFaults{Calls: 1, Hang: true},              // until the call timeout: 2 min
		fake.CloudFaults{Calls: 1, Err: errors.New("busy")}, // a second later
		fake.CloudFaults{Calls: 1, Latency: time.Minute},    // two seconds later
	)
	c, err := simulate.New(simulate.Config{
		Orchestrator: orchestrator.Config{Cloud: cloud, SyncNodes: true},
		Latency:      func(orchestrator.Work) time.Duration { return time.Second },
	})
	require.NoError(t, err)
	require.NoError(t, c.Advance(2*time.Minute))
	require.Equal(t, 1, cloud.Calls())
	require.NoError(t, c.Advance(time.Second))
	require.Equal(t, 2, cloud.Calls())
	require.NoError(t, c.Advance(time.Second+2*time.Second+time.Minute+time.Second-time.Nanosecond))
	require.Equal(t, 3, cloud.Calls())
	require.Zero(t, c.View().Nodes().Len())
	require.NoError(t, c.Advance(time.Nanosecond))
	require.Equal(t, 1, c.View().Nodes().Len())
}
