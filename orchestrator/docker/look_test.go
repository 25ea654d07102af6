package docker_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// A command has its own streams, and is gone when its context has ended.
func TestExecEndsWithItsContext(t *testing.T) {
	x := newRig(t)
	p := x.pod("exec", x.toy("main", "wait"))
	x.start(p)
	ref := orchestrator.RefTo(p, "main")
	brief, cancel := context.WithCancel(x.ctx)
	defer cancel()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := x.Exec(brief, ref, orchestrator.ExecOptions{Command: []string{"/toy", "print", "up", ";", "stubborn"}, Streams: orchestrator.Streams{Stdout: out}})
		ended <- err
	}()
	b := make([]byte, 3)
	_, err := io.ReadFull(said, b)
	require.NoError(t, err)
	require.Equal(t, "up\n", string(b))
	require.Len(t, x.processes(p), 2)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	x.until("the command is gone", func() bool { return len(x.processes(p)) == 1 })
}

// A container that ends just before the engine attaches to it does not run any more.
func TestAttachTooLate(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	p := x.pod("late", x.toy("main", "wait"))
	x.start(p)
	main := x.running(p, "main")
	g.closeFor("/containers/" + main.ID + "/attach")
	ended := make(chan error, 1)
	go func() { ended <- x.Attach(x.ctx, main.ContainerRef, orchestrator.AttachOptions{}) }()
	x.until("Attach has found it running", g.holds(1))
	x.kill(main)
	x.ended(p, "main")
	g.open()
	require.ErrorIs(t, within(t, "Attach", func() error { return <-ended }), orchestrator.ErrNotRunning)
}

// processes returns the command lines of what runs in container main.
func (x *rig) processes(p *pod.Pod) []string {
	x.Helper()
	top, err := x.engine.TopContainer(x.running(p, "main").ID, "")
	require.NoError(x, err)
	var lines []string
	for _, fields := range top.Processes {
		lines = append(lines, strings.Join(fields, " "))
	}
	return lines
}

// With a terminal a command reads what is typed; both streams are one.
func TestExecTerminal(t *testing.T) {
	x := newRig(t)
	p := x.pod("tty", x.toy("main", "wait"))
	x.start(p)
	var out bytes.Buffer
	sizes := make(chan orchestrator.TerminalSize, 1)
	sizes <- orchestrator.TerminalSize{Width: 100, Height: 30}
	code, err := x.Exec(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.ExecOptions{
		Command: []string{"/toy", "complain", "to", "the", "screen", ";", "exit", "4"},
		Streams: orchestrator.Streams{Stdin: strings.NewReader("typed\n"), Stdout: &out, TTY: true, Resize: sizes},
	})
	require.NoError(t, err)
	require.Equal(t, 4, code)
	require.Contains(t, out.String(), "to the screen\r\n")
}

// A terminal of the container itself: what is typed is echoed, and the log is the terminal's.
func TestAttachTerminal(t *testing.T) {
	x := newRig(t)
	c := x.toy("main", "echo")
	c.Stdin, c.StdinOnce, c.TTY = true, true, true
	p := x.pod("attach", c)
	x.start(p)
	typed, keyboard := io.Pipe()
	var out bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- x.Attach(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.AttachOptions{Streams: orchestrator.Streams{Stdin: typed, Stdout: &out, TTY: true}})
	}()
	io.WriteString(keyboard, "hello\n\x04") // an end of file is typed
	require.NoError(t, <-ended)
	require.Contains(t, out.String(), "hello\r\nhello\r\n")
	x.ended(p, "main")
	var log bytes.Buffer
	require.NoError(t, x.Logs(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.LogOptions{Stdout: &log, Tail: new(1)}))
	require.Contains(t, log.String(), "hello")
}

// The message of an end is the end of its file, where the engine keeps that; or of its log.
func TestTerminationMessages(t *testing.T) {
	x := newRig(t)
	long := strings.Repeat("0123456789", 900)
	for name, tt := range map[string]struct {
		path   string
		policy pod.MessagePolicy
		words  []string
		want   string
	}{
		"file":      {"/last-words", pod.MessageFromFile, []string{"write", "/last-words", "because", ";", "exit", "3"}, "because\n"},
		"long":      {"/last-words", pod.MessageFromFile, []string{"write", "/last-words", long}, (long + "\n")[len(long)+1-4096:]},
		"none":      {"/last-words", pod.MessageFromFile, []string{"print", "hello", ";", "exit", "3"}, ""},
		"directory": {"/", pod.MessageFromFile, []string{"exit", "3"}, ""},
		"logs":      {"", pod.MessageFromLogs, []string{"print", "hello", ";", "exit", "3"}, "hello\n"},
		"success":   {"", pod.MessageFromLogs, []string{"print", "hello"}, ""},
	} {
		c := x.toy("main", tt.words...)
		c.TerminationMessagePath, c.TerminationMessagePolicy = tt.path, tt.policy
		p := x.pod(name, c)
		x.start(p)
		require.Equal(t, tt.want, x.ended(p, "main").Message, name)
	}
}

// With a directory that the engine's machine shares, the default path is heard as well.
func TestTerminationMessageAtItsDefault(t *testing.T) {
	x := newRig(t)
	x.config.MessageDir = filepath.Join(t.TempDir(), "messages")
	x.open()
	for _, path := range []string{"", "/dev/termination-log", "/last-words"} {
		c := x.toy("main", "write", or(path, "/dev/termination-log"), "because", ";", "exit", "3")
		c.TerminationMessagePath = path
		p := x.pod("default", c)
		x.start(p)
		require.Equal(t, "because\n", x.ended(p, "main").Message, path)
		x.open() // and is heard again after a restart
		require.Equal(t, "because\n", x.ended(p, "main").Message, path)
		require.NoError(t, x.Remove(x.ctx, p.UID))
	}
	left, err := os.ReadDir(x.config.MessageDir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// Networks are measured for the pod, which its containers share.
func TestStats(t *testing.T) {
	x := newRig(t)
	p := x.pod("stats", x.toy("main", "eat", "20", ";", "wait"), x.toy("side", "wait"))
	x.start(p)
	x.until("it has eaten", func() bool {
		stats, err := x.Stats(x.ctx, p.UID)
		require.NoError(t, err)
		require.Len(t, stats.Containers, 2)
		require.NotNil(t, stats.Network)
		require.WithinRange(t, stats.At, time.Now().Add(-time.Minute), time.Now())
		return stats.Containers[0].Memory > 20<<20 && stats.Containers[0].CPU > 0
	})
}
