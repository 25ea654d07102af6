package orchestrator_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// Patches of one object by many at a time are all there in the end.
func TestPatchLosesNothing(t *testing.T) {
	for _, run := range []bool{false, true} {
		t.Run(fmt.Sprintf("running=%t", run), func(t *testing.T) {
			bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
				if run {
					r.run()
				}
				r.apply(webPod("web"))
				const writers, times = 16, 10
				var group sync.WaitGroup
				errs := make([]error, writers)
				for i := range writers {
					group.Go(func() {
						for range times {
							_, err := r.c.Pods().Patch(r.ctx(), "", "web", func(p *pod.Pod) error {
								n, _ := strconv.Atoi(p.Labels["count"])
								p.Labels["count"] = strconv.Itoa(n + 1)
								return nil
							})
							if err != nil {
								errs[i] = err
							}
						}
					})
				}
				group.Wait()
				for _, err := range errs {
					require.NoError(t, err)
				}
				require.Equal(t, strconv.Itoa(writers*times), r.pod("web").Labels["count"])
			})
		})
	}
}

// A patch of an object that was replaced by another of its name meanwhile is
// done to the other, not mixed with the first.
func TestPatchOfReplacedObject(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"))
		calls := 0
		patched, err := r.c.Pods().Patch(r.ctx(), "", "web", func(p *pod.Pod) error {
			if calls++; calls == 1 {
				require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "web", orchestrator.DeleteOptions{}))
				r.apply(webPod("web"))
			}
			p.Labels["patched"] = p.UID
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 2, calls)
		require.Equal(t, patched.UID, patched.Labels["patched"])
	})
}

// A patch that always loses ends with its context.
func TestPatchEndsWithItsContext(t *testing.T) {
	bubble(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.apply(webPod("web"))
		ctx, cancel := context.WithCancel(r.ctx())
		calls := 0
		_, err := r.c.Pods().Patch(ctx, "", "web", func(p *pod.Pod) error {
			if calls++; calls == 5 {
				cancel()
			}
			rival := r.pod("web").Copy()
			rival.Labels["rival"] = strconv.Itoa(calls)
			_, err := r.c.Pods().Update(r.ctx(), rival)
			require.NoError(t, err)
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 5, calls)
	})
}

// Nothing changes any more when Run has returned: who waits is told so, be it from
// before, and finds what the last change made.
func TestWaitEndsWithRun(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		wait := func(name string) error {
			return r.c.Wait(context.Background(), func(v store.Reader) bool {
				_, err := v.Pods().Get("default", name)
				return err == nil
			})
		}
		waited := make(chan error)
		go func() { waited <- wait("never") }()
		r.apply(webPod("web"))
		require.NoError(t, r.stop())
		require.ErrorIs(t, <-waited, orchestrator.ErrStopped)
		require.ErrorIs(t, wait("never"), orchestrator.ErrStopped)
		require.NoError(t, wait("web"))
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, r.c.Wait(ended, func(store.Reader) bool { return false }), context.Canceled)
	})
}

// An error of a write names what was to be done to which object, also where the
// reason is another one than the object.
func TestWriteErrorsNameTheOperation(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		none := orchestrator.DeleteOptions{}
		require.EqualError(t, r.c.Pods().Delete(r.ctx(), "", "web", none), `delete pod "default/web": not found`)
		_, err := r.c.Pods().Update(r.ctx(), webPod("web"))
		require.EqualError(t, err, `update pod "default/web": not found`)
		_, err = r.c.Pods().Bind(r.ctx(), "", "web", "node-0")
		require.EqualError(t, err, `bind pod "default/web": not found`)
		r.apply(webPod("lost"))
		_, err = r.c.Pods().Bind(r.ctx(), "", "lost", "lost")
		require.EqualError(t, err, `bind pod "default/lost": get node "lost": not found`)

		for want, op := range map[string]orchestrator.Operation{
			`verb "": invalid: must be one of ["create" "update" "update status of" "apply" "delete" "bind"]`: {Object: webPod("web")},
			`create: no object is given: invalid`: {Verb: orchestrator.Create},
			`apply: *labels.Event: invalid: must be one of [Namespace Node Pod ReplicationController Service Endpoints]`:  {Verb: orchestrator.Apply, Object: &labels.Event{}},
			`delete: kind "Secret": invalid: must be one of [Namespace Node Pod ReplicationController Service Endpoints]`: {Verb: orchestrator.Delete, Kind: "Secret", Name: "web"},
			`bind: kind "Service": invalid: must be Pod`:                                                                  {Verb: orchestrator.Bind, Kind: store.KindService, Name: "web", Node: "node-0"},
		} {
			_, err := r.c.Do(r.ctx(), op)
			require.EqualError(t, err, want)
			require.ErrorIs(t, err, orchestrator.ErrInvalid)
		}

		ended, cancel := context.WithCancel(r.ctx())
		cancel()
		_, err = r.c.Apply(ended, webPod("a"), webPod("b"))
		require.EqualError(t, err, `apply pod "default/a" and 1 more: not carried out: context canceled`)
		require.NoError(t, r.stop())
		_, err = r.c.Pods().Create(context.Background(), webPod("web"))
		require.EqualError(t, err, `create pod "default/web": orchestrator has stopped`)
	})
}

