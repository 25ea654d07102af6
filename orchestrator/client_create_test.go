package orchestrator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func TestGenerateName(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		seen := make(map[string]bool)
		for range 50 {
			p := webPod("")
			p.GenerateName = "web-"
			created, err := r.c.Pods().Create(r.ctx(), p)
			require.NoError(t, err)
			require.Len(t, created.Name, len("web-")+5)
			require.True(t, strings.HasPrefix(created.Name, "web-"))
			require.False(t, seen[created.Name], "names are unique")
			seen[created.Name] = true
			require.Empty(t, p.Name, "what was handed in stays as it is")
		}
		require.Len(t, r.c.Pods().List(store.Filter{}), 50)
		named := webPod("web")
		named.GenerateName = "other-"
		created, err := r.c.Pods().Create(r.ctx(), named)
		require.NoError(t, err)
		require.Equal(t, "web", created.Name, "a name wins")
	})
}

// What belongs to the orchestrator is ignored where a client writes it.
func TestCreateIgnoresWhatIsNotTheClients(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.UID, p.ResourceVersion, p.Generation = "mine", 99, 99
		p.CreationTimestamp, p.DeletionTimestamp = time.Unix(1, 0), time.Unix(2, 0)
		grace := int64(1)
		p.DeletionGracePeriodSeconds = &grace
		p.Status = pod.Status{Phase: pod.Succeeded, PodIP: "10.9.9.9"}
		created, err := r.c.Pods().Create(r.ctx(), p)
		require.NoError(t, err)
		require.NotEqual(t, "mine", created.UID)
		require.NotEqualValues(t, 99, created.ResourceVersion)
		require.EqualValues(t, 1, created.Generation)
		require.True(t, created.CreationTimestamp.Equal(time.Now()))
		require.False(t, created.Deleting())
		require.Nil(t, created.DeletionGracePeriodSeconds)
		require.Equal(t, pod.Status{Phase: pod.Pending}, created.Status)
	})
}

// An object that is changed after it was handed in, or before it comes back, is stored as it was.
func TestObjectsAreCopiedIn(t *testing.T) {
	for _, run := range []bool{false, true} {
		bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
			if run {
				r.run()
				r.pass(time.Second)
			}
			c := webController("web", 0)
			created, err := r.c.Controllers().Create(r.ctx(), c)
			require.NoError(t, err)
			want := created.Copy()
			c.Name = "other"
			c.Spec.Selector = labels.Set{"app": "other"}
			c.Spec.Template.Labels["app"] = "other"
			c.Spec.Template.Spec.Containers[0].Image = "other"
			*c.Spec.Replicas = 7
			stored, err := r.c.Controllers().Get("", "web")
			require.NoError(t, err)
			require.Equal(t, want.Spec, stored.Spec)
			require.Equal(t, want.Meta.UID, stored.UID)

			update := stored.Copy()
			update.Spec.Template.Spec.Containers[0].Image = "web:2"
			_, err = r.c.Controllers().Update(r.ctx(), update)
			require.NoError(t, err)
			update.Spec.Template.Spec.Containers[0].Image = "other"
			stored, err = r.c.Controllers().Get("", "web")
			require.NoError(t, err)
			require.Equal(t, "web:2", stored.Spec.Template.Spec.Containers[0].Image)
		})
	}
}

func TestDoLeavesItsOperationsAlone(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p := webPod("web")
		operations := []orchestrator.Operation{{Verb: orchestrator.Create, Object: p}}
		_, err := r.c.Do(r.ctx(), operations...)
		require.NoError(t, err)
		require.Same(t, p, operations[0].Object)
	})
}

// Input that makes no sense is an error, not a panic.
func TestNonsenseIsRefused(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		for name, op := range map[string]orchestrator.Operation{
			"nothing at all":  {},
			"no object":       {Verb: orchestrator.Create, Kind: store.KindPod},
			"nil pod":         {Verb: orchestrator.Apply, Object: (*pod.Pod)(nil)},
			"nil node":        {Verb: orchestrator.Update, Object: (*node.Node)(nil)},
			"foreign object":  {Verb: orchestrator.Create, Object: &labels.Event{}},
			"a bare identity": {Verb: orchestrator.Create, Object: &labels.Meta{Name: "x"}},
			"by value":        {Verb: orchestrator.Create, Object: struct{ *labels.Meta }{&labels.Meta{Name: "x"}}},
			"unknown verb":    {Verb: "praise", Object: webPod("web")},
			"unknown kind":    {Verb: orchestrator.Delete, Kind: "Boat", Name: "x"},
			"empty pod":       {Verb: orchestrator.Create, Object: &pod.Pod{}},
			"empty template":  {Verb: orchestrator.Apply, Object: &replication.Controller{Meta: labels.Meta{Name: "x"}}},
			"no name":         {Verb: orchestrator.Update, Object: &pod.Pod{}},
			"bind to nowhere": {Verb: orchestrator.Bind, Kind: store.KindPod, Name: "x"},
			"bind a node":     {Verb: orchestrator.Bind, Kind: store.KindNode, Name: "node-0", Node: "node-0"},
			"namespaced node": {Verb: orchestrator.Create, Object: &node.Node{Meta: labels.Meta{Name: "x", Namespace: "y"}}},
		} {
			_, err := r.c.Do(r.ctx(), op)
			require.Error(t, err, name)
			if !isOneOf(err, orchestrator.ErrInvalid, orchestrator.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := r.c.Pods().Create(r.ctx(), nil)
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
		results, err := r.c.Do(r.ctx())
		require.NoError(t, err, "nothing to do is done at once")
		require.Empty(t, results)
	})
}

// A pod that names its node is there at once, past the scheduler.
func TestCreateWithNodeName(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.Spec.NodeName = "node-2"
		created, err := r.c.Pods().Create(r.ctx(), p)
		require.NoError(t, err)
		require.Equal(t, "node-2", created.Spec.NodeName)
		r.pass(time.Second)
		require.Len(t, r.machines.Node("node-2").Live(), 1)

		p = webPod("nowhere")
		p.Spec.NodeName = "node-9"
		_, err = r.c.Pods().Create(r.ctx(), p)
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		require.ErrorContains(t, err, `create pod "default/nowhere": spec.nodeName: get node "node-9": not found`)
	})
}
