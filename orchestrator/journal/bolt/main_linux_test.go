package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
)

// TestMain also is the program that appends until it is killed, or fails.
func TestMain(m *testing.M) {
	dir := os.Getenv("APPEND_IN")
	if dir == "" {
		os.Exit(m.Run())
	}
	journal, err := bolt.Open(filepath.Join(dir, "state.db"))
	if err == nil && os.Getenv("LIMIT_FILES") != "" {
		err = limitFiles()
	}
	switch {
	case err != nil:
	case os.Getenv("APPEND_LARGE") != "":
		err = appendLarge(journal)
	default:
		err = orchtest.AppendForever(journal, os.Stdout)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// appendLarge appends a pod of 20 kilobytes at a time, and tells of each.
func appendLarge(journal *bolt.Journal) error {
	for n := uint64(0); ; n++ {
		changes := podChanges(n, 1)
		changes[0].New.Identity().Annotations["long"] = string(make([]byte, 20_000))
		if err := journal.Append(context.Background(), changes); err != nil {
			return err
		}
		fmt.Println(n + 1)
	}
}
