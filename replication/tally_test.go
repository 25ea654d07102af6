package replication_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// TestTallySaysWhatPlanDoes has pods come, change and go at random, and the
// controller too, and compares each plan from a tally with one from all pods.
func TestTallySaysWhatPlanDoes(t *testing.T) {
	told, left := 0, 0
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 3))
		c := controller("web", random.IntN(8))
		c.Spec.Selector = labels.Set{"app": "web"}
		c.Spec.Template.Labels = labels.Set{"app": "web", "version": "1"}
		c.Spec.MinReadySeconds = random.IntN(2) * 20
		pods, now := map[string]*pod.Pod{}, t0
		tally := replication.NewTally(c, nil)
		for step := range 200 {
			now = now.Add(time.Duration(random.IntN(8)) * time.Second)
			uid := fmt.Sprint("p", random.IntN(12))
			was, is := pods[uid], randomPod(random, c, uid, now)
			if tally.Change(was, is); is == nil {
				delete(pods, uid)
			} else {
				pods[uid] = is
			}
			if random.IntN(20) == 0 {
				c = randomSpec(random, c)
			}
			if !tally.Counts(c) {
				tally = replication.NewTally(c, ownedBy(c, pods))
			}
			want := replication.Plan(c, ownedBy(c, pods), now)
			have, ok := tally.Plan(c, now)
			require.Equal(t, len(want.Release)+len(want.Delete) == 0, ok, "seed %d step %d", seed, step)
			if ok {
				require.Equal(t, want, have, "seed %d step %d", seed, step)
				told++
			} else {
				left++
			}
		}
	}
	require.Greater(t, told, 10_000, "the histories are one-sided")
	require.Greater(t, left, 10_000, "the histories are one-sided")
}

// randomPod returns a pod in any state that one may be in; mostly one that c
// owns, and sometimes nil.
func randomPod(random *rand.Rand, c *replication.Controller, uid string, now time.Time) *pod.Pod {
	if random.IntN(6) == 0 {
		return nil
	}
	p := replication.NewPod(c)
	p.Name, p.UID = uid, uid
	p.Status.Phase = pod.Pending
	if random.IntN(3) > 0 {
		p.Status.Phase = pod.Running
		p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: []pod.ConditionStatus{pod.True, pod.False}[random.IntN(2)]},
			now.Add(-time.Duration(random.IntN(30))*time.Second))
	}
	switch random.IntN(40) {
	case 0:
		p.Labels["app"] = "db"
	case 1, 2, 3:
		p.Labels["version"] = "0"
	case 4, 5, 6:
		p.DeletionTimestamp = now
	case 7:
		p.OwnerReferences[0].UID = "stranger"
	case 8:
		p.Namespace = "elsewhere"
		p.Status.Phase = pod.Failed
	case 9, 10, 11, 12, 13:
		p.Status.Phase = pod.Failed
		p.Status.ContainerStatuses = []pod.ContainerStatus{{
			State: pod.ContainerState{Terminated: &pod.Terminated{FinishedAt: now.Add(-time.Duration(random.IntN(10)) * time.Second)}},
		}}
	case 14:
		p.Status.Phase, p.Status.Reason = pod.Failed, string(pod.NodeLost)
	}
	return p
}

// randomSpec returns a copy of c that asks for something else, and may be on its way out.
func randomSpec(random *rand.Rand, c *replication.Controller) *replication.Controller {
	changed := *c
	changed.Generation++
	changed.DeletionTimestamp = time.Time{}
	replicas := random.IntN(12)
	changed.Spec.Replicas = &replicas
	switch random.IntN(6) {
	case 0:
		changed.Spec.Selector = labels.Set{"app": "web", "version": fmt.Sprint(random.IntN(2))}
	case 1:
		changed.Spec.Selector = labels.Set{"app": "web"}
	case 2:
		template := *c.Spec.Template
		template.Labels = labels.Set{"app": "web", "version": fmt.Sprint(random.IntN(2))}
		changed.Spec.Template = &template
	case 3:
		changed.Spec.MinReadySeconds = random.IntN(2) * 20
	case 4:
		changed.DeletionTimestamp = t0
	}
	return &changed
}

func ownedBy(c *replication.Controller, pods map[string]*pod.Pod) []*pod.Pod {
	var owned []*pod.Pod
	for _, p := range pods {
		if replication.Owns(c, p) {
			owned = append(owned, p)
		}
	}
	return owned
}

// A controller without a template or a selector, as no client can write one.
func TestTallyOfBareController(t *testing.T) {
	c := &replication.Controller{Meta: labels.Meta{UID: "bare"}}
	tally := replication.NewTally(c, nil)
	a, ok := tally.Plan(c, t0)
	require.True(t, ok)
	require.Equal(t, replication.Plan(c, nil, t0), a)
	c = &replication.Controller{Meta: c.Meta, Spec: replication.Spec{Selector: labels.Set{"app": "web"}}}
	require.False(t, tally.Counts(c))
	a, ok = replication.NewTally(c, nil).Plan(c, t0)
	require.True(t, ok)
	require.Equal(t, replication.Plan(c, nil, t0), a)
}
