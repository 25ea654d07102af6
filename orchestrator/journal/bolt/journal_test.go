package bolt_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
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

// load opens a journal, loads it, and closes it.
func load(t testing.TB, path string) ([]labels.Object, uint64) {
	t.Helper()
	j := open(t, path)
	objects, revision, err := j.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, j.Close())
	return objects, revision
}

// filled makes a journal with n pods, and returns its path.
func filled(t testing.TB, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	j := open(t, path)
	for from := 0; from < n; from += 100 {
		require.NoError(t, j.Append(t.Context(), podChanges(uint64(from), min(100, n-from))))
	}
	require.NoError(t, j.Close())
	return path
}

// podChanges creates pods after a revision.
func podChanges(revision uint64, n int) []store.Change {
	changes := make([]store.Change, n)
	for i := range changes {
		revision++
		p := benchPod(int(revision))
		p.ResourceVersion, p.UID = revision, fmt.Sprint("uid-", revision)
		changes[i] = store.Change{Revision: revision, Kind: store.KindPod, New: p}
	}
	return changes
}

func TestLockNamesItsHolder(t *testing.T) {
	path := filled(t, 1)
	open(t, path)
	_, err := bolt.Open(path)
	require.ErrorIs(t, err, bolt.ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("open journal %q: it is in use by this process", path))
}

// An old file is brought to the newest format, and is all there.
func TestMigratesFormat1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	packed, err := os.Open("testdata/format-1.db.gz")
	require.NoError(t, err)
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))

	want, err := manifest.ReadFiles("testdata/format-1.json")
	require.NoError(t, err)
	for range 2 {
		objects, revision := load(t, path)
		require.ElementsMatch(t, want, objects)
		require.EqualValues(t, 85, revision)
	}
	j := open(t, path)
	require.NoError(t, j.Append(t.Context(), podChanges(85, 1)))
	require.NoError(t, j.Close())
	objects, _ := load(t, path)
	require.Len(t, objects, len(want)+1)
}

// change rewrites the database behind the journal's back.
func change(t testing.TB, path string, fn func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fn))
	require.NoError(t, db.Close())
}

func TestRefuses(t *testing.T) {
	objects, state := []byte("objects"), []byte("state")
	key := []byte("Pod/default/web-000007")
	for name, c := range map[string]struct {
		change func(tx *bbolt.Tx) error
		want   error
		says   string
	}{
		"a newer format": {func(tx *bbolt.Tx) error { return tx.Bucket(state).Put([]byte("format"), []byte("3")) },
			bolt.ErrNewer, "it is of a newer format: 3, and this program knows those up to 2"},
		"no format": {func(tx *bbolt.Tx) error { return tx.Bucket(state).Delete([]byte("format")) },
			bolt.ErrDamaged, `its format is ""`},
		"another database": {func(tx *bbolt.Tx) error { return tx.DeleteBucket(objects) },
			bolt.ErrDamaged, "not one of a journal"},
		"a record that is missing": {func(tx *bbolt.Tx) error { return tx.Bucket(objects).Delete(key) },
			bolt.ErrDamaged, "it has 299 objects"},
		"a record in the place of another": {func(tx *bbolt.Tx) error {
			return tx.Bucket(objects).Put(key, bytes.Clone(tx.Bucket(objects).Get([]byte("Pod/default/web-000008"))))
		}, bolt.ErrDamaged, `record "Pod/default/web-000007" has checksum`},
		"a record too many": {func(tx *bbolt.Tx) error {
			return tx.Bucket(objects).Put([]byte("Job/a/b"), []byte("00000000 {}"))
		}, bolt.ErrDamaged, `record "Job/a/b"`},
		"a record without a checksum": {func(tx *bbolt.Tx) error { return tx.Bucket(objects).Put(key, []byte("{}")) },
			bolt.ErrDamaged, "has no checksum"},
		"nothing of the newest batch": {func(tx *bbolt.Tx) error { return tx.Bucket(state).Delete([]byte("newest")) },
			bolt.ErrDamaged, `record "newest" has no checksum`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filled(t, 300)
			change(t, path, c.change)
			j, err := bolt.Open(path)
			if err == nil {
				_, _, err = j.Load(t.Context())
				require.NoError(t, j.Close())
			}
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
		})
	}
}

// What is at the path and is no journal stays as it is.
func TestOpensNothingElse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "text": strings.Repeat("no journal\n", 4000)} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := bolt.Open(path)
		require.ErrorIs(t, err, bolt.ErrDamaged)
		is, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(is))
	}
	_, err := bolt.Open(dir)
	require.ErrorContains(t, err, dir)
	_, err = bolt.Open(filepath.Join(dir, "no", "folder"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "look for its folder: stat "+filepath.Join(dir, "no")+": ")
	_, err = bolt.Open("")
	require.EqualError(t, err, `open journal "": a path is required`)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 2)
}

// Appends that leave out a revision are refused: something was lost before.
func TestRefusesAGap(t *testing.T) {
	path := filled(t, 3)
	j := open(t, path)
	require.ErrorContains(t, j.Append(t.Context(), podChanges(4, 1)), "revision 4 follows, not 5")
	require.NoError(t, j.Append(t.Context(), podChanges(3, 1)))
}

