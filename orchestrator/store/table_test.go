package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Each kind has a table of its own, typed and untyped.
func TestTables(t *testing.T) {
	in := labels.Meta{Namespace: "default", Name: "x", UID: "u"}
	out := labels.Meta{Name: "x", UID: "u"}
	ns, n, p := &labels.Namespace{Meta: out}, &node.Node{Meta: out}, &pod.Pod{Meta: in}
	c, svc, ep := &replication.Controller{Meta: in}, &service.Service{Meta: in}, &service.Endpoints{Meta: in}
	s := newStore(t, ns, n, p, c, svc, ep)
	for _, r := range []store.Reader{s.Head(), s.View()} {
		for _, o := range []labels.Object{ns, n, p, c, svc, ep} {
			m := o.Identity()
			got, err := r.Get(store.KindOf(o), m.Namespace, m.Name)
			require.NoError(t, err)
			require.Same(t, o, got)
			for got := range r.All(store.KindOf(o), store.Filter{}) {
				require.Same(t, o, got)
			}
		}
		checkTable(t, r, r.Namespaces(), ns)
		checkTable(t, r, r.Nodes(), n)
		checkTable(t, r, r.Pods(), p)
		checkTable(t, r, r.Controllers(), c)
		checkTable(t, r, r.Services(), svc)
		checkTable(t, r, r.Endpoints(), ep)

		_, err := r.Get("Job", "default", "x")
		require.ErrorIs(t, err, store.ErrNotFound)
		for range r.All("Job", store.Filter{}) {
			t.Fatal("there are no jobs")
		}
		events := store.TableOf[*labels.Event](r)
		require.Zero(t, events.Len())
		require.Nil(t, events.List(store.Filter{}))
		_, err = events.Get("default", "x")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = events.ByUID("u")
		require.ErrorIs(t, err, store.ErrNotFound)
	}
}

func checkTable[T labels.Object](t *testing.T, r store.Reader, table store.Table[T], want T) {
	t.Helper()
	require.Equal(t, table, store.TableOf[T](r))
	require.Equal(t, 1, table.Len())
	require.Equal(t, []T{want}, table.List(store.Filter{}))
	m := want.Identity()
	got, err := table.Get(m.Namespace, m.Name)
	require.NoError(t, err)
	require.Same(t, want, got)
	got, err = table.ByUID("u")
	require.NoError(t, err)
	require.Same(t, want, got)
	_, err = table.Get("elsewhere", "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	for _, uid := range []string{"", "v"} {
		_, err = table.ByUID(uid)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
}
