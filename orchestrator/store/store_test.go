package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
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
