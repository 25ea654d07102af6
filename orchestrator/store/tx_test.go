package store_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

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
