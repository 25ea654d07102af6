//go:build linux

package process_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for _, c := range []struct {
		uid, workload, arg string
		code, signal       int
		reason             string
	}{
		{"zero", "exit", "0", 0, 0, "Completed"},
		{"seven", "exit", "7", 7, 0, "Error"},
		{"killed", "suicide", "9", 137, 9, "Error"},
		{"terminated", "suicide", "15", 143, 15, "Error"},
	} {
		before := time.Now()
		got := x.run(x.pod(c.uid, c.workload, c.arg))
		require.Equal(t, c.code, got.ExitCode, c.uid)
		require.Equal(t, c.signal, got.Signal, c.uid)
		require.Equal(t, c.reason, got.Reason, c.uid)
		require.Empty(t, got.Message)
		require.WithinRange(t, got.StartedAt, before, time.Now())
		require.WithinRange(t, got.FinishedAt, got.StartedAt, time.Now())
	}
}

func TestProgramsThatCanNotBeExecuted(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	plain := filepath.Join(x.dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("words"), 0o644))
	garbage := filepath.Join(x.dir, "garbage")
	require.NoError(t, os.WriteFile(garbage, []byte("words"), 0o755))
	for uid, c := range map[string]struct {
		image   string
		command []string
		dir     string
		code    int
		message string
	}{
		"missing":   {"self", []string{"/no/such/program"}, "", 127, `"/no/such/program"`},
		"unfound":   {"self", []string{"nosuchprogram"}, "", 127, `"nosuchprogram"`},
		"relative":  {"self", []string{"./here"}, "", 127, "/here"},
		"plain":     {plain, nil, "", 126, "plain"},
		"commanded": {"self", []string{plain}, "", 126, "plain"},
		"garbage":   {garbage, nil, "", 126, "garbage"},
		"directory": {"self", []string{"/etc"}, "", 126, `"/etc"`},
		"nowhere":   {"self", nil, "/no/such/dir", 126, `"/no/such/dir"`},
	} {
		p := x.pod(uid, "exit", "0")
		c0 := &p.Spec.Containers[0]
		c0.Image, c0.Command, c0.WorkingDir = c.image, c.command, c.dir
		x.start(p)
		s := x.state(orchestrator.RefTo(p, "main"))
		require.NotNil(t, s, uid)
		require.NotNil(t, s.State.Terminated, "%s: it has ended when Start returns", uid)
		require.Equal(t, "StartError", s.State.Terminated.Reason, uid)
		require.Equal(t, c.code, s.State.Terminated.ExitCode, uid)
		require.Contains(t, s.State.Terminated.Message, c.message, uid)
		require.NoError(t, x.Start(x.ctx, p, *c0), "it counts as started")
	}
}

func TestWrongImages(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.Images["gone"] = "/no/such/image"
	x.open()
	for image, reason := range map[string]string{
		"unknown":        "ErrImageNeverPull",
		"nginx:latest":   "ErrImageNeverPull",
		"gone":           "ErrImageNeverPull",
		"/no/such/image": "ErrImageNeverPull",
		"":               "InvalidImageName",
		"two\nlines":     "InvalidImageName",
		"/dev/null":      "InvalidImageName",
		x.dir:            "CreateContainerError", // a directory without a command
	} {
		p := x.pod("p", "exit", "0")
		p.Spec.Containers[0].Image = image
		err := x.Start(x.ctx, p, p.Spec.Containers[0])
		var why *orchestrator.StartError
		require.ErrorAs(t, err, &why, image)
		require.Equal(t, reason, why.Reason, "%q: %v", image, err)
		require.Contains(t, err.Error(), `start container "main" of pod "default/pod-p"`)
		require.Empty(t, x.list())
	}
	require.NoError(t, x.Remove(x.ctx, "p"))
}

func TestImageDirectory(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	root := filepath.Join(x.dir, "image")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "bin"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(root, "sub"), 0o755))
	for _, at := range []string{"bin/inner", "top", "bin/ls"} {
		script := "#!/bin/sh\necho " + at + " in $(pwd) with $*\n"
		syscall.ForkLock.RLock() // what is open for writing, be it in a child of another test, can't be executed
		err := os.WriteFile(filepath.Join(root, at), []byte(script), 0o755)
		syscall.ForkLock.RUnlock()
		require.NoError(t, err)
	}
	for uid, c := range map[string]struct {
		command []string
		dir     string
		says    string
	}{
		"path":     {[]string{"inner", "a", "b"}, "", "bin/inner in " + root + " with a b x"},
		"top":      {[]string{"top"}, "", "top in " + root},
		"relative": {[]string{"./bin/inner"}, "", "bin/inner in " + root},
		"absolute": {[]string{"/bin/inner"}, "", "bin/inner in " + root},
		"shadow":   {[]string{"ls"}, "", "bin/ls in " + root},
		"host":     {[]string{"/bin/echo", "hello"}, "", "hello x"},
		"sub":      {[]string{"top"}, "sub", "top in " + filepath.Join(root, "sub")},
		"else":     {[]string{"top"}, "/tmp", "top in /tmp"},
	} {
		p := x.pod(uid, "", "x")
		p.Spec.Containers[0].Image, p.Spec.Containers[0].Command, p.Spec.Containers[0].WorkingDir = root, c.command, c.dir
		require.Equal(t, 0, x.run(p).ExitCode, uid)
		x.says(orchestrator.RefTo(p, "main"), c.says)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("e", "environ", "$(GREETING)", "$(NOBODY)", "$$(GREETING)")
	c := &p.Spec.Containers[0]
	c.Env = append(c.Env,
		pod.EnvVar{Name: "GREETING", Value: "hello $(POD_NAME)"},
		pod.EnvVar{Name: "ADDRESS", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "status.podIP"}}})
	c.Resources.Limits = pod.Resources{"example.com/gpu": pod.MustParseQuantity("1500m")}
	p.Status.Devices = []pod.Devices{{Name: "example.com/gpu", Indexes: []int{3, 0}}}
	x.run(p)
	s := x.state(orchestrator.RefTo(p, "main"))
	log := x.says(s.ContainerRef, "ARGS")
	for _, want := range []string{
		"POD_IP=" + s.PodIP, "ADDRESS=" + s.PodIP, "POD_NAME=pod-e", "POD_NAMESPACE=default", "HOSTNAME=pod-e",
		"EXAMPLE_COM_GPU_VISIBLE_DEVICES=3,0", "GREETING=hello pod-e", "PATH=/usr/local/sbin", "HOME=" + x.config.Dir,
		"PWD " + filepath.Join(x.config.Dir, "nodes/n1/pods/e/work"),
		"ARGS hello pod-e $(NOBODY) $(GREETING)",
	} {
		require.Contains(t, log, " stdout F "+want)
	}
	require.NotContains(t, log, "GOMAXPROCS", "nothing of the host program's own environment")
	require.NotContains(t, log, "PWD=")
}

