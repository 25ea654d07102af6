package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/process"
)

func TestMain(m *testing.M) {
	process.Supervise()
	os.Exit(m.Run())
}

// Edits of the inventory, and what the cluster makes of them.
func TestCluster(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	lines, out := io.Pipe()
	path := filepath.Join(t.TempDir(), "machines.yaml")
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, path, t.TempDir(), out)
		out.Close()
	}()
	read := reader{t, bufio.NewScanner(lines)}

	read.until(func(line string) bool { return ready(line) == 10 && strings.Contains(line, "m5: ") })

	gone := bytes.Replace(machines, []byte("---\napiVersion: v1\nkind: Node\nmetadata: {name: m5, labels: {topology.kubernetes.io/zone: right}}\n"), nil, 1)
	replace(t, path, gone)
	read.until(func(line string) bool { return ready(line) == 10 && !strings.Contains(line, "m5") })

	replace(t, path, gone[:len(gone)-20]) // half a file: nothing happens
	added := append(bytes.Clone(gone), []byte("---\napiVersion: v1\nkind: Node\nmetadata: {name: m6}\n")...)
	replace(t, path, added)
	read.until(func(line string) bool { return ready(line) == 10 && strings.Contains(line, "m6: ") })

	cancel()
	go io.Copy(io.Discard, lines)
	require.NoError(t, <-ended)
}

// replace puts a new file in the place of the old one, at once.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	beside := path + ".new"
	require.NoError(t, os.WriteFile(beside, content, 0o644))
	require.NoError(t, os.Rename(beside, path))
}

// ready adds up the ready pods that a line names.
func ready(line string) int {
	sum := 0
	for _, count := range regexp.MustCompile(`: (\d+)(?:  |$)`).FindAllStringSubmatch(line, -1) {
		n, _ := strconv.Atoi(count[1])
		sum += n
	}
	return sum
}

type reader struct {
	t    *testing.T
	from *bufio.Scanner
}

// until reads lines until one is as wanted.
func (r *reader) until(wanted func(line string) bool) {
	r.t.Helper()
	for r.from.Scan() {
		r.t.Log(r.from.Text())
		if wanted(r.from.Text()) {
			return
		}
	}
	r.t.Fatalf("the output ended: %v", r.from.Err())
}
