package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// newPod returns a pod of the default namespace.
func newPod(name string) *pod.Pod {
	return &pod.Pod{Meta: labels.Meta{Namespace: "default", Name: name, UID: "uid-" + name}}
}

// newStore returns a store with the objects, published.
func newStore(tb testing.TB, objects ...labels.Object) *store.Store {
	tb.Helper()
	s, err := store.New(store.Config{})
	require.NoError(tb, err)
	require.NoError(tb, create(s, objects...))
	s.Take()
	s.Publish()
	return s
}

// create creates the objects in one transaction.
func create(s *store.Store, objects ...labels.Object) error {
	return s.Update(func(tx *store.Tx) error {
		for _, o := range objects {
			if err := tx.Create(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// names returns the names of the pods that the filter chooses.
func names(r store.Reader, f store.Filter) []string {
	var out []string
	for p := range r.Pods().All(f) {
		out = append(out, p.Name)
	}
	return out
}

func TestNew(t *testing.T) {
	_, err := store.New(store.Config{History: -1})
	require.EqualError(t, err, "new store: history -1 is negative")

	s, err := store.New(store.Config{})
	require.NoError(t, err)
	require.Zero(t, s.View().Revision())
	require.Empty(t, s.View().Pods().List(store.Filter{}))
	require.Nil(t, s.Take())
}

// Every write of the table is tried, in a transaction of its own, on a store
// with the pod "default/web", last written at revision 2.
func TestWrites(t *testing.T) {
	named := func(change func(*pod.Pod)) *pod.Pod {
		p := newPod("web")
		change(p)
		return p
	}
	for _, c := range []struct {
		name string
		do   func(tx *store.Tx) error
		want error
		text string
	}{
		{name: "create", do: func(tx *store.Tx) error { return tx.Create(newPod("new")) }},
		{name: "create with a version", do: func(tx *store.Tx) error {
			p := newPod("new")
			p.ResourceVersion = 77
			return tx.Create(p)
		}},
		{name: "create again", do: func(tx *store.Tx) error { return tx.Create(newPod("web")) },
			want: store.ErrExists, text: `create pod "default/web": already exists`},
		{name: "create elsewhere", do: func(tx *store.Tx) error {
			return tx.Create(named(func(p *pod.Pod) { p.Namespace = "other" }))
		}},
		{name: "create another kind", do: func(tx *store.Tx) error {
			return tx.Create(&service.Service{Meta: labels.Meta{Namespace: "default", Name: "web"}})
		}},
		{name: "create nameless", do: func(tx *store.Tx) error { return tx.Create(newPod("")) },
			text: `create pod "default/": it has no name`},
		{name: "create without namespace", do: func(tx *store.Tx) error {
			return tx.Create(named(func(p *pod.Pod) { p.Namespace = "" }))
		}, text: `create pod "web": it has no namespace`},
		{name: "create node in a namespace", do: func(tx *store.Tx) error {
			return tx.Create(&node.Node{Meta: labels.Meta{Namespace: "default", Name: "n1"}})
		}, text: `create node "default/n1": its kind has no namespace`},
		{name: "create what is not kept", do: func(tx *store.Tx) error {
			return tx.Create(&labels.Event{})
		}, text: "create object: the store keeps no *labels.Event"},
		{name: "create nothing", do: func(tx *store.Tx) error { return tx.Create(nil) },
			text: "create object: the store keeps no <nil>"},

		{name: "update whatever is there", do: func(tx *store.Tx) error { return tx.Update(newPod("web")) }},
		{name: "update what was read", do: func(tx *store.Tx) error {
			return tx.Update(named(func(p *pod.Pod) { p.ResourceVersion = 2 }))
		}},
		{name: "update what has changed", do: func(tx *store.Tx) error {
			return tx.Update(named(func(p *pod.Pod) { p.ResourceVersion = 1 }))
		}, want: store.ErrConflict, text: `update pod "default/web": changed since it was read`},
		{name: "update from the future", do: func(tx *store.Tx) error {
			return tx.Update(named(func(p *pod.Pod) { p.ResourceVersion = 3 }))
		}, want: store.ErrConflict},
		{name: "update another of that name", do: func(tx *store.Tx) error {
			return tx.Update(named(func(p *pod.Pod) { p.UID = "another" }))
		}, want: store.ErrConflict},
		{name: "update what is not there", do: func(tx *store.Tx) error { return tx.Update(newPod("db")) },
			want: store.ErrNotFound, text: `update pod "default/db": not found`},
		{name: "update in place", do: func(tx *store.Tx) error {
			p, err := tx.Pods().Get("default", "web")
			if err != nil {
				return err
			}
			return tx.Update(p)
		}, text: `update pod "default/web": it is the stored object itself, not a copy`},
		{name: "update what is not kept", do: func(tx *store.Tx) error { return tx.Update(&labels.Event{}) },
			text: "update object: the store keeps no *labels.Event"},

		{name: "delete", do: func(tx *store.Tx) error { return tx.Delete(store.KindPod, "default", "web") }},
		{name: "delete what is not there", do: func(tx *store.Tx) error {
			return tx.Delete(store.KindController, "default", "web")
		}, want: store.ErrNotFound, text: `delete replication controller "default/web": not found`},
		{name: "delete of a strange kind", do: func(tx *store.Tx) error { return tx.Delete("Job", "default", "web") },
			want: store.ErrNotFound, text: `delete Job "default/web": not found`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, newPod("web"))
			require.NoError(t, s.Update(func(tx *store.Tx) error { return tx.Update(newPod("web")) }))
			s.Take()
			before := s.Head()

			err := s.Update(c.do)
			if c.want == nil && c.text == "" {
				require.NoError(t, err)
				require.Equal(t, before.Revision()+1, s.Head().Revision())
				return
			}
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			if c.text != "" {
				require.EqualError(t, err, c.text)
			}
			require.Equal(t, before, s.Head(), "nothing may have changed")
			require.Nil(t, s.Take())
		})
	}
}

func TestErrorNamesTheObject(t *testing.T) {
	s := newStore(t)
	_, err := s.View().Pods().Get("default", "web")
	var failed *store.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, &store.Error{
		Verb: "get", Kind: store.KindPod, Namespace: "default", Name: "web", Err: store.ErrNotFound,
	}, failed)
}

// Every change has the next revision, and the object that it wrote bears it.
func TestRevisions(t *testing.T) {
	s := newStore(t)
	a, b, a2 := newPod("a"), newPod("b"), newPod("a")
	require.NoError(t, s.Update(func(tx *store.Tx) error {
		require.NoError(t, tx.Create(a))
		require.EqualValues(t, 1, tx.Revision())
		require.NoError(t, tx.Create(b))
		require.NoError(t, tx.Update(a2))
		return tx.Delete(store.KindPod, "default", "b")
	}))
	require.Equal(t, []store.Change{
		{Revision: 1, Kind: store.KindPod, New: a},
		{Revision: 2, Kind: store.KindPod, New: b},
		{Revision: 3, Kind: store.KindPod, Old: a, New: a2},
		{Revision: 4, Kind: store.KindPod, Old: b},
	}, s.Take())
	require.EqualValues(t, 1, a.ResourceVersion)
	require.EqualValues(t, 2, b.ResourceVersion)
	require.EqualValues(t, 3, a2.ResourceVersion)
	require.EqualValues(t, 4, s.Head().Revision())
}

func TestAbortLeavesNothing(t *testing.T) {
	s := newStore(t, newPod("web"))
	before, refused := s.Head(), errors.New("refused")
	fresh, changed := newPod("new"), newPod("web")
	changed.ResourceVersion = 1
	spoil := func(tx *store.Tx) {
		require.NoError(t, tx.Create(fresh))
		require.NoError(t, tx.Update(changed))
		require.NoError(t, tx.Delete(store.KindPod, "default", "web"))
		require.Equal(t, []string{"new"}, names(tx.Reader, store.Filter{}))
	}
	check := func() {
		require.Equal(t, before, s.Head())
		require.Equal(t, []string{"web"}, names(s.Head(), store.Filter{}))
		require.Zero(t, fresh.ResourceVersion, "the object is the caller's again, as it was")
		require.EqualValues(t, 1, changed.ResourceVersion)
		require.Nil(t, s.Take())
	}

	require.Equal(t, refused, s.Update(func(tx *store.Tx) error {
		spoil(tx)
		return refused
	}), "the error comes back as it is")
	check()

	require.PanicsWithValue(t, "oops", func() {
		_ = s.Update(func(tx *store.Tx) error {
			spoil(tx)
			panic("oops")
		})
	})
	check()

	require.NoError(t, create(s, fresh), "the store goes on")
}

func TestUpdateDoesNotNest(t *testing.T) {
	s := newStore(t)
	var ended *store.Tx
	require.NoError(t, s.Update(func(tx *store.Tx) error {
		ended = tx
		require.EqualError(t, create(s, newPod("b")), "update store: a transaction is already open")
		require.Error(t, s.Load(nil, 1))
		return tx.Create(newPod("a"))
	}))
	require.EqualError(t, ended.Create(newPod("b")), "create object: the transaction has ended")
	require.EqualError(t, ended.Update(newPod("a")), "update object: the transaction has ended")
	require.EqualError(t, ended.Delete(store.KindPod, "default", "a"),
		`delete pod "default/a": the transaction has ended`)
	require.Equal(t, []string{"a"}, names(s.Head(), store.Filter{}))
}

// A transaction finds by UID what it has written itself.
func TestByUIDInTransaction(t *testing.T) {
	anonymous := newPod("a")
	anonymous.UID = ""
	s := newStore(t, anonymous, newPod("b"), newPod("c"))
	old := s.View()
	require.NoError(t, s.Update(func(tx *store.Tx) error {
		finds := func(uid string) bool {
			p, err := tx.Pods().ByUID(uid)
			return err == nil && p.UID == uid
		}
		require.False(t, finds("uid-a"))
		require.NoError(t, tx.Update(newPod("a")))
		require.NoError(t, tx.Create(newPod("d")))
		require.NoError(t, tx.Delete(store.KindPod, "default", "b"))
		require.NoError(t, tx.Delete(store.KindPod, "default", "c"))
		c := newPod("c")
		c.UID = "another"
		require.NoError(t, tx.Create(c))
		for uid, want := range map[string]bool{
			"uid-a": true, "uid-b": false, "uid-c": false, "uid-d": true, "another": true,
		} {
			require.Equal(t, want, finds(uid), uid)
		}
		require.NoError(t, tx.Delete(store.KindPod, "default", "d"))
		require.False(t, finds("uid-d"))
		return nil
	}))
	for uid, want := range map[string][2]bool{
		"uid-a": {false, true}, "uid-b": {true, false}, "uid-c": {true, false}, "another": {false, true},
	} {
		_, err := old.Pods().ByUID(uid)
		require.Equal(t, want[0], err == nil, "%s before", uid)
		_, err = s.Head().Pods().ByUID(uid)
		require.Equal(t, want[1], err == nil, "%s after", uid)
	}
}

// Readers see what Take has handed out and Publish has let go; the writer sees
// all at once.
func TestPublish(t *testing.T) {
	s := newStore(t)
	step := func(name string) []store.Change {
		require.NoError(t, create(s, newPod(name)))
		return s.Take()
	}
	visible := func() []string { return names(s.View(), store.Filter{}) }

	require.NoError(t, create(s, newPod("a")))
	s.Publish()
	require.Empty(t, visible(), "not taken")
	require.Len(t, s.Take(), 1)
	require.Empty(t, visible(), "not published")
	require.NoError(t, create(s, newPod("b")))
	s.Publish()
	require.Equal(t, []string{"a"}, visible(), "b was not taken")
	require.Equal(t, []string{"a", "b"}, names(s.Head(), store.Filter{}))

	s.Take()
	c := step("c")
	step("d")
	s.PublishUpTo(c[0].Revision - 1)
	require.Equal(t, []string{"a", "b"}, visible())
	s.PublishUpTo(c[0].Revision)
	require.Equal(t, []string{"a", "b", "c"}, visible())
	s.PublishUpTo(1)
	require.EqualValues(t, 3, s.View().Revision(), "never back")
	s.Publish()
	require.Equal(t, []string{"a", "b", "c", "d"}, visible())
}

func TestLoad(t *testing.T) {
	at := func(o labels.Object, revision uint64) labels.Object {
		o.Identity().ResourceVersion = revision
		return o
	}
	for _, c := range []struct {
		name    string
		objects []labels.Object
		text    string
	}{
		{"no version", []labels.Object{newPod("a")}, `load pod "default/a": resource version 0 is not from 1 to 9`},
		{"future", []labels.Object{at(newPod("a"), 10)}, `load pod "default/a": resource version 10 is not from 1 to 9`},
		{"twice", []labels.Object{at(newPod("a"), 1), at(newPod("a"), 2)}, `load pod "default/a": already exists`},
		{"nameless", []labels.Object{at(newPod(""), 1)}, `load pod "default/": it has no name`},
		{"not kept", []labels.Object{&labels.Event{}}, "load object: the store keeps no *labels.Event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			objects := append([]labels.Object{at(newPod("good"), 1)}, c.objects...)
			require.EqualError(t, s.Load(objects, 9), c.text)
			require.Zero(t, s.Head().Revision())
			require.Zero(t, s.Head().Pods().Len())
			require.NoError(t, create(s, newPod("good")), "the store is as good as new")
		})
	}

	s := newStore(t)
	web := newPod("web")
	web.Labels, web.Spec.NodeName = labels.Set{"app": "web"}, "n1"
	objects := []labels.Object{at(web, 7), at(newPod("db"), 3), at(&node.Node{Meta: labels.Meta{Name: "n1"}}, 5)}
	require.NoError(t, s.Load(objects, 9))
	for _, r := range []store.Reader{s.Head(), s.View()} {
		require.EqualValues(t, 9, r.Revision())
		require.Equal(t, []string{"db", "web"}, names(r, store.Filter{}))
		require.Equal(t, []string{"web"}, names(r, store.Filter{Node: "n1"}))
		require.Equal(t, []string{"web"}, names(r, store.Filter{Selector: labels.SelectorFromSet(web.Labels)}))
		require.Equal(t, 1, r.Nodes().Len())
		require.Equal(t, 3, r.Len())
		got, err := r.Pods().ByUID("uid-web")
		require.NoError(t, err)
		require.Same(t, web, got)
		require.EqualValues(t, 7, got.ResourceVersion)
	}
	require.Nil(t, s.Take(), "what was loaded is durable already")
	require.EqualError(t, s.Load(objects, 9), "load store: it is not empty")
	require.NoError(t, create(s, newPod("new")))
	require.EqualValues(t, 10, s.Take()[0].Revision)
}

// An empty journal may still be at a later revision: its objects were deleted.
func TestLoadNothing(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.Load(nil, 40))
	require.EqualValues(t, 40, s.View().Revision())
	_, err := s.Watch(39)
	require.ErrorIs(t, err, store.ErrExpired)
	_, err = s.Watch(40)
	require.NoError(t, err)
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		object     labels.Object
		kind       store.Kind
		namespaced bool
		noun       string
	}{
		{(*labels.Namespace)(nil), store.KindNamespace, false, "namespace"},
		{(*node.Node)(nil), store.KindNode, false, "node"},
		{(*pod.Pod)(nil), store.KindPod, true, "pod"},
		{(*replication.Controller)(nil), store.KindController, true, "replication controller"},
		{(*service.Service)(nil), store.KindService, true, "service"},
		{(*service.Endpoints)(nil), store.KindEndpoints, true, "endpoints"},
		{(*labels.Event)(nil), "", false, ""},
		{nil, "", false, ""},
	} {
		require.Equal(t, c.kind, store.KindOf(c.object))
		require.Equal(t, c.namespaced, store.Namespaced(c.kind))
		require.Equal(t, c.noun, c.kind.Noun())
		if c.kind != "" {
			require.Contains(t, store.Kinds(), c.kind)
		}
	}
	require.Len(t, store.Kinds(), 6)
	store.Kinds()[0] = "mine"
	require.Equal(t, store.KindNamespace, store.Kinds()[0])
}

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
