package orchtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// openJournal opens the journal that a folder has.
func openJournal(dir string) (orchestrator.Journal, error) {
	return bolt.Open(filepath.Join(dir, "state.db"))
}

// A journal's whole conformance test, of one that keeps everything in a file.
func ExampleJournal() {
	TestConformance := func(t *testing.T) {
		orchtest.Journal(t, orchtest.JournalHarness{
			Open:      openJournal,
			Exclusive: true,
			File:      "state.db",
			Child: func(dir string) *exec.Cmd { // the test binary, to be killed: see AppendForever
				child := exec.Command(os.Args[0])
				child.Env = append(os.Environ(), "APPEND_IN="+dir)
				return child
			},
		})
	}
	_ = TestConformance // go test calls it
	// Output:
}

// The test binary is also the program that appends until it is killed.
func ExampleAppendForever() {
	TestMain := func(m *testing.M) {
		if dir := os.Getenv("APPEND_IN"); dir != "" {
			journal, err := openJournal(dir)
			if err == nil {
				err = orchtest.AppendForever(journal, os.Stdout)
			}
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	_ = TestMain // go test calls it
	// Output:
}
