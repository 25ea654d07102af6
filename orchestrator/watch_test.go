package orchestrator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// watched is what a watch in the background has told so far.
type watched struct {
	changes []orchestrator.Change[*pod.Pod]
	err     error
	ended   bool
	stop    context.CancelFunc
}

// watch watches pods until the test ends.
func (r *rig) watch(f store.Filter, from uint64) *watched {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watched{stop: cancel}
	r.t.Cleanup(cancel)
	go func() {
		for change, err := range r.c.Pods().Watch(ctx, f, from) {
			if err != nil {
				w.err = err
				continue
			}
			w.changes = append(w.changes, change)
		}
		w.ended = true
	}()
	synctest.Wait()
	return w
}

// String reads `ADDED a, MODIFIED a`, and forgets what it read.
func (w *watched) String() string {
	synctest.Wait()
	var parts []string
	for _, c := range w.changes {
		parts = append(parts, fmt.Sprintf("%s %s", c.Type, c.Object.Name))
	}
	w.changes = nil
	return strings.Join(parts, ", ")
}

// idlePods creates pods that nothing happens to.
func (r *rig) idlePods(names ...string) {
	r.t.Helper()
	for _, name := range names {
		_, err := r.c.Pods().Create(r.ctx(), webPod(name))
		require.NoError(r.t, err)
	}
}

// label sets a label of a pod.
func (r *rig) label(name, key, value string) {
	r.t.Helper()
	_, err := r.c.Pods().Patch(r.ctx(), "", name, func(p *pod.Pod) error { p.Labels[key] = value; return nil })
	require.NoError(r.t, err)
}

func TestWatchFromTheStart(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.idlePods("b", "a")
		w := r.watch(store.Filter{}, 0)
		require.Equal(t, []uint64{0, r.c.View().Revision()}, []uint64{w.changes[0].Revision, w.changes[1].Revision})
		require.Equal(t, "ADDED a, ADDED b", w.String())
		r.label("b", "tier", "front")
		require.Equal(t, "MODIFIED b", w.String())
		r.idlePods("c")
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "a", orchestrator.DeleteOptions{}))
		require.Equal(t, "ADDED c, DELETED a", w.String())
		require.False(t, w.ended)
		w.stop()
		synctest.Wait()
		require.True(t, w.ended)
		require.NoError(t, w.err, "the end of the context is no error")
	})
}

// What is written while the list is told comes after it, and nothing is left out.
func TestWatchDuringTheList(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.idlePods("a", "b")
		var told []string
		for change, err := range r.c.Pods().Watch(r.ctx(), store.Filter{}, 0) {
			require.NoError(t, err)
			told = append(told, fmt.Sprintf("%s %s", change.Type, change.Object.Name))
			switch len(told) {
			case 1, 2:
				r.label("a", "tier", fmt.Sprint(len(told)))
				continue
			case 3:
				continue
			}
			break
		}
		require.Equal(t, []string{"ADDED a", "ADDED b", "MODIFIED a", "MODIFIED a"}, told)
	})
}

func TestWatchFromARevision(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.idlePods("a")
		from := r.c.View().Revision()
		r.idlePods("b")
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "a", orchestrator.DeleteOptions{}))
		w := r.watch(store.Filter{}, from)
		last := w.changes[1]
		require.Equal(t, "ADDED b, DELETED a", w.String())
		require.Equal(t, r.c.View().Revision(), last.Revision)
		require.Equal(t, "a", last.Object.Name, "the object as it was")
		require.Empty(t, r.watch(store.Filter{}, last.Revision).String())
	})
}

// An object that begins to match the filter is added, one that ceases to is deleted.
func TestWatchWithAFilter(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(namespace("team"))
		front, err := labels.Parse("tier=front")
		require.NoError(t, err)
		r.idlePods("a")
		w := r.watch(store.Filter{Selector: front}, 0)
		onNode := r.watch(store.Filter{Node: "node-1"}, 0)
		team := r.watch(store.Filter{Namespace: "team"}, 0)
		require.Empty(t, w.String())
		r.label("a", "x", "1")
		require.Empty(t, w.String())
		r.label("a", "tier", "front")
		require.Equal(t, "ADDED a", w.String())
		r.label("a", "x", "2")
		require.Equal(t, "MODIFIED a", w.String())
		_, err = r.c.Pods().Bind(r.ctx(), "", "a", "node-1")
		require.NoError(t, err)
		require.Equal(t, "MODIFIED a", w.String())
		require.Equal(t, "ADDED a", onNode.String())
		r.label("a", "tier", "back")
		synctest.Wait()
		last := w.changes
		require.Equal(t, "DELETED a", w.String())
		require.Equal(t, "back", last[0].Object.Labels["tier"], "the object as it is now")
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "a", orchestrator.DeleteOptions{Force: true}))
		require.Empty(t, w.String(), "it is none of its business any more")
		require.Equal(t, "MODIFIED a, DELETED a", onNode.String())
		require.Empty(t, team.String())
	})
}

