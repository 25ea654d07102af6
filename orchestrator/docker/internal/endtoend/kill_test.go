package endtoend_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
)

// hostProcess is a host program that runs.
type hostProcess struct {
	*exec.Cmd
	said  *bufio.Scanner
	stdin io.Closer
	lines []string // what it said
}

func startHost(t *testing.T, dir, instance, image, task string) *hostProcess {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	h := &hostProcess{Cmd: exec.CommandContext(t.Context(), self)}
	h.Env = append(os.Environ(), hostDir+"="+dir, hostInstance+"="+instance, hostImage+"="+image, hostTask+"="+task)
	h.Stderr = os.Stderr
	out, err := h.StdoutPipe()
	require.NoError(t, err)
	h.stdin, err = h.StdinPipe()
	require.NoError(t, err)
	h.said = bufio.NewScanner(out)
	require.NoError(t, h.Start())
	return h
}

// until reads what it says up to a line.
func (h *hostProcess) until(t *testing.T, line string) {
	t.Helper()
	for h.said.Scan() {
		h.lines = append(h.lines, h.said.Text())
		if h.said.Text() == line {
			return
		}
	}
	require.Fail(t, "the host program ended", "before it said %q: %v", line, h.Wait())
}

// letWork returns when the host program has taken some steps, or has tried for
// long enough, and some more time has passed.
func (h *hostProcess) letWork(steps int, more time.Duration) {
	latest := time.AfterFunc(2*time.Second, func() { h.Process.Kill() })
	for range steps {
		if !h.said.Scan() {
			break
		}
	}
	latest.Stop()
	<-time.After(more) // the moment is random
}

// finish has a host program do its task, and end.
func (h *hostProcess) finish(t *testing.T) {
	t.Helper()
	h.until(t, "done")
	require.NoError(t, h.stdin.Close())
	require.NoError(t, h.Wait())
}

// kills is how often a host program is killed: 50 times, or as CORACLE_KILLS says.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CORACLE_KILLS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "CORACLE_KILLS")
	return n
}

// A host program is killed at random moments of starting and stopping pods, and
// started again each time. In the end there is exactly what was asked for, and
// nothing was ever started twice.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	client := enginetest.Connect(t)
	image := enginetest.Toy(t, client)
	instance := newInstance(t, client)
	count := countStarts(t, client, instance)
	dir := t.TempDir()
	for range kills(t) {
		h := startHost(t, dir, instance, image, "churn")
		h.until(t, "working")
		h.letWork(rand.IntN(4), time.Duration(rand.Int64N(int64(400*time.Millisecond))))
		require.NoError(t, h.Process.Kill())
		require.Error(t, h.Wait(), "it was killed")
	}

	settled := startHost(t, dir, instance, image, "settle")
	settled.until(t, "done")
	want := make(map[string]string) // container ids by pod uid
	for _, line := range settled.lines {
		var uid, id string
		var restarts int
		if n, _ := fmt.Sscanf(line, "pod %s %s %d", &uid, &id, &restarts); n == 3 {
			want[uid] = id
		}
	}
	require.Len(t, want, manyPods)
	list := containers(t, client, instance)
	have := make(map[string]int) // containers by pod uid
	for _, c := range list {
		uid := c.Labels["coracle.dev/uid"]
		require.Contains(t, want, uid, "container %v is an orphan: %s", c.Names, c.Status)
		if c.State == "running" {
			have[uid]++
		}
		if c.State == "running" && !strings.HasSuffix(c.Names[0], "_infra") {
			require.Equal(t, want[uid], c.ID)
		}
	}
	for uid := range want {
		require.Equal(t, 2, have[uid], "pod %s has a container and its infra container", uid)
	}
	count.requireKnown(t, list)
	t.Logf("%d attempts were started, each once", count.requireOnce(t))
	require.NoError(t, settled.stdin.Close())
	require.NoError(t, settled.Wait())
	startHost(t, dir, instance, image, "clear").finish(t)
}
