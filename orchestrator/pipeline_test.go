package orchestrator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// inBackground creates a pod and tells how that ended.
func (r *rig) inBackground(name string) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := r.c.Pods().Create(context.Background(), webPod(name))
		result <- err
	}()
	synctest.Wait()
	return result
}

// What comes while a batch is being appended is decided at once and appended
// together; it is seen, acknowledged and acted on when it is durable, not before.
func TestDecidingGoesOnDuringAnAppend(t *testing.T) {
	journal := &fake.Journal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.pass(time.Minute)
		journal.SetFaults(fake.JournalFaults{Latency: 200 * time.Millisecond})
		batches := journal.Batches()
		first := r.inBackground("first")
		var others []<-chan error
		for i := range 20 {
			others = append(others, r.inBackground(fmt.Sprintf("other-%d", i)))
		}
		r.pass(199 * time.Millisecond)
		require.Empty(t, first)
		r.pass(time.Millisecond)
		require.NoError(t, <-first)
		require.True(t, r.exists("first"))
		require.False(t, r.exists("other-0"))
		require.Len(t, r.machines.Live(), 1, "the first is started, and no other")
		r.pass(199 * time.Millisecond)
		require.Len(t, r.machines.Live(), 1)
		require.Empty(t, others[0])
		r.pass(time.Millisecond)
		for _, other := range others {
			require.NoError(t, <-other)
		}
		require.Len(t, r.machines.Live(), 21)
		require.Equal(t, batches+2, journal.Batches())
		journal.SetFaults(fake.JournalFaults{})
		r.pass(time.Minute)
		require.NoError(t, journal.Check())
	})
}

// When an append fails, what was decided meanwhile is as little there as what failed.
func TestFailureTakesWhatWasDecidedMeanwhile(t *testing.T) {
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprintf("kept=%t", kept), func(t *testing.T) {
			journal := &fake.Journal{}
			bubble(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
				r.run()
				r.pass(time.Minute)
				journal.SetFaults(fake.JournalFaults{Latency: 200 * time.Millisecond, Err: errDiskFull, Kept: kept})
				first, second := r.inBackground("first"), r.inBackground("second")
				r.pass(time.Minute)
				for _, result := range []<-chan error{first, second} {
					err := <-result
					require.ErrorIs(t, err, errDiskFull)
					require.ErrorIs(t, err, orchestrator.ErrStopped)
				}
				require.ErrorIs(t, <-r.inBackground("third"), errDiskFull)
				require.ErrorIs(t, r.stop(), errDiskFull)
				require.Empty(t, r.c.Pods().List(store.Filter{}))
				require.Empty(t, r.machines.Live())
				require.NoError(t, journal.Check())
				require.Equal(t, 1, journal.Closed())

				again := newRig(t, orchestrator.Config{Journal: journal.Until(journal.Batches())}, r.machines)
				require.Equal(t, kept, again.exists("first"))
				require.False(t, again.exists("second"))
			})
		})
	}
}

// A disk that hangs is no reason to give up nodes, whose checks wait for it too.
func TestHangingJournalIsNoFailureOfTheNodes(t *testing.T) {
	journal := &fake.Journal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.apply(webController("web", 3))
		r.pass(time.Minute)
		before := uids(r.c.Pods().List(store.Filter{}))
		journal.SetFaults(fake.JournalFaults{Latency: 10 * time.Minute})
		result := r.inBackground("late")
		journal.SetFaults(fake.JournalFaults{})
		for range 599 {
			r.pass(time.Second)
			r.machines.Node("node-0").Kill("*", "", 9) // hints come, and wait
		}
		require.Empty(t, result)
		r.pass(time.Hour)
		require.NoError(t, <-result)
		for _, uid := range before {
			require.Contains(t, uids(r.c.Pods().List(store.Filter{})), uid)
		}
		require.NoError(t, journal.Check())
	})
}

// Whoever is acknowledged finds what was written, and so does everybody else:
// many writers at once, under a journal that is slow.
func TestAcknowledgedWritesAreSeenInOrder(t *testing.T) {
	journal := &fake.Journal{}
	running(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		journal.SetFaults(fake.JournalFaults{Latency: 7 * time.Millisecond})
		var group sync.WaitGroup
		for w := range 16 {
			group.Go(func() {
				for i := range 20 {
					name := fmt.Sprintf("web-%d-%d", w, i)
					p, err := r.c.Pods().Create(context.Background(), webPod(name))
					require.NoError(t, err)
					seen, err := r.c.Pods().Get("", name)
					require.NoError(t, err)
					require.GreaterOrEqual(t, seen.ResourceVersion, p.ResourceVersion)
					require.NoError(t, r.c.Pods().Delete(context.Background(), "", name, orchestrator.DeleteOptions{Force: true}))
					require.False(t, r.exists(name))
				}
			})
		}
		group.Wait()
		journal.SetFaults(fake.JournalFaults{})
		r.pass(5 * time.Minute)
		require.NoError(t, journal.Check())
		require.NoError(t, r.machines.Check())
		require.Empty(t, r.machines.Live())
		again := newRig(t, orchestrator.Config{Journal: journal.Until(journal.Batches())}, r.machines)
		require.Equal(t, everything(r.c.View()), everything(again.c.View()))
	})
}
