//go:build linux

package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

// patience is how long a test waits for something that must happen.
const patience = 2 * time.Minute

// ranges counts the ranges of addresses that tests of this process have had.
var ranges atomic.Uint32

// rig is a runtime on a directory of its own.
type rig struct {
	testing.TB
	*process.Runtime
	dir    string
	config process.Config
	ctx    context.Context
}

func newRig(t testing.TB) *rig {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	dir := t.TempDir()
	x := &rig{TB: t, dir: dir, ctx: ctx, config: process.Config{
		Dir: filepath.Join(dir, "state"), Images: map[string]string{"self": exe},
		// One range for each test: they run beside each other, each in its own Dir.
		CIDR: "127." + strconv.Itoa(64+os.Getpid()%64) + "." + strconv.Itoa(int(ranges.Add(1)%256)) + ".0/24",
	}}
	x.open()
	t.Cleanup(x.end)
	return x
}

// open makes a new Runtime on the same directory, as a new host program does.
func (x *rig) open() {
	x.Helper()
	if x.Runtime != nil {
		require.NoError(x, x.Close())
	}
	r, err := process.New(x.config, "n1")
	require.NoError(x, err)
	x.Runtime = r
}

// end removes everything and checks that nothing is left.
func (x *rig) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	list, err := x.Runtime.List(ctx)
	require.NoError(x, err)
	for _, s := range list {
		require.NoError(x, x.Remove(ctx, s.UID))
	}
	require.NoError(x, x.Close())
	for _, dir := range []string{"nodes/n1/pods", "nodes/n1/volumes", "addresses"} {
		left, err := os.ReadDir(filepath.Join(x.config.Dir, dir))
		if !errors.Is(err, os.ErrNotExist) {
			require.NoError(x, err)
		}
		require.Empty(x, left, "Remove leaves nothing in %s", dir)
	}
	nobody(x, x.dir)
}

// nobody waits until no process has the text in its command line. What ran in
// containers is gone when a call says so, which tests look at themselves; but a
// supervisor that came too late for its work takes a moment to give up.
func nobody(t testing.TB, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(processesOf(text)) == 0 }, patience, 5*time.Millisecond, "no process of the test is left")
}

// processesOf lists the live processes that have the text in their command line.
func processesOf(text string) (out []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		b, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if strings.Contains(string(b), text) && living(pid) {
			out = append(out, pid)
		}
	}
	return out
}

// living reports whether a process runs; a zombie does not.
func living(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// pod returns a pod of one container, main, that runs a workload.
func (x *rig) pod(uid, workload string, args ...string) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{Name: "pod-" + uid, Namespace: "default", UID: uid},
		Spec: pod.Spec{Containers: []pod.Container{{
			Name: "main", Image: "self", Args: args,
			Env: []pod.EnvVar{{Name: "WORKLOAD", Value: workload}},
		}}},
	}
}

// attempt sets which attempt of container main is asked for.
func attempt(p *pod.Pod, n int) *pod.Pod {
	p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "main", RestartCount: n}}
	return p
}

func (x *rig) start(p *pod.Pod) {
	x.Helper()
	require.NoError(x, x.Start(x.ctx, p, p.Spec.Containers[0]))
}

// run starts a pod and waits until it has ended.
func (x *rig) run(p *pod.Pod) pod.Terminated {
	x.Helper()
	x.start(p)
	return x.ended(orchestrator.RefTo(p, "main"))
}

func (x *rig) list() []orchestrator.ContainerState {
	x.Helper()
	list, err := x.List(x.ctx)
	require.NoError(x, err)
	return list
}

// state returns one attempt of the list, or nil.
func (x *rig) state(ref orchestrator.ContainerRef) *orchestrator.ContainerState {
	x.Helper()
	list := x.list()
	i := slices.IndexFunc(list, func(s orchestrator.ContainerState) bool { return s.ContainerRef == ref })
	if i < 0 {
		return nil
	}
	return &list[i]
}

func (x *rig) ended(ref orchestrator.ContainerRef) (t pod.Terminated) {
	x.Helper()
	x.until("the attempt has ended", func() bool {
		s := x.state(ref)
		if s == nil || s.State.Terminated == nil {
			return false
		}
		t = *s.State.Terminated
		return true
	})
	return t
}

// until looks again whenever something may have changed.
func (x *rig) until(what string, is func() bool) {
	x.Helper()
	late := time.After(patience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-x.Changed():
		case <-again.C:
		case <-late:
			x.Fatalf("waited %v: %s", patience, what)
		}
	}
}

// says waits until the log of an attempt has the text.
func (x *rig) says(ref orchestrator.ContainerRef, text string) string {
	x.Helper()
	var log string
	x.until("the log has "+strconv.Quote(text), func() bool {
		b, err := os.ReadFile(x.LogFile(ref))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			require.NoError(x, err)
		}
		log = string(b)
		return strings.Contains(log, text)
	})
	return log
}

// pid returns the process of a running attempt.
func (x *rig) pid(ref orchestrator.ContainerRef) int {
	x.Helper()
	s := x.state(ref)
	require.NotNil(x, s)
	require.NotNil(x, s.State.Running)
	pid, err := strconv.Atoi(s.ID)
	require.NoError(x, err)
	return pid
}

// supervisor returns the process that supervises an attempt: the parent.
func (x *rig) supervisor(ref orchestrator.ContainerRef) int {
	x.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(x.pid(ref)) + "/stat")
	require.NoError(x, err)
	_, after, _ := strings.Cut(string(b), ") ")
	pid, err := strconv.Atoi(strings.Fields(after)[1])
	require.NoError(x, err)
	return pid
}

func kill(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	require.Greater(t, pid, 1)
	require.NoError(t, syscall.Kill(pid, s))
}
