package bolt_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

func TestConformance(t *testing.T) {
	orchtest.Journal(t, orchtest.JournalHarness{
		Open:      func(dir string) (orchestrator.Journal, error) { return bolt.Open(filepath.Join(dir, "state.db")) },
		Exclusive: true,
		File:      "state.db",
		Small:     small,
		Child: func(dir string) *exec.Cmd {
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "APPEND_IN="+dir)
			return child
		},
	})
}
