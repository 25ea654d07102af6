package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// TestMain also is the program that appends until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("APPEND_IN"); dir != "" {
		journal, err := bolt.Open(filepath.Join(dir, "state.db"))
		if err == nil {
			err = orchtest.AppendForever(journal, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
