package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// id names an object in the model.
type id struct {
	kind            store.Kind
	namespace, name string
}

// model is a store as one would write it without a care for speed.
type model map[id]labels.Object

func (m model) list(kind store.Kind, f store.Filter) []labels.Object {
	var out []labels.Object
	for k, o := range m {
		if k.kind == kind && chosen(f, o) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b labels.Object) int {
		x, y := a.Identity(), b.Identity()
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	return out
}

// chosen is Filter.Matches, said in another way.
func chosen(f store.Filter, o labels.Object) bool {
	m := o.Identity()
	owned := slices.ContainsFunc(m.OwnerReferences, func(r labels.OwnerReference) bool { return r.UID == f.Owner })
	p, isPod := o.(*pod.Pod)
	return (f.Namespace == "" || m.Namespace == f.Namespace) &&
		(f.Node == "" || isPod && p.Spec.NodeName == f.Node) &&
		(f.Owner == "" || owned) &&
		f.Selector.Matches(m.Labels)
}

// world is a store and its model, driven by one seed.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	store   *store.Store
	now     model
	changes []store.Change // all that were committed
	taken   []model        // by Take, not published
	visible model
	kept    []pair // old readers, and what they must show for ever
	uids    int
}

type pair struct {
	reader store.Reader
	model  model
}

// Random transactions, some of them aborted, leave the store in the same state
// as a plain map; so do readers kept from earlier. The history is short, so
// that old readers outlive what the indexes know.
func TestStoreAgainstModel(t *testing.T) {
	steps, seeds := 100, uint64(40)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		t.Run("seed="+strconv.FormatUint(seed, 10), func(t *testing.T) {
			s, err := store.New(store.Config{History: 1 + int(seed%4)*15})
			require.NoError(t, err)
			w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), store: s, now: model{}, visible: model{}}
			for range steps {
				w.step()
			}
			w.replay()
		})
	}
}

func (w *world) step() {
	w.transaction()
	switch w.rng.IntN(6) {
	case 0:
		w.take()
		w.store.Publish()
		if len(w.taken) > 0 {
			w.visible, w.taken = w.taken[len(w.taken)-1], nil
		}
	case 1:
		w.take()
	case 2:
		w.kept = append(w.kept, pair{w.store.Head(), maps.Clone(w.now)})
	case 3:
		w.kept = append(w.kept, pair{w.store.View(), w.visible})
	}
	w.check(w.store.Head(), w.now)
	w.check(w.store.View(), w.visible)
	if n := len(w.kept); n > 0 {
		old := w.kept[w.rng.IntN(n)]
		w.check(old.reader, old.model)
	}
}

func (w *world) take() {
	if changes := w.store.Take(); changes != nil {
		w.changes = append(w.changes, changes...)
		w.taken = append(w.taken, maps.Clone(w.now))
	}
}

var errAbort = errors.New("abort")

func (w *world) transaction() {
	next := maps.Clone(w.now)
	abort := w.rng.IntN(4) == 0
	before := w.store.Head()
	err := w.store.Update(func(tx *store.Tx) error {
		for range w.rng.IntN(8) {
			w.write(tx, next)
			if w.rng.IntN(3) == 0 {
				w.check(tx.Reader, next)
			}
		}
		if abort {
			return errAbort
		}
		return nil
	})
	w.check(before, w.now)
	if abort {
		require.Equal(w.t, errAbort, err)
		return
	}
	require.NoError(w.t, err)
	w.now = next
}

// write makes one random change to the transaction and to the model.
func (w *world) write(tx *store.Tx, m model) {
	o := w.object()
	k := idOf(o)
	current, exists := m[k]
	switch w.rng.IntN(6) {
	case 0, 1, 2:
		err := tx.Create(o)
		if exists {
			require.ErrorIs(w.t, err, store.ErrExists)
			return
		}
		require.NoError(w.t, err)
	case 3, 4:
		stale := w.rng.IntN(8) == 0
		if exists {
			o.Identity().UID = current.Identity().UID
			o.Identity().ResourceVersion = current.Identity().ResourceVersion
			if stale {
				o.Identity().ResourceVersion++
			}
		}
		err := tx.Update(o)
		switch {
		case !exists:
			require.ErrorIs(w.t, err, store.ErrNotFound)
			return
		case stale:
			require.ErrorIs(w.t, err, store.ErrConflict)
			return
		}
		require.NoError(w.t, err)
	case 5:
		err := tx.Delete(k.kind, k.namespace, k.name)
		if !exists {
			require.ErrorIs(w.t, err, store.ErrNotFound)
			return
		}
		require.NoError(w.t, err)
		delete(m, k)
		return
	}
	m[k] = o
}

func idOf(o labels.Object) id {
	m := o.Identity()
	return id{store.KindOf(o), m.Namespace, m.Name}
}

// object returns one out of few names, with few values for all else. Some
// names are the beginning of others, and some namespaces too.
func (w *world) object() labels.Object {
	w.uids++
	m := labels.Meta{
		Namespace: w.one("a", "a-b", "b"),
		Name:      w.one("p", "p-", "p.", "q") + w.one("1", "2", "3", "11", "12", "13"),
		UID:       "uid-" + strconv.Itoa(w.uids),
		Labels:    labels.Set{},
	}
	for _, key := range []string{"app", "tier"} {
		if w.rng.IntN(3) > 0 {
			m.Labels[key] = w.one("x", "y", "z", "1", "2", "")
		}
	}
	for range w.rng.IntN(3) {
		m.OwnerReferences = append(m.OwnerReferences, labels.OwnerReference{UID: w.one("o1", "o2", "o3", "o4", "o5")})
	}
	switch w.rng.IntN(8) {
	case 0:
		m.Namespace = ""
		return &node.Node{Meta: m}
	case 1:
		return &service.Service{Meta: m}
	}
	return &pod.Pod{Meta: m, Spec: pod.Spec{NodeName: w.one("", "n1", "n2", "n3", "n4", "n5")}}
}

