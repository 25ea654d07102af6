//go:build linux

package process_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// shell is a pod that runs a script.
func (x *rig) shell(uid, script string) *pod.Pod {
	p := x.pod(uid, "")
	p.Spec.Containers[0].Image = "/bin/sh"
	p.Spec.Containers[0].Args = []string{"-c", script}
	return p
}

// logs reads a log whole.
func (x *rig) logs(ref orchestrator.ContainerRef, o orchestrator.LogOptions) string {
	x.Helper()
	var out bytes.Buffer
	o.Stdout, o.Stderr = &out, &out
	require.NoError(x, x.Logs(x.ctx, ref, o))
	return out.String()
}

// A log is read over all of its files, from any line on, whatever was put aside.
func TestLogsOverManyFiles(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.LogMaxBytes, x.config.LogMaxFiles = 2000, 100
	x.open()
	// Lines that come together are written together, so it waits now and then until they are.
	p := x.shell("many", `i=0; while [ $i -lt 200 ]; do echo "line $i"; echo "oops $i" >&2; i=$((i+1));
		[ $((i%10)) != 0 ] || until grep -qhs "oops $((i-1))\$" "$0"*; do sleep 0.01; done; done; printf end`)
	ref := orchestrator.RefTo(p, "main")
	p.Spec.Containers[0].Args = append(p.Spec.Containers[0].Args, x.LogFile(ref)) // "$0"
	x.run(p)
	aside, err := filepath.Glob(x.LogFile(ref) + ".*")
	require.NoError(t, err)
	require.Greater(t, len(aside), 5, "the test is to go over many files")
	var want strings.Builder
	for i := range 200 {
		fmt.Fprintln(&want, "line", i)
	}
	var out bytes.Buffer
	require.NoError(t, x.Logs(x.ctx, ref, orchestrator.LogOptions{Stdout: &out}))
	require.Equal(t, want.String()+"end", out.String())
	lines := strings.SplitAfter(want.String()+"end", "\n")
	for _, n := range []int{0, 1, 2, 50, 200, 201, 1000} {
		out.Reset()
		require.NoError(t, x.Logs(x.ctx, ref, orchestrator.LogOptions{Stdout: &out, Tail: &n}))
		require.Equal(t, strings.Join(lines[max(0, len(lines)-n):], ""), out.String(), "the last %d lines", n)
	}
	require.Equal(t, strings.Count(x.logs(ref, orchestrator.LogOptions{}), "\n"), 400)
}

// A log that is followed goes on in the next file, again and again, and misses nothing.
func TestLogsFollowOverManyFiles(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.LogMaxBytes, x.config.LogMaxFiles = 4000, 1000
	x.open()
	p := x.shell("follow", `i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); [ $((i%100)) = 0 ] && sleep 0.1; done; exit 3`)
	x.start(p)
	var out bytes.Buffer
	require.NoError(t, x.Logs(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.LogOptions{Follow: true, Stdout: &out}))
	var want strings.Builder
	for i := range 500 {
		fmt.Fprintln(&want, "line", i)
	}
	require.Equal(t, want.String(), out.String())
	require.NotNil(t, x.state(orchestrator.RefTo(p, "main")).State.Terminated, "it has ended when Logs returns")
}

// Long lines are logged in parts and read as they were; times are in front of lines, not of parts.
func TestLogsOfLongLines(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("long", "talk", "2", "40000")
	x.run(p)
	ref := orchestrator.RefTo(p, "main")
	long := strings.Repeat("x", 40000)
	var out bytes.Buffer
	require.NoError(t, x.Logs(x.ctx, ref, orchestrator.LogOptions{Stdout: &out}))
	require.Equal(t, "out 0 "+long+"\nout 1 "+long+"\nno end", out.String())
	out.Reset()
	require.NoError(t, x.Logs(x.ctx, ref, orchestrator.LogOptions{Stdout: &out, Timestamps: true, Tail: new(2)}))
	lines := strings.Split(out.String(), "\n")
	require.Len(t, lines, 2)
	for i, end := range []string{"out 1 " + long, "no end"} {
		at, text, _ := strings.Cut(lines[i], " ")
		_, err := time.Parse(time.RFC3339Nano, at)
		require.NoError(t, err)
		require.Equal(t, end, text)
	}
}

