package store_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// publish creates pods, one transaction each, and publishes each.
func publish(t *testing.T, s *store.Store, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, create(s, newPod(name)))
		s.Take()
		s.Publish()
	}
}

// next returns the names of the pods in the changes that Next returns.
func next(t *testing.T, w *store.Watcher) []string {
	t.Helper()
	changes, err := w.Next(t.Context())
	require.NoError(t, err)
	var out []string
	for _, c := range changes {
		out = append(out, c.Object().Identity().Name)
	}
	return out
}

func TestWatchFromEveryRevision(t *testing.T) {
	s := newStore(t)
	require.NoError(t, create(s, newPod("p1"), newPod("p2"), newPod("p3")))
	s.Take()
	s.Publish()
	publish(t, s, "p4")
	require.NoError(t, create(s, newPod("p5")))
	s.Take()
	require.NoError(t, create(s, newPod("p6")))
	s.Take()
	s.Publish()

	for from := range uint64(7) {
		w, err := s.Watch(from)
		require.NoError(t, err)
		require.Equal(t, from, w.Revision())
		seen := from
		for seen < 6 {
			changes, err := w.Next(t.Context())
			require.NoError(t, err)
			for _, c := range changes {
				seen++
				require.Equal(t, seen, c.Revision)
				require.Equal(t, "p"+strconv.FormatUint(seen, 10), c.New.Identity().Name)
			}
			require.Equal(t, seen, w.Revision())
		}
	}
	_, err := s.Watch(7)
	require.ErrorIs(t, err, store.ErrExpired)
	require.EqualError(t, err, "watch store from revision 7: it is at 6: revision no longer available")
}

// What is committed and not published is in no watcher's sight, even if the
// watch begins there.
func TestWatchSeesOnlyWhatIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		require.NoError(t, create(s, newPod("a"), newPod("b")))
		w, err := s.Watch(1)
		require.NoError(t, err)
		s.Publish()
		s.Take()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = w.Next(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		s.Publish()
		require.Equal(t, []string{"b"}, next(t, w))
	})
}

// Next waits for a Publish, whenever it comes, and for its context.
func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		w, err := s.Watch(0)
		require.NoError(t, err)
		start := time.Now()
		time.AfterFunc(time.Hour, func() { publish(t, s, "a") })
		require.Equal(t, []string{"a"}, next(t, w))
		require.Equal(t, time.Hour, time.Since(start))
		synctest.Wait() // for the writer's goroutine to end

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		_, err = w.Next(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2*time.Hour, time.Since(start))

		publish(t, s, "b")
		_, err = w.Next(ctx)
		require.ErrorIs(t, err, context.Canceled, "not even if there is something")
		require.Equal(t, []string{"b"}, next(t, w), "nothing is lost by that")
	})
}

// The history keeps as many changes as asked for; who needs more starts over.
func TestSlowWatcherExpires(t *testing.T) {
	s, err := store.New(store.Config{History: 3})
	require.NoError(t, err)
	slow, err := s.Watch(0)
	require.NoError(t, err)
	quick, err := s.Watch(0)
	require.NoError(t, err)

	publish(t, s, "p1", "p2", "p3")
	late, err := s.Watch(0)
	require.NoError(t, err, "three changes back is not too far")
	require.Equal(t, []string{"p1"}, next(t, quick))
	publish(t, s, "p4")
	for range 2 {
		_, err = slow.Next(t.Context())
		require.ErrorIs(t, err, store.ErrExpired)
		require.EqualError(t, err, "watch store from revision 0: revision no longer available")
	}
	_, err = late.Next(t.Context())
	require.ErrorIs(t, err, store.ErrExpired)
	_, err = s.Watch(0)
	require.ErrorIs(t, err, store.ErrExpired)
	for _, name := range []string{"p2", "p3", "p4"} {
		require.Equal(t, []string{name}, next(t, quick), "the quick one goes on")
	}

	// To start over is to list and to watch from there.
	view := s.View()
	require.Equal(t, 4, view.Pods().Len())
	again, err := s.Watch(view.Revision())
	require.NoError(t, err)
	publish(t, s, "p5")
	require.Equal(t, []string{"p5"}, next(t, again))
}

// A transaction is never kept in part, however long it is.
func TestHistoryKeepsWholeBatches(t *testing.T) {
	s, err := store.New(store.Config{History: 2})
	require.NoError(t, err)
	w, err := s.Watch(0)
	require.NoError(t, err)
	require.NoError(t, create(s, newPod("a"), newPod("b"), newPod("c"), newPod("d")))
	s.Take()
	s.Publish()
	require.Equal(t, []string{"a", "b", "c", "d"}, next(t, w))

	w, err = s.Watch(1)
	require.NoError(t, err)
	publish(t, s, "e")
	require.Equal(t, []string{"b", "c", "d"}, next(t, w))
	publish(t, s, "f")
	_, err = s.Watch(3)
	require.ErrorIs(t, err, store.ErrExpired)
	_, err = s.Watch(4)
	require.NoError(t, err)
}

// What Next returns can't be grown into what follows it.
func TestNextReturnsNoSpareRoom(t *testing.T) {
	s := newStore(t)
	require.NoError(t, create(s, newPod("a"), newPod("b"), newPod("c")))
	require.NotEqual(t, 3, cap(s.Take()))
	s.Publish()
	w, err := s.Watch(0)
	require.NoError(t, err)
	changes, err := w.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(changes), cap(changes))
}

func TestChangeType(t *testing.T) {
	a, b := newPod("a"), newPod("b")
	for _, c := range []struct {
		change store.Change
		kind   store.ChangeType
		object any
	}{
		{store.Change{New: a}, store.Added, a},
		{store.Change{Old: a, New: b}, store.Modified, b},
		{store.Change{Old: a}, store.Deleted, a},
	} {
		require.Equal(t, c.kind, c.change.Type())
		require.Same(t, c.object, c.change.Object())
	}
}