// A backup that is taken while batches are appended has all of some of them.
func TestBackupWhileRunning(t *testing.T) {
	path := filled(t, 500)
	j := open(t, path)
	_, _, err := j.Load(t.Context())
	require.NoError(t, err)
	begun, taken, appended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var w bytes.Buffer
	last := 500
	go func() { // before, during and after
		for n := 0; ; n++ {
			if err := j.Append(t.Context(), podChanges(uint64(last), 100)); err != nil {
				appended <- err
				return
			}
			last += 100
			if n == 0 {
				close(begun)
			}
			select {
			case <-taken:
				appended <- nil
				return
			default:
			}
		}
	}()
	select {
	case <-begun:
	case err := <-appended:
		require.NoError(t, err)
	}
	require.NoError(t, j.Backup(t.Context(), &w))
	close(taken)
	require.NoError(t, <-appended)

	copied := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, bolt.Restore(copied, &w))
	objects, revision := load(t, copied)
	require.Len(t, objects, int(revision))
	require.Zero(t, revision%100, "half a batch")
	all, newest, err := j.Load(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, last, newest)
	require.Greater(t, revision, uint64(500), "it is younger than the first of them")
	require.Equal(t, all[:revision], objects)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, j.Backup(ended, io.Discard), context.Canceled)
}

func TestRestoreChecksFirst(t *testing.T) {
	path := filled(t, 300)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), "state.db")
	damaged := bytes.Replace(text, []byte("registry.example.com"), []byte("registry.example.org"), 1)
	for name, backup := range map[string][]byte{"half": text[:len(text)/3], "damaged": damaged, "nothing": nil} {
		require.ErrorIs(t, bolt.Restore(target, bytes.NewReader(backup)), bolt.ErrDamaged, name)
		require.NoFileExists(t, target)
	}
	require.NoError(t, bolt.Restore(target, bytes.NewReader(text)))
	err = bolt.Restore(target, bytes.NewReader(text))
	require.ErrorIs(t, err, fs.ErrExist)
	left, err := os.ReadDir(filepath.Dir(target))
	require.NoError(t, err)
	require.Len(t, left, 1, "drafts are left")
}

// A damaged newest batch is never left out silently; whoever wants to can.
func TestRewind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	j := open(t, path)
	require.NoError(t, j.Append(t.Context(), podChanges(0, 10)))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, j.Append(t.Context(), podChanges(10, 10)))
	require.NoError(t, j.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	newest := 0 // the meta page that the last batch wrote
	if bytes.Equal(before[:4096], text[:4096]) {
		newest = 4096
	}
	text[newest+40] ^= 1
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err = bolt.Open(path)
	require.ErrorIs(t, err, bolt.ErrDamaged)

	revision, err := bolt.Rewind(path)
	require.NoError(t, err)
	require.EqualValues(t, 10, revision)
	objects, revision := load(t, path)
	require.Len(t, objects, 10)
	require.EqualValues(t, 10, revision)
	revision, err = bolt.Rewind(path)
	require.NoError(t, err)
	require.EqualValues(t, 10, revision, "nothing is damaged")

	text = bytes.ReplaceAll(text, []byte("registry.example.com"), []byte("registry.example.org"))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err = bolt.Rewind(path)
	require.ErrorIs(t, err, bolt.ErrDamaged)
}

func TestExportImport(t *testing.T) {
	path := filled(t, 50)
	j := open(t, path)
	var list bytes.Buffer
	require.NoError(t, j.Export(t.Context(), &list))
	require.Contains(t, list.String(), `"kind": "List"`)

	again := filepath.Join(t.TempDir(), "state.db")
	require.NoError(t, bolt.Import(again, bytes.NewReader(list.Bytes())))
	want, revision := load(t, again)
	objects, newest, err := j.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, objects, want)
	require.Equal(t, newest, revision)
	require.ErrorIs(t, bolt.Import(again, &list), fs.ErrExist)
}

func TestImportRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	for says, list := range map[string]string{
		`pod "a" has no metadata.uid`:             `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}`,
		`pod "a" has no metadata.resourceVersion`: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b, uid: u}}`,
		`pod "a" has metadata.namespace ""`:       `{apiVersion: v1, kind: Pod, metadata: {name: a, uid: u, resourceVersion: "1"}}`,
		"sort":                                    `{apiVersion: v1, kind: Pod, metadata: {name: a, sort: of}}`,
	} {
		require.ErrorContains(t, bolt.Import(path, strings.NewReader(list)), says)
		require.NoFileExists(t, path)
	}
}

// Of many changes of one object in a batch one write is left.
func TestWritesAnObjectOnceInABatch(t *testing.T) {
	path := filled(t, 1)
	j := open(t, path)
	var changes []store.Change
	for i := range 1000 {
		p := &pod.Pod{Meta: labels.Meta{Namespace: "default", Name: "web", ResourceVersion: uint64(i + 2)}}
		changes = append(changes, store.Change{Revision: uint64(i + 2), Kind: store.KindPod, New: p})
	}
	require.NoError(t, j.Append(t.Context(), changes))
	require.NoError(t, j.Close())
	objects, revision := load(t, path)
	require.Len(t, objects, 2)
	require.EqualValues(t, 1001, revision)
}