// A watch whose revision is no longer kept, or never was, has to start over.
func TestWatchExpires(t *testing.T) {
	bubble(t, orchestrator.Config{History: 10}, func(t *testing.T, r *rig) {
		r.idlePods("a")
		from := r.c.View().Revision()
		for i := range 30 {
			r.label("a", "n", fmt.Sprint(i))
		}
		for _, revision := range []uint64{1, from, r.c.View().Revision() + 1} {
			w := r.watch(store.Filter{}, revision)
			require.ErrorIs(t, w.err, orchestrator.ErrExpired, "from %d", revision)
			require.True(t, w.ended)
			require.Empty(t, w.changes)
		}
		require.Len(t, r.watch(store.Filter{}, r.c.View().Revision()-9).changes, 9)
	})
}

// A loop that is too slow is told so, and holds up nobody.
func TestSlowWatchExpires(t *testing.T) {
	bubble(t, orchestrator.Config{History: 10}, func(t *testing.T, r *rig) {
		r.idlePods("a")
		var last error
		seen := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, err := range r.c.Pods().Watch(r.ctx(), store.Filter{}, r.c.View().Revision()) {
				if last = err; err == nil {
					seen++
					time.Sleep(time.Minute)
				}
			}
		}()
		synctest.Wait()
		began := time.Now()
		for i := range 1000 {
			r.label("a", "n", fmt.Sprint(i))
		}
		require.Zero(t, time.Since(began))
		<-done
		require.ErrorIs(t, last, orchestrator.ErrExpired)
		require.Less(t, seen, 1000)
	})
}

// Leaving the loop ends a watch, at any change.
func TestWatchCanBeLeft(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.idlePods("a", "b")
		for range r.c.Pods().Watch(r.ctx(), store.Filter{}, 0) {
			break
		}
		for change := range r.c.Pods().Watch(r.ctx(), store.Filter{}, 2) {
			require.Equal(t, store.Added, change.Type)
			break
		}
	})
}

// Whoever watches, leaves at any change and watches again from its revision,
// knows everything in the end.
func TestWatchAgainMissesNothing(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		rc := webController("web", 5)
		r.apply(rc)
		r.pass(time.Second)
		known := make(map[string]*pod.Pod)
		var from uint64
		for turn := 1; turn < 60; turn++ {
			if turn%5 == 0 {
				r.machines.Node("node-1").Kill("*", "", 9)
				_, err := r.c.Controllers().Patch(r.ctx(), "", "web", scaleTo(3+turn%4))
				require.NoError(t, err)
				r.pass(time.Second)
			}
			left := turn % 7
			if from == 0 {
				clear(known) // from the start again
			}
			ctx, cancel := context.WithTimeout(r.ctx(), time.Millisecond)
			for change, err := range r.c.Pods().Watch(ctx, store.Filter{}, from) {
				require.NoError(t, err)
				if change.Type == store.Deleted {
					delete(known, change.Object.Name)
				} else {
					known[change.Object.Name] = change.Object
				}
				from = change.Revision
				if left--; left == 0 {
					break
				}
			}
			cancel()
		}
		ctx, cancel := context.WithTimeout(r.ctx(), time.Millisecond)
		defer cancel()
		for change := range r.c.Pods().Watch(ctx, store.Filter{}, from) {
			if known[change.Object.Name] = change.Object; change.Type == store.Deleted {
				delete(known, change.Object.Name)
			}
		}
		want := make(map[string]*pod.Pod)
		for _, p := range r.c.Pods().List(store.Filter{}) {
			want[p.Name] = p
		}
		require.Equal(t, want, known)
	})
}

// Every kind can be watched, and tells only of itself.
func TestWatchKinds(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		first := func(seq func(func(orchestrator.Change[*labels.Namespace], error) bool)) string {
			for change, err := range seq {
				require.NoError(t, err)
				return change.Object.Name
			}
			return ""
		}
		from := r.c.View().Revision()
		r.idlePods("a")
		r.apply(webController("web", 1), namespace("team"))
		require.Equal(t, "team", first(r.c.Namespaces().Watch(r.ctx(), store.Filter{}, from)))
	})
}