// A write whose context has ended before is not carried out. One whose context
// ends while it waits may be, and returns at once all the same.
func TestWriteEndsWithItsContext(t *testing.T) {
	journal := &slowJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		ended, cancel := context.WithCancel(r.ctx())
		cancel()
		_, err := r.c.Pods().Create(ended, webPod("never"))
		require.ErrorIs(t, err, context.Canceled)
		r.pass(time.Second)
		require.False(t, r.exists("never"))

		journal.delay.Store(int64(time.Minute))
		short, cancel := context.WithTimeout(r.ctx(), time.Second)
		defer cancel()
		began := time.Now()
		_, err = r.c.Pods().Create(short, webPod("late"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "may still be carried out")
		require.Equal(t, time.Second, time.Since(began))
		require.False(t, r.exists("late"), "readers see what is durable")
		r.pass(time.Minute)
		require.True(t, r.exists("late"))
		journal.delay.Store(0)
		r.pass(10 * time.Minute)
	})
}

// What is handed in may be changed as soon as the call returns, even if the
// write is still to be carried out.
func TestWriteThatOutlivesItsCall(t *testing.T) {
	journal := &slowJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		journal.delay.Store(int64(time.Minute))
		go r.c.Pods().Create(r.ctx(), webPod("first"))
		synctest.Wait() // it is being made durable, and what follows has to wait
		short, cancel := context.WithTimeout(r.ctx(), time.Second)
		defer cancel()
		p := webPod("second")
		_, err := r.c.Pods().Create(short, p)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		p.Labels["app"], p.Name = "other", "other"
		journal.delay.Store(0)
		r.pass(10 * time.Minute)
		require.Equal(t, "second", r.pod("second").Labels["app"])
	})
}

// A write that waits when Run ends is refused, and was not carried out.
func TestWriteThatComesTooLate(t *testing.T) {
	journal := &slowJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		journal.delay.Store(int64(time.Minute))
		results := make(map[string]chan error)
		for _, name := range []string{"first", "second"} {
			result := make(chan error, 1)
			results[name] = result
			go func() {
				_, err := r.c.Pods().Create(context.Background(), webPod(name))
				result <- err
			}()
			synctest.Wait()
		}
		require.NoError(t, r.stop())
		require.NoError(t, <-results["first"])
		require.ErrorIs(t, <-results["second"], orchestrator.ErrStopped)
		require.True(t, r.exists("first"))
		require.False(t, r.exists("second"))
	})
}

// Reading goes on while a write waits for its journal, and a write does not
// return before readers see it.
func TestReadingDoesNotWait(t *testing.T) {
	journal := &slowJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		journal.delay.Store(int64(time.Minute))
		done := make(chan error, 1)
		go func() {
			_, err := r.c.Pods().Create(r.ctx(), webPod("late"))
			if err == nil {
				_, err = r.c.Pods().Get("", "late")
			}
			done <- err
		}()
		synctest.Wait()
		began := time.Now()
		require.False(t, r.exists("late"))
		require.Zero(t, time.Since(began))
		require.NoError(t, <-done)
		require.Equal(t, time.Minute, time.Since(began))
		journal.delay.Store(0)
		r.pass(10 * time.Minute)
	})
}

// Writes that come while one is being made durable become durable together.
func TestWritesShareABatch(t *testing.T) {
	journal := &slowJournal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.pass(time.Minute)
		journal.delay.Store(int64(time.Second))
		began := time.Now()
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				p := webPod(fmt.Sprintf("web-%d", i))
				p.Spec.NodeSelector = map[string]string{"no": "node"}
				_, err := r.c.Pods().Create(r.ctx(), p)
				require.NoError(t, err)
			})
		}
		group.Wait()
		require.LessOrEqual(t, time.Since(began), 3*time.Second)
		journal.delay.Store(0)
		r.pass(time.Minute)
	})
}