func TestStartIsIdempotent(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	starts := filepath.Join(x.dir, "starts")
	p := x.pod("p", "once", starts)
	ref := orchestrator.RefTo(p, "main")
	for range 3 {
		x.start(p)
	}
	x.until("it has begun", func() bool { return len(pidsIn(starts)) == 1 })
	pid := x.pid(ref)
	require.Equal(t, []int{pid}, pidsIn(starts))
	x.open()
	x.start(p)
	require.Equal(t, pid, x.pid(ref))
	require.NoError(t, x.Stop(x.ctx, ref, 0))
	x.start(p) // has ended; is not started again
	require.NotNil(t, x.state(ref).State.Terminated)
	require.Equal(t, []int{pid}, pidsIn(starts))

	x.start(attempt(p, 1))
	x.until("the next attempt has begun", func() bool { return len(pidsIn(starts)) == 2 })
	x.start(attempt(p, 0)) // older than the newest
	require.Len(t, pidsIn(starts), 2)
}

// Many Starts of one attempt, by several runtimes on the same directory, run it once.
func TestStartRace(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for round := range 5 {
		uid := "p" + string(rune('0'+round))
		starts := filepath.Join(x.dir, uid)
		p := x.pod(uid, "once", starts)
		runtimes := []*process.Runtime{x.Runtime}
		for range 2 {
			r, err := process.New(x.config, "n1")
			require.NoError(t, err)
			defer r.Close()
			runtimes = append(runtimes, r)
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				if err := runtimes[i%3].Start(x.ctx, p, p.Spec.Containers[0]); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		ref := orchestrator.RefTo(p, "main")
		x.until("it has begun", func() bool { return len(pidsIn(starts)) > 0 })
		require.Equal(t, []int{x.pid(ref)}, pidsIn(starts))
		require.NoError(t, x.Stop(x.ctx, ref, 0))
		require.Len(t, pidsIn(starts), 1)
	}
}

// A Start whose context has ended either ran the program or never will.
func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for i := range 20 {
		uid := "p" + strings.Repeat("x", i)
		starts := filepath.Join(x.dir, uid)
		p := x.pod(uid, "once", starts)
		ctx, cancel := context.WithTimeout(x.ctx, time.Duration(i)*2*time.Millisecond)
		err := x.Start(ctx, p, p.Spec.Containers[0])
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Nil(t, x.state(orchestrator.RefTo(p, "main")), "an error means that it has not run")
			require.Empty(t, pidsIn(starts))
			x.start(p)
		}
		require.NotNil(t, x.state(orchestrator.RefTo(p, "main")))
		require.NoError(t, x.Remove(x.ctx, uid))
		require.LessOrEqual(t, len(pidsIn(starts)), 1)
	}
}

func TestNewestTwoAttemptsAreKept(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("p", "exit", "4")
	for n := range 5 {
		require.Equal(t, 4, x.run(attempt(p, n)).ExitCode)
	}
	var kept []int
	for _, s := range x.list() {
		kept = append(kept, s.Attempt)
	}
	require.Equal(t, []int{3, 4}, kept)
	x.start(attempt(p, 1))
	require.Len(t, x.list(), 2, "an attempt that was dropped is not run again")
}

// What happened while no host program was there is not lost.
func TestReopen(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	lives, dies := x.pod("lives", "forever"), x.pod("dies", "polite")
	x.start(lives)
	x.start(dies)
	x.says(orchestrator.RefTo(dies, "main"), "ready")
	pid := x.pid(orchestrator.RefTo(lives, "main"))
	before := x.list()
	dying := x.pid(orchestrator.RefTo(dies, "main"))
	require.NoError(t, x.Close())
	kill(t, dying, syscall.SIGTERM)
	x.Runtime = nil
	x.open()
	require.Equal(t, 3, x.ended(orchestrator.RefTo(dies, "main")).ExitCode)
	require.Equal(t, pid, x.pid(orchestrator.RefTo(lives, "main")))
	after := x.list()
	require.Equal(t, before[1], after[1], "what runs looks the same")
	require.Equal(t, before[0].PodIP, after[0].PodIP)
}
