//go:build linux

package process_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

// Each pod has an address of its own, on whichever node, and serves on it.
func TestAddresses(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.CIDR = fmt.Sprintf("127.%d.%d.0/29", 128+os.Getpid()%100, 1+os.Getpid()/100%250) // .1 to .7: none ends in 0
	x.open()
	other, err := process.New(x.config, "n2")
	require.NoError(t, err)
	defer other.Close()
	seen := map[string]bool{}
	for i := range 7 {
		uid := fmt.Sprint("p", i)
		p := x.pod(uid, "http", "18080")
		r := []*process.Runtime{x.Runtime, other}[i%2]
		require.NoError(t, r.Start(x.ctx, p, p.Spec.Containers[0]))
		defer other.Remove(context.Background(), uid)
	}
	for _, r := range []*process.Runtime{x.Runtime, other} {
		list, err := r.List(x.ctx)
		require.NoError(t, err)
		for _, s := range list {
			require.False(t, seen[s.PodIP], "%s is given twice", s.PodIP)
			seen[s.PodIP] = true
			require.True(t, netip.MustParsePrefix(x.config.CIDR).Contains(netip.MustParseAddr(s.PodIP)))
			require.Equal(t, s.Pod+" "+s.PodIP+":18080", x.fetch(s.PodIP))
		}
	}
	require.Len(t, seen, 7)
	p := x.pod("more", "exit", "0")
	require.ErrorContains(t, x.Start(x.ctx, p, p.Spec.Containers[0]), "all of "+x.config.CIDR+" are taken")
	freed := x.list()[0]
	require.NoError(t, x.Remove(x.ctx, freed.UID))
	require.Equal(t, 0, x.run(p).ExitCode)
	require.Equal(t, freed.PodIP, x.state(orchestrator.RefTo(p, "main")).PodIP)
}

// fetch gets the page of a pod, once it serves.
func (x *rig) fetch(ip string) (body string) {
	x.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: patience}
	x.until("it serves", func() bool {
		resp, err := client.Get("http://" + net.JoinHostPort(ip, "18080"))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		body = string(b)
		return err == nil
	})
	return body
}

func TestAddressIsStable(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "1")
	x.run(p)
	ip := x.list()[0].PodIP
	x.open()
	x.run(attempt(p, 1))
	for _, s := range x.list() {
		require.Equal(t, ip, s.PodIP)
	}
	// An address that a crash left without a pod is free again.
	orphan := filepath.Join(x.config.Dir, "addresses", "127.1.2.3")
	require.NoError(t, os.WriteFile(orphan, []byte(`{"Node":"n1","UID":"gone"}`), 0o644))
	foreign := filepath.Join(x.config.Dir, "addresses", "127.1.2.4")
	require.NoError(t, os.WriteFile(foreign, []byte(`{"Node":"n2","UID":"there"}`), 0o644))
	x.open()
	require.NoFileExists(t, orphan)
	require.FileExists(t, foreign)
	require.NoError(t, os.Remove(foreign))
}

func TestRemove(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	at := filepath.Join(x.dir, "family")
	p := x.pod("p", "family", at)
	mount(p, pod.Volume{Name: "v"}, pod.VolumeMount{MountPath: "/v"})
	x.start(p)
	x.until("all four are there", func() bool { return len(pidsIn(at)) == 4 })
	volume := filepath.Join(x.config.Dir, "nodes/n1/volumes/p/v/data")
	closed := filepath.Join(volume, "closed")
	require.NoError(t, os.MkdirAll(filepath.Join(closed, "inner"), 0o755))
	require.NoError(t, os.Chmod(closed, 0))
	outside := filepath.Join(x.dir, "outside")
	require.NoError(t, os.WriteFile(outside, []byte("keep"), 0o644))
	require.NoError(t, os.Symlink(x.dir, filepath.Join(volume, "link")))
	require.NoError(t, x.Remove(x.ctx, "p"))
	for _, pid := range pidsIn(at) {
		require.False(t, living(pid))
	}
	require.Empty(t, x.list())
	require.FileExists(t, outside)
	require.NoError(t, x.Remove(x.ctx, "p"), "again")
	for _, code := range []string{"7", "0"} { // the uid can be used again
		require.Equal(t, code, strconv.Itoa(x.run(x.pod("p", "exit", code)).ExitCode))
		require.NoError(t, x.Remove(x.ctx, "p"))
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "talk", "3", "20000")
	x.run(p)
	log := x.says(orchestrator.RefTo(p, "main"), "no end")
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	parts := map[string]int{}
	for _, line := range lines {
		at, rest, _ := strings.Cut(line, " ")
		_, err := time.Parse(time.RFC3339Nano, at)
		require.NoError(t, err)
		parts[strings.Join(strings.SplitN(rest, " ", 3)[:2], " ")]++
	}
	require.Equal(t, map[string]int{"stdout F": 3, "stdout P": 4, "stderr F": 3}, parts)
	require.Contains(t, log, " stderr F err 2\n")
}

