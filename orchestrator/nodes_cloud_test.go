package orchestrator_test

import (
	"errors"
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
)

// Nodes follow the cloud's list, and what is wrong with a list or an instance
// harms nobody else.
func TestCloudSync(t *testing.T) {
	cloud := &fake.Cloud{}
	for i := range 10 {
		cloud.Put(instance(i))
	}
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{Cloud: cloud, SyncNodes: true, Match: "i-*"}}, 0)
	require.NoError(t, c.Advance(time.Minute))
	require.Len(t, nodeNames(c), 10)

	t.Run("by hand is refused, with the reason", func(t *testing.T) {
		_, err := c.Apply(&node.Node{Meta: labels.Meta{Name: "mine"}})
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		require.ErrorContains(t, err, `apply node "mine": nodes come from the cloud while SyncNodes is on`)
	})
	t.Run("one goes, one comes, one has a new address", func(t *testing.T) {
		cloud.Delete("i-3")
		cloud.Put(instance(11))
		moved := instance(4)
		moved.Addresses = []node.Address{{Type: node.InternalIP, Address: "10.9.9.9"}}
		cloud.Put(moved)
		require.NoError(t, c.Advance(time.Minute))
		require.NotContains(t, nodeNames(c), "i-3")
		require.Contains(t, nodeNames(c), "i-11")
		n, err := c.View().Nodes().Get("", "i-4")
		require.NoError(t, err)
		require.Equal(t, "10.9.9.9", n.Address())
	})
	t.Run("an error deletes nothing", func(t *testing.T) {
		cloud.SetFaults(fake.CloudFaults{Err: errors.New("throttled")})
		require.NoError(t, c.Advance(time.Hour))
		require.Len(t, nodeNames(c), 10)
		require.Contains(t, eventReasons(c, "Cloud"), "CloudNotAnswering")
		cloud.SetFaults(fake.CloudFaults{})
	})
	t.Run("an empty list, once, deletes nothing", func(t *testing.T) {
		cloud.SetFaults(fake.CloudFaults{Empty: true, Calls: 1})
		require.NoError(t, c.Advance(time.Hour))
		require.Len(t, nodeNames(c), 10)
	})
	t.Run("an invalid instance is reported, and the others go on", func(t *testing.T) {
		bad := instance(12)
		bad.Addresses = []node.Address{{Type: node.InternalIP, Address: "no address"}}
		cloud.Put(bad)
		cloud.Put(instance(13))
		require.NoError(t, c.Advance(time.Minute))
		require.Contains(t, nodeNames(c), "i-13")
		require.NotContains(t, nodeNames(c), "i-12")
	})
	t.Run("many at once need two lists", func(t *testing.T) {
		for i := range 9 {
			cloud.Delete(fmt.Sprintf("i-%d", i))
		}
		require.NoError(t, c.Advance(time.Minute))
		require.Contains(t, eventReasons(c, "Cloud"), "DeletionHeld")
		require.Equal(t, []string{"i-11", "i-13", "i-9"}, nodeNames(c))
	})
}

// Pods wait for the first list of a cloud, and are not said to fit nowhere while nobody
// has said which nodes there are; but no longer than for nodes that do not answer.
func TestPodsWaitForTheFirstList(t *testing.T) {
	for _, slow := range []time.Duration{time.Second, time.Minute} {
		cloud := &fake.Cloud{}
		cloud.Put(instance(1))
		c, err := simulate.New(simulate.Config{
			Check:        true,
			Orchestrator: orchestrator.Config{Cloud: cloud, SyncNodes: true},
			Latency: func(w orchestrator.Work) time.Duration {
				if w.Kind == orchestrator.WorkInstances {
					return slow
				}
				return 0
			},
		})
		require.NoError(t, err)
		_, err = c.Apply(webPod("web"))
		require.NoError(t, err)
		require.NoError(t, c.Advance(10*time.Second))
		p, err := c.View().Pods().Get("default", "web")
		require.NoError(t, err)
		if slow == time.Second {
			require.Equal(t, "i-1", p.Spec.NodeName)
			require.NotContains(t, eventReasons(c, "Pod"), "FailedScheduling")
		} else {
			require.Contains(t, eventReasons(c, "Pod"), "FailedScheduling")
		}
	}
}