// A command has the container's environment, directory and control groups.
func TestExecIsInTheContainer(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("inside", "forever")
	p.Spec.Containers[0].WorkingDir = "/tmp"
	p.Spec.Containers[0].Env = append(p.Spec.Containers[0].Env, pod.EnvVar{Name: "COLOUR", Value: "blue"})
	p.Spec.Containers[0].Resources.Limits = pod.Resources{pod.Memory: pod.MustParseQuantity("256Mi")}
	x.start(p)
	ref := orchestrator.RefTo(p, "main")
	ask := func(script string) string {
		var out bytes.Buffer
		code, err := x.Exec(x.ctx, ref, orchestrator.ExecOptions{Command: []string{"/bin/sh", "-c", script}, Streams: orchestrator.Streams{Stdout: &out, Stderr: &out}})
		require.NoError(t, err)
		require.Zero(t, code, out.String())
		return out.String()
	}
	require.Equal(t, "blue "+x.list()[0].PodIP+" /tmp\n", ask(`echo $COLOUR $POD_IP $(pwd)`))
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", x.pid(ref)))
	require.NoError(t, err)
	require.Equal(t, string(b), ask("cat /proc/self/cgroup"))
}

// With a terminal a command knows its size, and both streams are one.
func TestExecTerminal(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("tty", "forever")
	x.start(p)
	sizes := make(chan orchestrator.TerminalSize, 2)
	sizes <- orchestrator.TerminalSize{Width: 101, Height: 33}
	typed, keyboard := io.Pipe()
	screen, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		code, err := x.Exec(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.ExecOptions{
			Command: []string{"/bin/sh", "-c", `stty -echo; echo term $TERM; read line; stty size; echo "$line" >&2; cat; exit 5`},
			Streams: orchestrator.Streams{Stdin: typed, Stdout: out, TTY: true, Resize: sizes},
		})
		if err == nil && code != 5 {
			err = fmt.Errorf("exit code %d", code)
		}
		out.CloseWithError(errors.Join(err, io.EOF))
		ended <- err
	}()
	lines := bufio.NewScanner(screen)
	next := func() string {
		require.True(t, lines.Scan(), lines.Err())
		return strings.TrimRight(lines.Text(), "\r")
	}
	require.Equal(t, "term xterm", next())
	fmt.Fprintln(keyboard, "hello")
	require.Equal(t, "33 101", next())
	require.Equal(t, "hello", next())
	fmt.Fprintln(keyboard, "again")
	require.Equal(t, "again", next())
	keyboard.Close() // an end of file is typed
	require.NoError(t, <-ended)
}

// Nothing of a command is left when its context has ended, also where it holds
// out against a signal.
func TestExecEndsWithItsContext(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("hang", "forever")
	x.start(p)
	note := filepath.Join(x.dir, "pids")
	ctx, cancel := context.WithCancel(x.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := x.Exec(ctx, orchestrator.RefTo(p, "main"), orchestrator.ExecOptions{
			Command: []string{"/bin/sh", "-c", `trap "" TERM HUP; echo $$ > "$0"; sleep 1000 & echo $! >> "$0"; wait`, note},
			Streams: orchestrator.Streams{Stdout: io.Discard},
		})
		ended <- err
	}()
	x.until("the command runs", func() bool { return len(pidsIn(note)) == 2 })
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	x.until("nothing of it is left", func() bool {
		for _, pid := range pidsIn(note) {
			if living(pid) {
				return false
			}
		}
		return true
	})
	require.NotNil(t, x.state(orchestrator.RefTo(p, "main")).State.Running, "the container goes on")
}

// What a command leaves behind does not hold up its end, and goes with the container.
func TestExecLeavesSomethingBehind(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("left", "forever")
	x.start(p)
	note := filepath.Join(x.dir, "pids")
	var out bytes.Buffer
	code, err := x.Exec(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.ExecOptions{
		Command: []string{"/bin/sh", "-c", `setsid sleep 1000 & echo $! > "$0"; echo done; exit 4`, note}, Streams: orchestrator.Streams{Stdout: &out},
	})
	require.NoError(t, err)
	require.Equal(t, 4, code)
	require.Equal(t, "done\n", out.String())
	require.True(t, living(pidsIn(note)[0]))
	require.NoError(t, x.Stop(x.ctx, orchestrator.RefTo(p, "main"), patience))
	require.False(t, living(pidsIn(note)[0]))
}

