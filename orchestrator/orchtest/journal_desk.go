package orchtest

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// desk is a test of a journal, with a folder for it.
type desk struct {
	*testing.T
	h   *JournalHarness
	dir string
}

// open opens the journal; it is closed with the test, if not before.
func (d *desk) open() orchestrator.Journal {
	d.Helper()
	j, err := d.h.Open(d.dir)
	require.NoError(d, err)
	d.Cleanup(func() { j.Close() })
	return j
}

// append appends and requires that it works.
func (d *desk) append(j orchestrator.Journal, changes []store.Change) {
	d.Helper()
	require.NoError(d, j.Append(d.Context(), changes))
}

// reopen closes the journal, opens it, and requires that it has what the story
// says. It returns the open journal.
func (d *desk) reopen(j orchestrator.Journal, want *story) orchestrator.Journal {
	d.Helper()
	require.NoError(d, j.Close())
	j = d.open()
	d.require(j, want)
	return j
}

// require requires that a journal that was just opened has what the story says.
func (d *desk) require(j orchestrator.Journal, want *story) {
	d.Helper()
	objects, revision, err := j.Load(d.Context())
	require.NoError(d, err)
	require.Equal(d, want.revision, revision)
	require.Equal(d, want.objects, d.byName(objects))
}

// byName requires that no object is there twice.
func (d *desk) byName(objects []labels.Object) map[journalKey]labels.Object {
	d.Helper()
	all := make(map[journalKey]labels.Object, len(objects))
	for _, o := range objects {
		require.NotContains(d, all, nameOf(o), "it is there twice")
		all[nameOf(o)] = o
	}
	return all
}

func (d *desk) file() string { return filepath.Join(d.dir, d.h.File) }

// journalKey is what a journal tells objects apart by.
type journalKey struct {
	kind            store.Kind
	namespace, name string
}

func nameOf(o labels.Object) journalKey {
	return journalKey{store.KindOf(o), o.Identity().Namespace, o.Identity().Name}
}

// copyOf returns an object that shares nothing with o.
func copyOf(o labels.Object) labels.Object {
	text, err := json.Marshal(o)
	if err == nil {
		fresh := store.Blank(store.KindOf(o))
		if err = json.Unmarshal(text, fresh); err == nil {
			return fresh
		}
	}
	panic(err) // an object of ours that JSON can't hold
}

// at returns the story as it is now, for later.
func (s *story) at() *story {
	return &story{revision: s.revision, objects: maps.Clone(s.objects)}
}
