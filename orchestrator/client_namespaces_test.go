package orchestrator_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

func isOneOf(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func namespace(name string) *labels.Namespace {
	return &labels.Namespace{Meta: labels.Meta{Name: name}}
}

func TestNamespacesScopeNames(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		ctx := r.ctx()
		_, err := r.c.Namespaces().Get("", "default")
		require.NoError(t, err, "the default namespace is always there")
		elsewhere := webPod("web")
		elsewhere.Namespace = "team"
		_, err = r.c.Pods().Create(ctx, elsewhere)
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		require.ErrorContains(t, err, `namespace "team"`)

		r.apply(namespace("team"))
		for _, namespace := range []string{"", "team"} {
			p := webPod("web")
			p.Namespace = namespace
			_, err = r.c.Pods().Create(ctx, p)
			require.NoError(t, err)
		}
		require.Len(t, r.c.Pods().List(store.Filter{}), 2)
		require.Len(t, r.c.Pods().List(store.Filter{Namespace: "team"}), 1)
		inDefault, err := r.c.Pods().Get("", "web")
		require.NoError(t, err)
		require.Equal(t, "default", inDefault.Namespace)
		require.NoError(t, r.c.Pods().Delete(ctx, "team", "web", orchestrator.DeleteOptions{}))
		_, err = r.c.Pods().Get("default", "web")
		require.NoError(t, err, "the other one stays")
	})
}

func TestDefaultNamespaceStays(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		for _, options := range []orchestrator.DeleteOptions{{}, {Force: true}} {
			require.ErrorIs(t, r.c.Namespaces().Delete(r.ctx(), "", "default", options), orchestrator.ErrInvalid)
		}
		ns, err := r.c.Namespaces().Get("", "default")
		require.NoError(t, err)
		ending := ns.Copy()
		ending.Status.Phase = labels.NamespaceTerminating
		_, err = r.c.Namespaces().UpdateStatus(r.ctx(), ending)
		require.ErrorIs(t, err, orchestrator.ErrInvalid)
	})
}

// A namespace that is deleted takes nothing new, ends everything in it, and goes with the last of it.
func TestNamespaceDeletion(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{StopDelay: 10 * time.Second}}}})
		ctx := r.ctx()
		rc, single := webController("web", 3), webPod("single")
		svc := &service.Service{Meta: labels.Meta{Name: "web"}, Spec: service.Spec{Ports: []service.Port{{Port: 80}}}}
		ends := &service.Endpoints{Meta: labels.Meta{Name: "web"}}
		objects := []labels.Object{namespace("team"), rc, single, svc, ends}
		for _, o := range objects[1:] {
			o.Identity().Namespace = "team"
		}
		r.apply(objects...)
		r.apply(webController("safe", 2))
		r.pass(time.Second)
		require.Len(t, r.machines.Live(), 6)

		require.NoError(t, r.c.Namespaces().Delete(ctx, "", "team", orchestrator.DeleteOptions{}))
		ns, err := r.c.Namespaces().Get("", "team")
		require.NoError(t, err)
		require.Equal(t, labels.NamespaceTerminating, ns.Status.Phase)
		late := webPod("late")
		late.Namespace = "team"
		for _, write := range []func() error{
			func() error { _, err := r.c.Pods().Create(ctx, late); return err },
			func() error { _, err := r.c.Pods().Apply(ctx, late); return err },
		} {
			require.ErrorIs(t, write(), orchestrator.ErrTerminating)
		}
		_, err = r.c.Namespaces().Apply(ctx, namespace("team"))
		require.ErrorIs(t, err, orchestrator.ErrConflict)
		require.NoError(t, r.c.Namespaces().Delete(ctx, "", "team", orchestrator.DeleteOptions{}), "asking again is no error")

		r.pass(5 * time.Second)
		require.Len(t, r.c.Pods().List(store.Filter{Namespace: "team"}), 4, "they are ending")
		require.Empty(t, r.c.Controllers().List(store.Filter{Namespace: "team"}))
		require.Empty(t, r.c.Services().List(store.Filter{Namespace: "team"}))
		require.Empty(t, r.c.Endpoints().List(store.Filter{Namespace: "team"}))
		r.pass(10 * time.Second)
		require.Empty(t, r.c.Pods().List(store.Filter{Namespace: "team"}))
		_, err = r.c.Namespaces().Get("", "team")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
		require.Len(t, r.machines.Live(), 2, "others are not touched")

		r.apply(namespace("team"))
		_, err = r.c.Pods().Create(ctx, late)
		require.NoError(t, err, "the name can be used again")
	})
}