// Whoever does not listen any more ends the command.
func TestExecWhereNobodyListens(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("deaf", "forever")
	x.start(p)
	_, err := x.Exec(x.ctx, orchestrator.RefTo(p, "main"), orchestrator.ExecOptions{
		Command: []string{"/bin/sh", "-c", "while :; do echo y; done"}, Streams: orchestrator.Streams{Stdout: broken{}},
	})
	require.ErrorIs(t, err, syscall.EPIPE)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// What a program leaves in its file is the message of its end: the end of it,
// and only text. Otherwise the end of its log may be, where it failed.
func TestTerminationMessage(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	long := strings.Repeat("0123456789", 1000)
	for _, tt := range []struct {
		uid, script string
		policy      pod.MessagePolicy
		want        string
	}{
		{"said", `echo because > $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromFile, "because\n"},
		{"succeeded", `echo all is well > $TERMINATION_MESSAGE_PATH`, pod.MessageFromFile, "all is well\n"},
		{"long", `printf ` + long + ` > $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromFile, long[len(long)-4096:]},
		{"binary", `printf 'a\377b' > $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromFile, "a\uFFFDb"},
		{"silent", `echo in the log; exit 3`, pod.MessageFromFile, ""},
		{"logs", `echo in the log; echo and here >&2; until grep -q "and here" "$0"; do sleep 0.02; done; echo last; exit 3`, pod.MessageFromLogs, "last\n"},
		{"file-first", `echo in the log; echo because > $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromLogs, "because\n"},
		{"no-failure", `echo in the log`, pod.MessageFromLogs, ""},
		{"many-lines", `i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); done; exit 3`, pod.MessageFromLogs, "120\n"},
		{"a-directory", `rm $TERMINATION_MESSAGE_PATH; mkdir $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromFile, ""},
		{"a-device", `ln -sf /dev/zero $TERMINATION_MESSAGE_PATH; exit 3`, pod.MessageFromFile, ""},
	} {
		p := x.shell(tt.uid, tt.script)
		p.Spec.Containers[0].TerminationMessagePolicy = tt.policy
		p.Spec.Containers[0].Args = append(p.Spec.Containers[0].Args, x.LogFile(orchestrator.RefTo(p, "main"))) // "$0"
		got := x.run(p).Message
		switch tt.uid {
		case "logs":
			require.True(t, strings.HasSuffix(got, tt.want), got)
			require.Len(t, strings.Split(strings.TrimSpace(got), "\n"), 3)
		case "many-lines":
			require.True(t, strings.HasPrefix(got, tt.want), got)
			require.True(t, strings.HasSuffix(got, "199\n"), got)
		default:
			require.Equal(t, tt.want, got, tt.uid)
		}
	}
}

// A message that JSON spells at length still fits where its room was taken.
func TestTerminationMessageFits(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.shell("control", `i=0; while [ $i -lt 4000 ]; do printf '\001'; i=$((i+1)); done > $TERMINATION_MESSAGE_PATH; exit 3`)
	got := x.run(p)
	require.Equal(t, 3, got.ExitCode)
	require.NotEmpty(t, got.Message)
	require.Empty(t, strings.Trim(got.Message, "\x01"))
}

// Processor time counts what has ended too, and never goes back.
func TestStatsGrow(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.shell("busy", `all=$(head -c 1000000 /dev/zero | tr '\0' x); while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; /bin/true; done`)
	x.start(p)
	var last time.Duration
	var most int64
	x.until("it has used some processor time", func() bool {
		stats, err := x.Stats(x.ctx, "busy")
		require.NoError(t, err)
		require.Len(t, stats.Containers, 1)
		require.GreaterOrEqual(t, stats.Containers[0].CPU, last)
		last = stats.Containers[0].CPU
		most = max(most, stats.Containers[0].Memory)
		return last > 200*time.Millisecond && most > 0
	})
	require.Greater(t, most, int64(900_000), "what the program holds") // Linux may count what is little late
}
