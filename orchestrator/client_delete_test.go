package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// exists reports whether the pod is recorded.
func (r *rig) exists(name string) bool {
	_, err := r.c.Pods().Get("", name)
	return err == nil
}

// deletePod deletes a pod and returns how long it is there after that.
func (r *rig) deletePod(name string, options orchestrator.DeleteOptions) time.Duration {
	r.t.Helper()
	require.NoError(r.t, r.c.Pods().Delete(r.ctx(), "", name, options))
	began := time.Now()
	for r.exists(name) {
		r.pass(time.Second)
		require.Less(r.t, time.Since(began), time.Hour, "it does not go")
	}
	return time.Since(began)
}

func grace(d time.Duration) orchestrator.DeleteOptions { return orchestrator.DeleteOptions{Grace: &d} }

// How long a pod lives on whose container does not heed SIGTERM.
func TestDeleteGrace(t *testing.T) {
	ten := int64(10)
	for _, c := range []struct {
		name    string
		own     *int64
		options orchestrator.DeleteOptions
		want    time.Duration
	}{
		{"core/v1's default", nil, orchestrator.DeleteOptions{}, 30 * time.Second},
		{"the pod's own", &ten, orchestrator.DeleteOptions{}, 10 * time.Second},
		{"shorter", &ten, grace(3 * time.Second), 3 * time.Second},
		{"longer", &ten, grace(20 * time.Second), 20 * time.Second},
		{"none", nil, grace(0), 0},
		{"negative", nil, grace(-time.Hour), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
				r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}})
				p := webPod("web")
				p.Spec.TerminationGracePeriodSeconds = c.own
				r.apply(p)
				r.pass(time.Second)
				require.InDelta(t, c.want, r.deletePod("web", c.options), float64(time.Second))
				require.Empty(t, r.machines.Live())
			})
		})
	}
}

// A second delete may shorten the grace, and never lengthens it.
func TestDeleteTwice(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{IgnoresTerm: true}}}})
		r.apply(webPod("a"), webPod("b"))
		r.pass(time.Second)
		for _, name := range []string{"a", "b"} {
			require.NoError(t, r.c.Pods().Delete(r.ctx(), "", name, orchestrator.DeleteOptions{}))
		}
		r.pass(5 * time.Second)
		end := r.pod("a").DeletionTimestamp
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "a", grace(time.Hour)))
		require.Equal(t, end, r.pod("a").DeletionTimestamp)
		require.InDelta(t, 25*time.Second, r.deletePod("a", grace(time.Hour)), float64(time.Second))
		r.apply(webPod("c"))
		r.pass(time.Second)
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "c", orchestrator.DeleteOptions{}))
		r.pass(5 * time.Second)
		require.InDelta(t, 2*time.Second, r.deletePod("c", grace(2*time.Second)), float64(time.Second))
	})
}

// A pod without a node goes at once; so does any by force, and what runs of it
// is stopped as a leftover.
func TestDeleteAtOnce(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		waiting := webPod("waiting")
		waiting.Spec.NodeSelector = map[string]string{"no": "node"}
		r.apply(waiting, webPod("web"))
		r.pass(time.Second)
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "waiting", orchestrator.DeleteOptions{}))
		require.False(t, r.exists("waiting"))

		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{Force: true}))
		require.False(t, r.exists("web"))
		r.apply(webPod("web")) // the name is free at once
		r.pass(30 * time.Second)
		require.Len(t, r.machines.Live(), 1)
		require.Equal(t, r.pod("web").UID, r.machines.Live()[0].UID)
		require.Len(t, r.events("RemovedLeftover"), 1)
	})
}

func TestDeletePreconditions(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		p, err := r.c.Pods().Create(r.ctx(), webPod("web"))
		require.NoError(t, err)
		for _, options := range []orchestrator.DeleteOptions{
			{UID: "another"},
			{ResourceVersion: p.ResourceVersion - 1},
			{UID: p.UID, ResourceVersion: p.ResourceVersion + 1},
			{UID: "another", Force: true},
		} {
			err := r.c.Pods().Delete(r.ctx(), "", "web", options)
			require.ErrorIs(t, err, orchestrator.ErrConflict)
			require.ErrorContains(t, err, `delete pod "default/web": its `)
			require.True(t, r.exists("web"))
		}
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "web",
			orchestrator.DeleteOptions{UID: p.UID, ResourceVersion: p.ResourceVersion}))
		require.False(t, r.exists("web"))
	})
}

// Without cascade the pods of a controller stay and belong to nobody, until
// another controller adopts them; with it they go.
func TestDeleteController(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 3)
		r.apply(rc)
		r.pass(time.Second)
		before := uids(r.c.Pods().List(store.Filter{}))
		require.NoError(t, r.c.Controllers().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{}))
		r.pass(time.Minute)
		for _, p := range r.c.Pods().List(store.Filter{}) {
			require.Empty(t, p.OwnerReferences)
			require.False(t, p.Deleting())
		}
		require.Len(t, r.machines.Live(), 3, "they live on")

		r.apply(rc)
		r.pass(time.Second)
		require.Equal(t, before, uids(r.c.Pods().List(store.Filter{})), "a controller with their labels adopts them")
		r.healthy(rc, 3)

		require.NoError(t, r.c.Controllers().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{Cascade: true}))
		r.pass(time.Minute)
		require.Empty(t, r.c.Pods().List(store.Filter{}))
		require.Empty(t, r.machines.Live())
	})
}

// Options of a controller's deletion hold for its pods.
func TestDeleteControllerByForce(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webController("web", 3))
		r.pass(time.Second)
		require.NoError(t, r.c.Controllers().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{Cascade: true, Force: true}))
		require.Empty(t, r.c.Pods().List(store.Filter{}))
		r.pass(time.Minute)
		require.Empty(t, r.machines.Live())
	})
}

func TestBind(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		cordoned := nodeNamed("node-1")
		cordoned.Spec.Unschedulable = true
		r.apply(cordoned)
		p := webPod("web")
		p.Spec.NodeSelector = map[string]string{"no": "node"}
		r.apply(p)
		r.pass(time.Second)
		bound, err := r.c.Pods().Bind(r.ctx(), "", "web", "node-1")
		require.NoError(t, err)
		require.Equal(t, "node-1", bound.Spec.NodeName)
		r.pass(time.Second)
		require.Len(t, r.machines.Node("node-1").Live(), 1, "past the scheduler, and past the cordon")

		_, err = r.c.Pods().Bind(r.ctx(), "", "web", "node-1")
		require.NoError(t, err, "it is there already")
		_, err = r.c.Pods().Bind(r.ctx(), "", "web", "node-2")
		require.ErrorIs(t, err, orchestrator.ErrConflict)
		require.ErrorContains(t, err, `bind pod "default/web": it is on node "node-1": `)
		_, err = r.c.Pods().Bind(r.ctx(), "", "web", "node-9")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		_, err = r.c.Pods().Bind(r.ctx(), "", "nobody", "node-1")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
	})
}
