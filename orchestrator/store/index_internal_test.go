package store

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func indexedPod(i, app int) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{
			Namespace: "default", Name: "p" + strconv.Itoa(i), UID: "uid-" + strconv.Itoa(i) + "-" + strconv.Itoa(app),
			Labels:          labels.Set{"app": strconv.Itoa(app), "tier": "web"},
			OwnerReferences: []labels.OwnerReference{{UID: "owner-" + strconv.Itoa(app)}},
		},
		Spec: pod.Spec{NodeName: "node-" + strconv.Itoa(app)},
	}
}

func indexedStore(t *testing.T, history, pods, apps int) *Store {
	t.Helper()
	s, err := New(Config{History: history})
	require.NoError(t, err)
	require.NoError(t, s.Update(func(tx *Tx) error {
		for i := range pods {
			if err := tx.Create(indexedPod(i, i%apps)); err != nil {
				return err
			}
		}
		return nil
	}))
	s.Take()
	s.Publish()
	return s
}

// The index answers for the head, for what is published and for what was not
// long ago, with fewer rows than all where a term is listed; for what is older, it declines.
func TestIndexAnswers(t *testing.T) {
	s := indexedStore(t, 10, 100, 10)
	old := s.View()
	answers := func(r Reader, f Filter) bool {
		_, ok := s.index.candidates(ordPod, &f, r.snap.revision)
		return ok
	}
	narrows := func(r Reader, f Filter) bool {
		rows, ok := s.index.candidates(ordPod, &f, r.snap.revision)
		return ok && len(rows) < len(s.index.tables[ordPod].all.rows)
	}
	app := func(text string) Filter {
		selector, err := labels.Parse(text)
		require.NoError(t, err)
		return Filter{Selector: selector}
	}
	for _, r := range []Reader{s.Head(), s.View()} {
		for _, f := range []Filter{
			{Node: "node-3"}, {Owner: "owner-3"}, {Node: "none"}, app("app=3"), app("app in (1,2)"),
			app("app=3,other!=x"), {Node: "node-3", Selector: app("app").Selector},
		} {
			require.True(t, narrows(r, f), "%+v", f)
		}
		for _, f := range []Filter{{}, {Namespace: "default"}, app("app!=3"), app("!app"), app("app notin (3)"), app("app")} {
			require.True(t, answers(r, f), "%+v", f)
			require.False(t, narrows(r, f), "%+v", f)
		}
		require.True(t, narrows(r, Filter{Namespace: "other"}))
	}

	move := func(i int) {
		require.NoError(t, s.Update(func(tx *Tx) error {
			p := indexedPod(i, i%10)
			p.Spec.NodeName = "elsewhere"
			return tx.Update(p)
		}))
	}
	move(0)
	recent := s.Head()
	for i := 1; i < 10; i++ {
		move(i)
	}
	require.True(t, answers(old, Filter{Node: "node-3"}), "ten changes are within the history")
	move(10)
	require.False(t, answers(old, Filter{Node: "node-3"}))
	require.True(t, answers(recent, Filter{Node: "node-3"}))
	require.Len(t, old.Pods().List(Filter{Node: "node-3"}), 10)
	require.Len(t, s.Head().Pods().List(Filter{Node: "node-3"}), 9)

	s = indexedStore(t, 1000, 100, 10)
	old = s.View()
	move(3)
	require.True(t, answers(old, Filter{Node: "node-3"}), "a young store forgets nothing")

	s = indexedStore(t, 10, 100, 1)
	require.NoError(t, s.Update(func(tx *Tx) error {
		for i := range maxValues - 1 {
			for range 5 { // of those without the label
				p := indexedPod(i, 1)
				p.Name, p.UID, p.Labels = "other-"+strconv.Itoa(tx.Changes()), "", nil
				if err := tx.Create(p); err != nil {
					return err
				}
			}
			if err := tx.Create(indexedPod(100+i, 1+i)); err != nil {
				return err
			}
		}
		return nil
	}))
	require.True(t, narrows(s.Head(), app("app")))
	require.NoError(t, s.Update(func(tx *Tx) error { return tx.Create(indexedPod(2000, 2000)) }))
	require.False(t, narrows(s.Head(), app("app")), "too many lists to go through")
	require.Len(t, s.Head().Pods().List(app("app")), 100+maxValues)
}

