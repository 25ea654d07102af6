package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// open opens a journal that is closed with the test.
func open(t testing.TB, path string) *bolt.Journal {
	t.Helper()
	j, err := bolt.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	return j
}

func TestReloadEqualsWhatWasAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	j := open(t, path)
	objects, revision, err := j.Load(t.Context())
	require.NoError(t, err)
	require.Empty(t, objects)
	require.Zero(t, revision)

	web := &pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web", ResourceVersion: 1}}
	gone := &pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "gone", ResourceVersion: 2}}
	require.NoError(t, j.Append(t.Context(), []store.Change{
		{Revision: 1, Kind: store.KindPod, New: web}, {Revision: 2, Kind: store.KindPod, New: gone},
	}))
	require.NoError(t, j.Append(t.Context(), []store.Change{{Revision: 3, Kind: store.KindPod, Old: gone}}))
	require.NoError(t, j.Close())

	objects, revision, err = open(t, path).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, []labels.Object{web}, objects)
	require.Equal(t, uint64(3), revision)
}

func TestTwoOpeners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	_, err := bolt.Open(path)
	require.ErrorContains(t, err, path)
}
