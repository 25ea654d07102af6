package orchtest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// As with runtimes: every mutant is a journal with one defect, and has to fail
// the tests named for it, in a process of its own.

const (
	journalMutantVariable = "ORCHTEST_JOURNAL_MUTANT"
	journalChildVariable  = "ORCHTEST_JOURNAL_DIR"
)

func TestEveryJournalTestCanFail(t *testing.T) {
	t.Parallel()
	all := journalRun.outcomes(t, "none", ".", "PASS")
	requireCanFail(t, journalRun, all, journalMutants, func(m journalMutant) []string { return m.fails })
}

// journalRun runs the suite on a mutant: in a process of its own.
var journalRun = mutantRun{"TestJournalMutant", journalMutantVariable, []string{"-test.short"}, true}

// TestJournalMutant runs the suite on the mutant that the environment names, or
// is the program that appends until it is killed.
func TestJournalMutant(t *testing.T) {
	name := os.Getenv(journalMutantVariable)
	if name == "" {
		t.Log("runs only as a part of TestEveryJournalTestCanFail")
		return
	}
	m := journalMutants[name]
	open := func(dir string) (orchestrator.Journal, error) { return openMutant(dir, m) }
	if dir := os.Getenv(journalChildVariable); dir != "" {
		j, err := open(dir)
		require.NoError(t, err)
		t.Fatal(orchtest.AppendForever(j, os.Stdout))
	}
	orchtest.Journal(t, orchtest.JournalHarness{
		Open: open, Exclusive: true, File: "state.db",
		Small: func(t *testing.T) (string, func()) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "small"), nil, 0o600))
			return dir, func() { require.NoError(t, os.WriteFile(filepath.Join(dir, "room"), nil, 0o600)) }
		},
		Child: func(dir string) *exec.Cmd {
			child := exec.Command(os.Args[0], "-test.run=^TestJournalMutant$")
			child.Env = append(os.Environ(), journalMutantVariable+"="+name, journalChildVariable+"="+dir)
			return child
		},
	})
}

// defectiveJournal is a good journal with a defect around it.
type defectiveJournal struct {
	journalMutant
	*bolt.Journal
	dir    string
	bytes  int // appended since it was opened
	failed error
	late   [][]store.Change // acknowledged and not appended
	closed bool
}

// journalMutant is what is wrong with a journal; nil and false: nothing.
type journalMutant struct {
	fails []string

	keeps  func(batch []store.Change) []store.Change // what it appends of a batch
	loads  func([]labels.Object, uint64) ([]labels.Object, uint64)
	spoils func(batch []store.Change)                                // what it does to what it is given
	opens  func(dir string, err error) (orchestrator.Journal, error) // where it can't be opened
	halves bool                                                      // it appends a batch in two parts
	lazy   bool                                                      // it appends in Close
	goesOn bool                                                      // it takes batches after a failure, and loses them
	closes bool                                                      // it takes batches after Close, and loses them
}

var errNoRoom = errors.New("no room")

func openMutant(dir string, m journalMutant) (orchestrator.Journal, error) {
	j, err := bolt.Open(filepath.Join(dir, "state.db"))
	if err != nil {
		if m.opens != nil {
			return m.opens(dir, err)
		}
		return nil, err
	}
	return &defectiveJournal{journalMutant: m, Journal: j, dir: dir}, nil
}

func (d *defectiveJournal) Load(ctx context.Context) ([]labels.Object, uint64, error) {
	objects, revision, err := d.Journal.Load(ctx)
	if err == nil && d.loads != nil {
		objects, revision = d.loads(objects, revision)
	}
	return objects, revision, err
}

func (d *defectiveJournal) Append(ctx context.Context, changes []store.Change) error {
	switch {
	case d.closed && d.closes, d.failed != nil && d.goesOn:
		return nil
	case d.failed != nil:
		return d.failed
	}
	if d.failed = d.full(changes); d.failed != nil {
		return d.failed
	}
	if d.spoils != nil {
		d.spoils(changes)
	}
	if d.keeps != nil {
		changes = d.keeps(slices.Clone(changes))
	}
	switch {
	case d.lazy:
		d.late = append(d.late, changes)
		return nil
	case d.halves && len(changes) > 1:
		if err := d.Journal.Append(ctx, changes[:1]); err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond) // where it is killed, nearly every time
		changes = changes[1:]
	}
	return d.Journal.Append(ctx, changes)
}

// full is the error of the small disk of the suite: one that has room for five
// large pods, until there is a file called room. What is not large fits anywhere.
func (d *defectiveJournal) full(changes []store.Change) error {
	if _, err := os.Stat(filepath.Join(d.dir, "small")); err != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(d.dir, "room")); err == nil {
		return nil
	}
	for _, c := range changes {
		if c.New != nil && len(c.New.Identity().Annotations["long"]) > 10_000 {
			d.bytes += 20_000
		}
	}
	if d.bytes > 100_000 {
		return errNoRoom
	}
	return nil
}

func (d *defectiveJournal) Close() error {
	for _, changes := range d.late {
		if err := d.Journal.Append(context.Background(), changes); err != nil {
			return err
		}
	}
	d.late, d.closed = nil, true
	return d.Journal.Close()
}