func TestLogRotation(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.LogMaxBytes, x.config.LogMaxFiles = 100_000, 3
	x.open()
	p := x.pod("p", "talk", "3000", "100")
	x.run(p)
	path := x.LogFile(orchestrator.RefTo(p, "main"))
	found, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Equal(t, []string{path, path + ".1", path + ".2"}, found)
	var all string
	for i, at := range found {
		b, err := os.ReadFile(at)
		require.NoError(t, err)
		require.LessOrEqual(t, len(b), 200_000)
		if i == 0 {
			require.Positive(t, len(b))
		}
		all = string(b) + all
	}
	require.True(t, strings.Contains(all, "no end"), "the newest lines are kept")
	require.False(t, strings.Contains(all, "out 0 "), "the oldest are not") // one stream alone is longer than what is kept
	next := map[string]int{}
	for line := range strings.Lines(all) { // the two streams are read beside each other
		var stamp, stream, kind, word string
		var n int
		if fields, _ := fmt.Sscan(line, &stamp, &stream, &kind, &word, &n); fields == 5 {
			if want, seen := next[stream]; seen {
				require.Equal(t, want, n, "older files hold older lines, and none is missing between them")
			}
			next[stream] = n + 1
		}
	}
	require.Equal(t, 3000, next["stdout"])
}

func TestProbe(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "forever")
	ref := orchestrator.RefTo(p, "main")
	require.ErrorContains(t, x.Probe(x.ctx, ref, []string{"true"}), "does not run")
	x.start(p)
	require.NoError(t, x.Probe(x.ctx, ref, []string{"true"}))
	require.NoError(t, x.Probe(x.ctx, ref, []string{"sh", "-c", `test "$POD_NAME" = pod-p -a "$PWD" = "$HOME"`}))
	require.ErrorContains(t, x.Probe(x.ctx, ref, []string{"sh", "-c", "echo not well; exit 4"}), "exit status 4: not well")
	require.ErrorContains(t, x.Probe(x.ctx, ref, []string{"nosuch"}), `"nosuch"`)
	require.Error(t, x.Probe(x.ctx, ref, nil))

	at := filepath.Join(x.dir, "probe")
	ctx, cancel := context.WithCancel(x.ctx)
	failed := make(chan error, 1)
	go func() {
		failed <- x.Probe(ctx, ref, []string{"sh", "-c", "sleep 1000 & echo $! $$ > " + at + "; wait"})
	}()
	x.until("it has begun", func() bool { return len(pidsIn(at)) == 2 })
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	for _, pid := range pidsIn(at) {
		x.until("it was killed", func() bool { return !living(pid) })
	}
	// What a probe leaves behind goes with the container.
	require.NoError(t, x.Probe(x.ctx, ref, []string{"sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $! > " + at}))
	require.Len(t, pidsIn(at), 1)
	require.NoError(t, x.Stop(x.ctx, ref, 0))
	require.False(t, living(pidsIn(at)[0]))
	require.Error(t, x.Probe(x.ctx, ref, []string{"true"}))
}

func TestCapacityAndDial(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r, err := x.config.Dial(x.ctx, &node.Node{Meta: labels.Meta{Name: "n7"}})
	require.NoError(t, err)
	has, err := r.(orchestrator.Sizer).Capacity(x.ctx)
	require.NoError(t, err)
	cpu, memory, pods := has[pod.CPU], has[pod.Memory], has[pod.Pods]
	require.EqualValues(t, runtime.NumCPU(), cpu.Value())
	require.Greater(t, memory.Value(), int64(64<<20))
	require.EqualValues(t, 110, pods.Value())
	require.NoError(t, r.(io.Closer).Close())
	_, err = process.Config{}.Dial(x.ctx, &node.Node{Meta: labels.Meta{Name: "n7"}})
	require.Error(t, err)
}

func TestWrongConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	newer := filepath.Join(dir, "newer")
	require.NoError(t, os.Mkdir(newer, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(newer, "process.json"), []byte(`{"Format":99}`), 0o644))
	for _, c := range []struct {
		config process.Config
		node   string
		says   string
	}{
		{process.Config{}, "n1", "Dir is required"},
		{process.Config{Dir: dir}, "", `""`},
		{process.Config{Dir: dir}, "../n1", "can not be that of a directory"},
		{process.Config{Dir: dir, CIDR: "localhost"}, "n1", `CIDR is "localhost"`},
		{process.Config{Dir: dir, CIDR: "::1/128"}, "n1", "IPv4"},
		{process.Config{Dir: dir, LogMaxBytes: -1}, "n1", "field LogMaxBytes is -1"},
		{process.Config{Dir: dir, LogMaxFiles: -1}, "n1", "field LogMaxFiles is -1"},
		{process.Config{Dir: dir, Images: map[string]string{"sh": "/bin/sh", "web": "bin/web"}}, "n1", `field Images["web"] is "bin/web"; it must be an absolute path`},
		{process.Config{Dir: dir, Cgroup: "../up"}, "n1", "Cgroup"},
		{process.Config{Dir: file}, "n1", "not a directory"},
		{process.Config{Dir: newer}, "n1", "newer version"},
	} {
		_, err := process.New(c.config, c.node)
		require.ErrorContains(t, err, c.says)
		require.ErrorContains(t, err, "open process runtime of node")
	}
}

// A supervisor that is none ends a Start with an error, and nothing has run.
func TestWrongSupervisor(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.Supervisor = "/bin/true"
	x.open()
	p := x.pod("p", "exit", "0")
	require.ErrorContains(t, x.Start(x.ctx, p, p.Spec.Containers[0]), "supervisor ended before the program began")
	require.Empty(t, x.list())
	x.config.Supervisor = "/no/such/program"
	x.open()
	require.ErrorContains(t, x.Start(x.ctx, p, p.Spec.Containers[0]), "start supervisor")
	x.config.Supervisor = ""
	x.open()
	require.Equal(t, 0, x.run(p).ExitCode)
}