// After all has gone, and as many changes again as the history is long, the
// index holds nothing.
func TestIndexForgets(t *testing.T) {
	const history = 50
	s := indexedStore(t, history, 0, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 2000 {
		require.NoError(t, s.Update(func(tx *Tx) error {
			i, app := rng.IntN(40), rng.IntN(7)
			name := "p" + strconv.Itoa(i)
			if _, err := tx.Pods().Get("default", name); err != nil {
				return tx.Create(indexedPod(i, app))
			}
			if rng.IntN(3) == 0 {
				return tx.Delete(KindPod, "default", name)
			}
			p := indexedPod(i, app)
			p.UID = ""
			return tx.Update(p)
		}))
		if i%20 == 0 {
			checkIndex(t, s)
		}
	}
	require.NoError(t, s.Update(func(tx *Tx) error {
		for p := range tx.Pods().All(Filter{}) {
			if err := tx.Delete(KindPod, p.Namespace, p.Name); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range history {
		require.NoError(t, s.Update(func(tx *Tx) error {
			return tx.Create(&labels.Namespace{Meta: labels.Meta{Name: "ns" + strconv.Itoa(i)}})
		}))
	}
	table := s.index.tables[ordPod]
	require.Empty(t, table.rows)
	require.Empty(t, table.all.rows)
	require.Len(t, table.free, table.slots, "no slot is lost")
	require.LessOrEqual(t, table.slots, 40+history, "and those of rows that have gone are used again")
	require.Empty(t, table.uids)
	require.Empty(t, table.again)
	require.Empty(t, table.lists)
	require.Nil(t, s.index.departures.front())
}

// checkIndex checks that every term of every object is listed, that the lists
// are in the order that they say, and that no list holds more than twice what
// it must.
func checkIndex(t *testing.T, s *Store) {
	t.Helper()
	table := s.index.tables[ordPod]
	var rows []*row
	for _, within := range table.rows {
		rows = slices.AppendSeq(rows, maps.Values(within))
	}
	require.Equal(t, table.slots, len(rows)+len(table.free))
	exist := 0
	for _, r := range rows {
		require.Contains(t, table.all.rows, r)
		require.Equal(t, r.newest, s.head.tables[ordPod].get(r.slot))
		if r.newest == nil {
			continue
		}
		exist++
		require.Same(t, r.newest, s.head.get(ordPod, r.namespace, r.name))
		require.Zero(t, r.leaving)
		for field, value := range terms(r.newest, allAspects) {
			if field == uidField {
				require.Same(t, r, table.uids[value])
				continue
			}
			require.Contains(t, table.lists[field][value].rows, r)
		}
	}
	require.Equal(t, s.head.counts[ordPod], exist)
	require.True(t, slices.IsSortedFunc(table.all.rows[:table.all.sorted], compareRows))
	for _, values := range table.lists {
		for _, l := range values {
			require.True(t, slices.IsSortedFunc(l.rows[:l.sorted], compareRows))
			require.Less(t, 2*len(l.gone), len(l.rows))
		}
	}
}

// A list that was put in order is put in order no more, unless it changed.
func TestInOrderOnce(t *testing.T) {
	s := indexedStore(t, 10, 200, 5) // p10 comes after p9 here, and before it in order
	l := s.index.tables[ordPod].lists[nodeField]["node-0"]
	require.Less(t, l.sorted, len(l.rows))
	listed := s.View().Pods().List(Filter{Node: "node-0"})
	require.Equal(t, l.sorted, len(l.rows))
	first := &l.rows[0]
	require.Equal(t, listed, s.Head().Pods().List(Filter{Node: "node-0"}))
	require.Same(t, first, &l.rows[0])

	was := slices.Clone(l.rows)
	held := l.rows
	require.NoError(t, s.Update(func(tx *Tx) error { return tx.Create(indexedPod(1000, 0)) }))
	require.Len(t, s.Head().Pods().List(Filter{Node: "node-0"}), 41)
	require.Equal(t, was, held, "what a reader holds does not change")
}

func TestReplaceKeepsLaterRows(t *testing.T) {
	named := func(name string) *row { return newRow(key{KindPod, "default", name}, nil) }
	a, b, c := named("a"), named("b"), named("c")
	l := &list{rows: make([]*row, 0, 4)}
	for _, r := range []*row{c, a} {
		l.add(r)
	}
	was := l.rows
	l.add(b) // while somebody sorts
	l.replace(was, sortedRows(was, 1))
	require.Equal(t, []*row{a, c, b}, l.rows)
	require.Equal(t, 2, l.sorted)

	l = &list{rows: []*row{c, a}}
	was = l.rows
	l.rows = []*row{b} // it has shrunk meanwhile
	l.replace(was, sortedRows(was, 0))
	require.Equal(t, []*row{b}, l.rows)
}

func TestQueue(t *testing.T) {
	var q queue[int]
	require.Nil(t, q.front())
	rng := rand.New(rand.NewPCG(1, 1))
	in, out := 0, 0
	for range 10000 {
		if rng.IntN(2) == 0 {
			q.push(in)
			in++
		} else if f := q.front(); f != nil {
			require.Equal(t, out, *f)
			q.pop()
			out++
		}
		require.LessOrEqual(t, len(q.items), 2*(in-out)+1)
	}
}
