package fake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

func TestJournalConformance(t *testing.T) {
	journals := make(map[string]*fake.Journal) // by folder
	orchtest.Journal(t, orchtest.JournalHarness{Open: func(dir string) (orchestrator.Journal, error) {
		j := &fake.Journal{}
		if old := journals[dir]; old != nil {
			j = old.Until(old.Batches())
		}
		journals[dir] = j
		return j, nil
	}})
}

// namespaceChange creates a namespace at a revision.
func namespaceChange(revision uint64) []store.Change {
	o := &labels.Namespace{Meta: labels.Meta{Name: "team", ResourceVersion: revision}}
	return []store.Change{{Revision: revision, Kind: store.KindNamespace, New: o}}
}

func TestJournalFaults(t *testing.T) {
	full := errors.New("disk full")
	synctest.Test(t, func(t *testing.T) {
		j := &fake.Journal{}
		j.SetFaults(fake.JournalFaults{Latency: time.Minute, Err: full, After: 1, Kept: true})
		began := time.Now()
		require.NoError(t, j.Append(t.Context(), namespaceChange(1)))
		require.Equal(t, time.Minute, time.Since(began))
		require.ErrorIs(t, j.Append(t.Context(), namespaceChange(2)), full)
		require.Equal(t, 2, j.Batches(), "kept, and the answer was lost")
		require.ErrorIs(t, j.Append(t.Context(), namespaceChange(3)), full)
		require.Equal(t, 2, j.Batches())
		_, revision, err := j.Until(1).Load(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, revision)

		j.SetFaults(fake.JournalFaults{LoadErr: full})
		_, _, err = j.Load(t.Context())
		require.ErrorIs(t, err, full)
		require.NoError(t, j.Check())
	})
}

// Check tells of an orchestrator that does not keep the contract.
func TestJournalChecks(t *testing.T) {
	for says, use := range map[string]func(j *fake.Journal){
		"revision 3 where 1 should come": func(j *fake.Journal) { j.Append(context.Background(), namespaceChange(3)) },
		"an empty batch":                 func(j *fake.Journal) { j.Append(context.Background(), nil) },
		"revision 4 where 2 should come": func(j *fake.Journal) {
			j.Append(context.Background(), append(namespaceChange(1), namespaceChange(4)...))
		},
		"append to a journal that is closed": func(j *fake.Journal) {
			j.Close()
			j.Append(context.Background(), namespaceChange(1))
		},
		"two appends at a time": func(j *fake.Journal) {
			j.SetFaults(fake.JournalFaults{Latency: time.Second})
			go j.Append(context.Background(), namespaceChange(1))
			time.Sleep(time.Millisecond)
			j.Append(context.Background(), namespaceChange(2))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := &fake.Journal{}
			use(j)
			require.ErrorContains(t, j.Check(), says)
		})
	}
}
