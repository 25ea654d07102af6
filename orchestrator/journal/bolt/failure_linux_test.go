package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/pod"
)

// cluster is an orchestrator with a journal, on machines of nothing.
func cluster(t *testing.T, path string, machines *fake.Machines) *orchestrator.Orchestrator {
	t.Helper()
	o, err := orchestrator.New(orchestrator.Config{
		Dial: machines.Dial, Journal: open(t, path), Machines: []*node.Node{{Meta: labels.Meta{Name: "here"}}},
	})
	require.NoError(t, err)
	return o
}

// writeUntilRunEnds has clients create pods until they are refused. It returns
// the uids that they were told of, Run's error, and that of the clients.
func writeUntilRunEnds(t *testing.T, o *orchestrator.Orchestrator) (acknowledged map[string]bool, run, refused error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- o.Run(t.Context()) }()
	var mu sync.Mutex
	var clients sync.WaitGroup
	acknowledged = make(map[string]bool)
	for c := range 8 {
		clients.Go(func() {
			for n := 0; n < 2000; n++ {
				p, err := o.Client().Pods().Create(context.Background(), &pod.Pod{
					Meta: labels.Meta{Name: fmt.Sprintf("p-%d-%d", c, n), Annotations: map[string]string{"long": strings.Repeat("x", 5000)}},
					Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
				})
				mu.Lock()
				if err == nil {
					acknowledged[p.UID] = true
				} else {
					refused = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	clients.Wait()
	return acknowledged, <-ended, refused
}

// requireKept requires that all that was acknowledged or seen or started is in the journal.
func requireKept(t *testing.T, o *orchestrator.Orchestrator, acknowledged map[string]bool, machines *fake.Machines) {
	t.Helper()
	for uid := range acknowledged {
		_, err := o.Client().View().Pods().ByUID(uid)
		require.NoError(t, err, "acknowledged and lost")
	}
	for _, ref := range machines.Live() {
		_, err := o.Client().View().Pods().ByUID(ref.UID)
		require.NoError(t, err, "started and not kept")
	}
}

// A full disk ends Run. What was acknowledged is there at the next start, at once
// and with more room, and then everything goes on.
func TestDiskFullEndsRun(t *testing.T) {
	dir, free := small(t)
	path := filepath.Join(dir, "state.db")
	var machines fake.Machines
	acknowledged, run, refused := writeUntilRunEnds(t, cluster(t, path, &machines))
	require.ErrorIs(t, run, syscall.ENOSPC)
	require.ErrorContains(t, run, path)
	require.ErrorIs(t, refused, syscall.ENOSPC)
	require.ErrorIs(t, refused, orchestrator.ErrStopped)
	require.NotEmpty(t, acknowledged)

	j := open(t, path) // full as it is
	_, _, err := j.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, j.Close())

	free()
	o := cluster(t, path, &machines)
	requireKept(t, o, acknowledged, &machines)
	_, err = o.Client().Apply(t.Context(), &labels.Namespace{Meta: labels.Meta{Name: "more"}})
	require.NoError(t, err)
}

// limitFiles has every write fail that makes a file longer than a megabyte, in
// this process, for good.
func limitFiles() error {
	const fileSize = 1             // RLIMIT_FSIZE
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, and not the program
	return syscall.Setrlimit(fileSize, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20})
}

// Any other error of a write ends the journal just so. Here the file may not grow.
func TestWriteError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "APPEND_IN="+dir, "LIMIT_FILES=yes", "APPEND_LARGE=yes")
	var acknowledged, failed bytes.Buffer
	child.Stdout, child.Stderr = &acknowledged, &failed
	require.Error(t, child.Run())
	require.Contains(t, failed.String(), fmt.Sprintf("write journal %q: ", path))
	require.Contains(t, failed.String(), "file too large")

	j := open(t, path)
	objects, revision, err := j.Load(t.Context())
	require.NoError(t, err)
	require.Len(t, objects, int(revision))
	require.InDelta(t, strings.Count(acknowledged.String(), "\n"), revision, 1)
	require.NoError(t, j.Append(t.Context(), podChanges(revision, 1)))
}

// A file system that is read-only is an error of Open; nothing is begun.
func TestReadOnlyFileSystem(t *testing.T) {
	dir, _ := small(t)
	path := filepath.Join(dir, "state.db")
	require.NoError(t, open(t, path).Close())
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err := bolt.Open(path)
	require.ErrorIs(t, err, syscall.EROFS)
	require.ErrorContains(t, err, path)
	_, err = bolt.Open(filepath.Join(dir, "other.db"))
	require.True(t, errors.Is(err, syscall.EROFS), err)
}
