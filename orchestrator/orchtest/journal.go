package orchtest

import (
	"os/exec"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// JournalHarness is what the suite has to know about a journal.
type JournalHarness struct {
	// Open opens the journal that lives in a folder, and begins one where there
	// is none. The same folder is the same journal. Required.
	Open func(dir string) (orchestrator.Journal, error)
	// Exclusive: a journal that is open can't be opened again, by this process or another.
	Exclusive bool
	// File is the name of the file that everything is in. It is torn, cut and
	// damaged; what Load or Open then says must name it. Empty: not tested.
	File string
	// Small returns a folder on a disk with room for a megabyte or two, and a
	// function that makes more room there. nil: a full disk is not tested.
	Small func(t *testing.T) (dir string, free func())
	// Child returns a program that calls Open for the folder, and then
	// AppendForever with what it got and its standard output. It is killed.
	// nil: not tested.
	Child func(dir string) *exec.Cmd
	// Soon is how long anything may take that should be quick. It is the limit
	// of a test that fails, not the length of one that passes. Default: a minute.
	Soon time.Duration
}

// Journal runs the conformance suite of journals, a subtest for each promise.
func Journal(t *testing.T, h JournalHarness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("orchtest: Open of the harness is required")
	}
	if h.Soon <= 0 {
		h.Soon = time.Minute
	}
	for _, test := range journalTests {
		if test.needs != nil && !test.needs(&h) {
			t.Logf("%s is not tested: the harness has nothing for it", test.name)
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(&desk{T: t, h: &h, dir: t.TempDir()}) })
	}
}

// journalTest is one promise of a journal.
type journalTest struct {
	name  string
	needs func(h *JournalHarness) bool // nil: nothing beyond what is required
	run   func(d *desk)
}

var journalTests = []journalTest{
	{name: "EmptyAtFirst", run: emptyAtFirst},
	{name: "KeepsEveryField", run: keepsEveryField},
	{name: "NamesDoNotClash", run: namesDoNotClash},
	{name: "LastChangeCounts", run: lastChangeCounts},
	{name: "RevisionOutlivesObjects", run: revisionOutlivesObjects},
	{name: "LargeBatch", run: largeBatch},
	{name: "ReloadEqualsMemory", run: reloadEqualsMemory},
	{name: "LifeOfACluster", run: lifeOfACluster},
	{name: "LoadedBelongsToTheCaller", run: loadedBelongsToTheCaller},
	{name: "LeavesChangesAlone", run: leavesChangesAlone},
	{name: "ClosedRefuses", run: closedRefuses},

	{name: "TwoOpeners", run: twoOpeners, needs: func(h *JournalHarness) bool { return h.Exclusive }},
	{name: "TornWrites", run: tornWrites, needs: hasFile},
	{name: "FlippedBytes", run: flippedBytes, needs: hasFile},
	{name: "CutOff", run: cutOff, needs: hasFile},
	{name: "DiskFull", run: diskFull, needs: func(h *JournalHarness) bool { return h.Small != nil }},
	{name: "KilledDuringAppend", run: killedDuringAppend, needs: func(h *JournalHarness) bool { return h.Child != nil }},
}

func hasFile(h *JournalHarness) bool { return h.File != "" }