func (w *world) one(of ...string) string { return of[w.rng.IntN(len(of))] }

var selectors = []string{
	"", "app=x", "app!=x", "app in (x,y)", "app notin (x)", "app", "!app", "app=x,tier=y", "app,tier in (y,z)", "app>1", "other=x",
}

func (w *world) filter() store.Filter {
	selector, err := labels.Parse(selectors[w.rng.IntN(len(selectors))])
	require.NoError(w.t, err)
	f := store.Filter{Selector: selector}
	if w.rng.IntN(3) == 0 {
		f.Namespace = w.one("a", "a-b", "b", "c")
	}
	if w.rng.IntN(3) == 0 {
		f.Node = w.one("n1", "n2", "n6")
	}
	if w.rng.IntN(3) == 0 {
		f.Owner = w.one("o1", "o2", "o6")
	}
	return f
}

// check compares everything that a reader shows with the model.
func (w *world) check(r store.Reader, m model) {
	w.t.Helper()
	f := w.filter()
	for _, kind := range []store.Kind{store.KindPod, store.KindNode, store.KindService} {
		require.Equal(w.t, m.list(kind, store.Filter{}), slices.Collect(r.All(kind, store.Filter{})))
		require.Equal(w.t, m.list(kind, f), slices.Collect(r.All(kind, f)), "%s of %+v", kind, f)
	}
	require.Len(w.t, m.list(store.KindPod, store.Filter{}), r.Pods().Len())

	o := w.object()
	k := idOf(o)
	got, err := r.Get(k.kind, k.namespace, k.name)
	if want, ok := m[k]; ok {
		require.NoError(w.t, err)
		require.Same(w.t, want, got)
	} else {
		require.ErrorIs(w.t, err, store.ErrNotFound)
	}

	uid := "uid-" + strconv.Itoa(w.rng.IntN(w.uids+1))
	p, err := r.Pods().ByUID(uid)
	for _, want := range m.list(store.KindPod, store.Filter{}) {
		if want.Identity().UID == uid {
			require.NoError(w.t, err, uid)
			require.Same(w.t, want, p)
			return
		}
	}
	require.ErrorIs(w.t, err, store.ErrNotFound, uid)
}

// replay builds the state from the changes alone.
func (w *world) replay() {
	w.take()
	m := model{}
	for i, c := range w.changes {
		require.EqualValues(w.t, i+1, c.Revision)
		k := idOf(c.Object())
		require.Equal(w.t, k.kind, c.Kind)
		before, existed := m[k]
		require.Equal(w.t, existed, c.Old != nil)
		if existed {
			require.Same(w.t, before, c.Old)
		}
		if c.New == nil {
			require.Equal(w.t, store.Deleted, c.Type())
			delete(m, k)
			continue
		}
		require.Equal(w.t, c.Revision, c.New.Identity().ResourceVersion)
		m[k] = c.New
	}
	require.Equal(w.t, w.now, m)

	// And what it leads to can be loaded into another store.
	s, err := store.New(store.Config{})
	require.NoError(w.t, err)
	require.NoError(w.t, s.Load(slices.Collect(maps.Values(m)), w.store.Head().Revision()))
	for range 10 {
		w.check(s.View(), m)
	}
}

// A loop over a table sees the table as it was when the loop began, whatever
// its body writes.
func TestWritesWhileWalking(t *testing.T) {
	for _, f := range []store.Filter{{}, {Node: "n1"}} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			s := newStore(t)
			fill := func(tx *store.Tx) error {
				for i := range 10 {
					p := newPod("p" + strconv.Itoa(i))
					p.Spec.NodeName = "n1"
					if err := tx.Create(p); err != nil {
						return err
					}
				}
				return nil
			}
			all := []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"}
			spoil := func(tx *store.Tx, name string) {
				moved := newPod("p9")
				if name == "p0" {
					require.NoError(t, tx.Update(moved))
					require.NoError(t, tx.Delete(store.KindPod, "default", "p8"))
				}
				late := newPod(name + "-late")
				late.Spec.NodeName = "n1"
				require.NoError(t, tx.Create(late))
			}

			// Both in a transaction that has written already, ...
			require.NoError(t, s.Update(func(tx *store.Tx) error {
				require.NoError(t, fill(tx))
				var seen []string
				for p := range tx.Pods().All(f) {
					seen = append(seen, p.Name)
					spoil(tx, p.Name)
				}
				require.Equal(t, all, seen)
				for p := range tx.Pods().All(store.Filter{}) {
					require.NoError(t, tx.Delete(store.KindPod, "default", p.Name))
				}
				require.Zero(t, tx.Pods().Len())
				return fill(tx)
			}))
			// ... and while other transactions are committed.
			var seen []string
			for p := range s.Head().Pods().All(f) {
				seen = append(seen, p.Name)
				require.NoError(t, s.Update(func(tx *store.Tx) error {
					spoil(tx, p.Name)
					return nil
				}))
			}
			require.Equal(t, all, seen)
		})
	}
}
