package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/replication"
)

func scaleTo(n int) func(*replication.Controller) error {
	return func(c *replication.Controller) error { c.Spec.Replicas = &n; return nil }
}

// story is what a client does in the crash tests. It returns the replicas that
// it was told are recorded, and the number that it asked for last.
func story(r *rig) (acknowledged, asked int, err error) {
	ctx := context.Background()
	rc := webController("web", 2)
	if _, err := r.c.Apply(ctx, rc); err != nil {
		return 0, 2, err
	}
	acknowledged = 2
	for _, n := range []int{5, 3, 6} {
		r.pass(3 * time.Second)
		if _, err := r.c.Controllers().Patch(ctx, "", "web", scaleTo(n)); err != nil {
			return acknowledged, n, err
		}
		acknowledged = n
		r.machines.Node("node-1").Kill("*", "", 9)
	}
	r.pass(20 * time.Second)
	return acknowledged, acknowledged, nil
}

// Wherever the journal fails: Run returns its error, nothing is acted on that
// was not kept, what was acknowledged is there after a restart, and what was
// not is there whole or not at all.
func TestJournalFailsAtEachAppend(t *testing.T) {
	for _, kept := range []bool{false, true} {
		failed, n := true, 0
		for ; failed; n++ {
			t.Run(fmt.Sprintf("append %d, kept=%t", n, kept), func(t *testing.T) { failed = failAt(t, n, kept) })
		}
		require.Greater(t, n, 12, "the story is too short")
	}
}

// failAt has append n fail; kept: it was durable all the same, and only the
// answer was lost. It reports whether there was an append n.
func failAt(t *testing.T, n int, kept bool) (failed bool) {
	journal := &failingJournal{at: n + 1, kept: kept} // New makes the first
	bubble(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{StopDelay: 2 * time.Second}}}})
		r.run()
		r.pass(0)
		acknowledged, asked, err := story(r)
		journal.mu.Lock()
		failed = journal.failed
		journal.mu.Unlock()
		if !failed {
			return
		}
		r.pass(10 * time.Second)
		stopErr := r.stop()
		require.ErrorIs(t, stopErr, errDiskFull)
		require.ErrorContains(t, stopErr, "append to journal: ")
		if err != nil {
			require.ErrorIs(t, err, orchestrator.ErrStopped)
			require.ErrorIs(t, err, errDiskFull)
		}
		require.Equal(t, 1, journal.closed)
		onlyWhatWasKept(t, r, journal)

		again := newRig(t, orchestrator.Config{Journal: &journal.recordedJournal}, r.machines)
		c, err := again.c.Controllers().Get("", "web")
		switch {
		case acknowledged == 0 && errors.Is(err, orchestrator.ErrNotFound):
			c = webController("web", 2)
			again.apply(c)
		default:
			require.NoError(t, err)
			require.Contains(t, []int{acknowledged, asked}, *c.Spec.Replicas)
		}
		again.run()
		again.pass(10 * time.Minute)
		again.healthy(c, *c.Spec.Replicas)
	})
	return failed
}

// onlyWhatWasKept requires that the machines have nothing, and readers saw
// nothing, that is not in the journal.
func onlyWhatWasKept(t *testing.T, r *rig, journal *failingJournal) {
	t.Helper()
	require.LessOrEqual(t, r.c.View().Revision(), journal.revision(nil))
	for _, p := range r.c.Pods().List(store.Filter{}) {
		require.True(t, journal.ever[p.UID], "pod %s is seen and was never kept", p.Name)
	}
	for _, ref := range r.machines.Live() {
		require.True(t, journal.ever[ref.UID], "%v was started and its pod was never kept", ref)
	}
}

// failingJournal fails at one append and ever after.
type failingJournal struct {
	recordedJournal
	at     int
	kept   bool // the first failure is only of the answer
	failed bool
	ever   map[string]bool // uids that were kept at some time
}

func (j *failingJournal) Append(ctx context.Context, changes []store.Change) error {
	j.mu.Lock()
	first := !j.failed && len(j.batches) == j.at
	if first {
		j.failed = true
	}
	failed := j.failed
	j.mu.Unlock()
	if first {
		time.Sleep(time.Second) // time enough for work that was not to begin yet
	}
	if failed && !(first && j.kept) {
		return errDiskFull
	}
	if err := j.recordedJournal.Append(ctx, changes); err != nil {
		return err
	}
	if j.ever == nil {
		j.ever = make(map[string]bool)
	}
	for _, c := range changes {
		j.ever[c.Object().Identity().UID] = true
	}
	if failed {
		return errDiskFull
	}
	return nil
}