// A list that would delete many counts once a period, however often the cloud
// hints and is asked: it may be the same mistake twice.
func TestHeldDeletionWaitsAPeriod(t *testing.T) {
	cloud := &fake.Cloud{}
	for i := range 5 {
		cloud.Put(instance(i))
	}
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{Cloud: cloud, SyncNodes: true, SyncPeriod: time.Minute}}, 0)
	require.NoError(t, c.Advance(90*time.Second))
	cloud.SetFaults(fake.CloudFaults{Empty: true})
	for range 59 {
		c.Hint()
		require.NoError(t, c.Advance(time.Second))
		require.Len(t, nodeNames(c), 5)
	}
	t.Run("and a good list ends it", func(t *testing.T) {
		cloud.SetFaults()
		c.Hint()
		require.NoError(t, c.Advance(time.Second))
		cloud.SetFaults(fake.CloudFaults{Empty: true})
		c.Hint()
		require.NoError(t, c.Advance(59*time.Second))
		require.Len(t, nodeNames(c), 5)
	})
	require.NoError(t, c.Advance(2*time.Second))
	require.Empty(t, nodeNames(c), "a period later it is believed")
}

// Without SyncNodes the cloud is not asked, and nodes are the client's business.
func TestCloudSyncOff(t *testing.T) {
	cloud := &fake.Cloud{}
	cloud.Put(instance(1))
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{Cloud: cloud}}, 0)
	_, err := c.Apply(&node.Node{Meta: labels.Meta{Name: "mine"}})
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Hour))
	require.Equal(t, []string{"mine"}, nodeNames(c))
	require.Zero(t, cloud.Calls())
}

func instance(i int) node.Instance {
	return node.Instance{
		ID: fmt.Sprintf("i-%d", i), ProviderID: fmt.Sprintf("fake://%d", i), Zone: "a",
		Addresses: []node.Address{{Type: node.InternalIP, Address: fmt.Sprintf("10.0.0.%d", i+1)}},
	}
}

// What a later list lacks for the first time has a period of its own.
func TestHeldDeletionOfOthersWaitsAnew(t *testing.T) {
	cloud := &fake.Cloud{}
	for i := range 10 {
		cloud.Put(instance(i))
	}
	c := newCluster(t, simulate.Config{Orchestrator: orchestrator.Config{Cloud: cloud, SyncNodes: true, SyncPeriod: time.Minute}}, 0)
	require.NoError(t, c.Advance(90*time.Second))
	cloud.Delete("i-0", "i-1", "i-2", "i-3")
	require.NoError(t, c.Advance(59*time.Second)) // held at the second minute
	cloud.Put(instance(0), instance(1), instance(2), instance(3))
	cloud.Delete("i-4", "i-5", "i-6", "i-7")
	require.NoError(t, c.Advance(45*time.Second)) // and others at the third
	require.Len(t, nodeNames(c), 10)
	require.NoError(t, c.Advance(time.Minute))
	require.Equal(t, []string{"i-0", "i-1", "i-2", "i-3", "i-8", "i-9"}, nodeNames(c))
}

// A node that is deleted while it is checked gives its place to another.
func TestDeletedWhileChecked(t *testing.T) {
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Checks: 1},
		Latency:      func(orchestrator.Work) time.Duration { return time.Second },
	}, 1)
	require.NoError(t, c.Advance(500*time.Millisecond))
	require.NoError(t, c.Delete(store.KindNode, "", "node-0", orchestrator.DeleteOptions{Force: true}))
	_, err := c.Apply(&node.Node{Meta: labels.Meta{Name: "node-1"}})
	require.NoError(t, err)
	require.NoError(t, c.Advance(time.Minute))
	n, err := c.View().Nodes().Get("", "node-1")
	require.NoError(t, err)
	require.True(t, n.Schedulable())
}
