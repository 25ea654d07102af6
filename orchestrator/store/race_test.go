package store_test

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// A writer moves pods in pairs from node to node while readers list and
// watchers follow. Run it with the race detector.
//
// Whatever a reader sees, the two pods of a pair are on the same node. What a
// watcher has put together from changes, and from a new list whenever it was
// too slow, is what the store holds in the end. The writer goes on until each of
// them has seen a good deal of it.
func TestReadersAndWatchersBesideTheWriter(t *testing.T) {
	const pairs, nodes = 40, 16
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	s, err := store.New(store.Config{History: 64})
	require.NoError(t, err)
	// A pair is a/N and b/N: one transaction writes both.
	write := func(tx *store.Tx, pair, to int) error {
		for _, namespace := range []string{"a", "b"} {
			p := newPod(strconv.Itoa(pair))
			p.Namespace, p.UID = namespace, namespace+p.Name
			p.Labels = labels.Set{"node": strconv.Itoa(to)}
			p.Spec.NodeName = strconv.Itoa(to)
			var err error
			if _, missing := tx.Pods().Get(namespace, p.Name); missing != nil {
				err = tx.Create(p)
			} else {
				err = tx.Update(p)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}

	var wg sync.WaitGroup
	var done, failed atomic.Bool
	var looks [8]atomic.Int64 // of each reader and watcher: lists that were not empty, and batches of changes
	var final atomic.Uint64
	final.Store(math.MaxUint64) // until it is known: nobody is there already at the start
	ctx, cancel := context.WithCancel(t.Context())
	defer func() {
		cancel()
		done.Store(true)
		wg.Wait()
	}()
	reports := make(chan error, len(looks))
	report := func(err error) {
		if err != nil {
			failed.Store(true)
			reports <- err
		}
	}
	for i := range 4 {
		wg.Go(func() {
			var err error
			for n := i; !done.Load() && err == nil; n++ {
				err = pairsAreWhole(s.View(), strconv.Itoa(n%nodes), &looks[i])
			}
			report(err)
		})
		wg.Go(func() { report(follow(ctx, s, &final, &looks[4+i])) })
	}
	unseen := func() bool {
		for i := range looks {
			if looks[i].Load() < 20 {
				return true
			}
		}
		return false
	}

	for round := 0; !failed.Load() && (round < rounds || unseen()); round++ {
		require.NoError(t, s.Update(func(tx *store.Tx) error {
			pair := round * 7 % pairs
			if round%11 == 10 {
				for _, namespace := range []string{"a", "b"} {
					err := tx.Delete(store.KindPod, namespace, strconv.Itoa(pair))
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
				}
				return nil
			}
			return write(tx, pair, round%nodes)
		}))
		if round%3 == 0 {
			s.Take()
			s.Publish()
		}
	}
	final.Store(s.Head().Revision() + 2)
	require.NoError(t, s.Update(func(tx *store.Tx) error { return write(tx, pairs, 0) }))
	s.Take()
	s.Publish()
	done.Store(true)
	wg.Wait()
	close(reports)
	for err := range reports {
		require.NoError(t, err)
	}
}

// pairsAreWhole lists the pods of one node in two ways, and looks for the
// other pod of each pair. It counts lists with pods.
func pairsAreWhole(r store.Reader, node string, looks *atomic.Int64) error {
	byNode := r.Pods().List(store.Filter{Node: node})
	byLabel := r.Pods().List(store.Filter{Selector: labels.SelectorFromSet(labels.Set{"node": node})})
	if len(byNode) != len(byLabel) {
		return errors.New("two lists of one reader differ")
	}
	for i, p := range byNode {
		if p != byLabel[i] {
			return errors.New("two lists of one reader differ")
		}
		other := "a"
		if p.Namespace == "a" {
			other = "b"
		}
		q, err := r.Pods().ByUID(other + p.Name)
		if err != nil || q.Spec.NodeName != node {
			return errors.New("half of a transaction is visible")
		}
	}
	if len(byNode) > 0 {
		looks.Add(1)
	}
	return nil
}

// follow keeps a copy of the table until it has seen the final revision. It
// counts the batches of changes.
func follow(ctx context.Context, s *store.Store, final *atomic.Uint64, looks *atomic.Int64) error {
	for {
		view := s.View()
		mirror := make(map[string]*pod.Pod)
		for p := range view.Pods().All(store.Filter{}) {
			mirror[p.Namespace+p.Name] = p
		}
		seen := view.Revision()
		w, err := s.Watch(seen)
		for err == nil {
			if seen == final.Load() {
				return sameAs(mirror, s.View())
			}
			var changes []store.Change
			if changes, err = w.Next(ctx); err == nil {
				looks.Add(1)
			}
			for _, c := range changes {
				if seen++; seen != c.Revision {
					return errors.New("a change is missing, or came twice")
				}
				key := c.Object().Identity().Namespace + c.Object().Identity().Name
				if old := mirror[key]; c.Old != nil && c.Old != labels.Object(old) {
					return errors.New("a change does not follow from the one before")
				}
				if p, ok := c.New.(*pod.Pod); ok {
					mirror[key] = p
				} else {
					delete(mirror, key)
				}
			}
		}
		if !errors.Is(err, store.ErrExpired) {
			return err
		}
	}
}

func sameAs(mirror map[string]*pod.Pod, r store.Reader) error {
	if len(mirror) != r.Pods().Len() {
		return errors.New("the copy has another length")
	}
	for p := range r.Pods().All(store.Filter{}) {
		if mirror[p.Namespace+p.Name] != p {
			return errors.New("the copy differs")
		}
	}
	return nil
}

// A watcher that never asks costs the writer nothing, and memory only as much
// as the history holds.
func TestForgottenWatcher(t *testing.T) {
	s, err := store.New(store.Config{History: 8})
	require.NoError(t, err)
	forgotten, err := s.Watch(0)
	require.NoError(t, err)
	for i := range 1000 {
		publish(t, s, "p"+strconv.Itoa(i))
	}
	_, err = forgotten.Next(t.Context())
	require.ErrorIs(t, err, store.ErrExpired)
	w, err := s.Watch(992)
	require.NoError(t, err)
	require.Equal(t, []string{"p992"}, next(t, w))
	_, err = s.Watch(991)
	require.ErrorIs(t, err, store.ErrExpired)
}
