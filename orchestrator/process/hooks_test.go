//go:build linux

package process_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// under runs an orchestrator over the rig's directory until the test ends.
func (x *rig) under() *orchestrator.Client {
	x.Helper()
	o, err := orchestrator.New(orchestrator.Config{
		Dial: x.config.Dial, Machines: []*node.Node{{Meta: labels.Meta{Name: "n1"}}},
	})
	require.NoError(x, err)
	ctx, cancel := context.WithCancel(x.ctx)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	x.Cleanup(func() {
		cancel()
		require.NoError(x, <-ended)
	})
	return o.Client()
}

// heedsSignals returns what a script says when it has told what signals are to do,
// and what one waits with that must not end the first before: each is a prefix.
func (x *rig) heedsSignals() (said, waits string) {
	at := filepath.Join(x.dir, "heeds-signals")
	return "echo > " + at + "; ", "until [ -e " + at + " ]; do sleep 0.02; done; "
}

// Hooks and looks into a pod, on real processes: the hook is over before the pod
// is ready, another one comes before SIGTERM, and the last words are in the status.
func TestHooksOnProcesses(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	c := x.under()
	diary := filepath.Join(x.dir, "diary")
	heeds, begin := x.heedsSignals()
	write := func(text string) *pod.Handler {
		return &pod.Handler{Exec: &pod.ExecAction{Command: []string{"/bin/sh", "-c", begin + "echo $POD_NAME " + text + " >> " + diary}}}
	}
	p := x.shell("hooks", `trap 'echo end >> `+diary+`; echo bye > $TERMINATION_MESSAGE_PATH; echo leaving; exit 0' TERM; echo listening; `+heeds+`while :; do sleep 0.05; done`)
	p.Name, p.UID = "hooks", ""
	p.Spec.RestartPolicy = pod.RestartNever
	p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: write("started"), PreStop: write("stopping")}
	_, err := c.Apply(x.ctx, p)
	require.NoError(t, err)
	wait := func(so func(p *pod.Pod, err error) bool) {
		require.NoError(t, c.Wait(x.ctx, func(view store.Reader) bool { return so(view.Pods().Get("default", "hooks")) }))
	}
	wait(func(p *pod.Pod, err error) bool { return err == nil && p.Status.Is(pod.Ready) })
	b, err := os.ReadFile(diary)
	require.NoError(t, err)
	require.Equal(t, "hooks started\n", string(b), "the hook is over once the pod is ready")

	var out bytes.Buffer
	code, err := c.Pods().Exec(x.ctx, "", "hooks", orchestrator.ExecOptions{
		Command: []string{"cat"}, Streams: orchestrator.Streams{Stdin: strings.NewReader("piped"), Stdout: &out},
	})
	require.NoError(t, err)
	require.Zero(t, code)
	require.Equal(t, "piped", out.String())
	said, passOn := io.Pipe()
	followed := make(chan error, 1)
	go func() {
		err := c.Pods().Logs(x.ctx, "", "hooks", orchestrator.LogOptions{Follow: true, Stdout: passOn})
		passOn.Close()
		followed <- err
	}()

	log := bufio.NewReader(said)
	first, err := log.ReadString('\n') // so it is followed by now
	require.NoError(t, err)
	require.Equal(t, "listening\n", first)
	require.NoError(t, c.Pods().Delete(x.ctx, "", "hooks", orchestrator.DeleteOptions{}))
	rest, err := io.ReadAll(log)
	require.NoError(t, err)
	require.Equal(t, "leaving\n", string(rest))
	require.NoError(t, <-followed)
	wait(func(_ *pod.Pod, err error) bool { return errors.Is(err, orchestrator.ErrNotFound) })
	b, err = os.ReadFile(diary)
	require.NoError(t, err)
	require.Equal(t, "hooks started\nhooks stopping\nend\n", string(b), "the hook comes before the signal")
}

// A postStart hook that fails ends the container, and the message says what the command said.
func TestFailedHookOnProcesses(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	c := x.under()
	heeds, begin := x.heedsSignals()
	p := x.shell("fails", `trap 'echo told to > $TERMINATION_MESSAGE_PATH; exit 0' TERM; `+heeds+`while :; do sleep 0.05; done`)
	p.Name, p.UID = "fails", ""
	p.Spec.RestartPolicy = pod.RestartNever
	p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: &pod.Handler{Exec: &pod.ExecAction{Command: []string{"/bin/sh", "-c", begin + "echo no such table >&2; exit 3"}}}}
	_, err := c.Apply(x.ctx, p)
	require.NoError(t, err)
	require.NoError(t, c.Wait(x.ctx, func(view store.Reader) bool {
		p, err := view.Pods().Get("default", "fails")
		return err == nil && p.Status.Phase == pod.Failed
	}))
	ended, err := c.Pods().Get("", "fails")
	require.NoError(t, err)
	require.Equal(t, "told to\n", ended.Status.ContainerStatuses[0].State.Terminated.Message)
	failed := c.Events(orchestrator.EventFilter{Reason: "FailedPostStartHook"})
	require.Len(t, failed, 1)
	require.Contains(t, failed[0].Message, "exit status 3: no such table")
}

// What can't be had is told, and the container runs without it.
func TestNoStandardInput(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.shell("input", "cat; exit 7")
	p.Spec.Containers[0].Stdin = true
	require.Equal(t, 7, x.run(p).ExitCode, "the input is empty")
	require.Contains(t, strings.Join(x.Warnings(), "\n"), "stdin and tty of containers are not available")
	running := x.pod("running", "forever")
	x.start(running)
	err := x.Attach(x.ctx, orchestrator.RefTo(running, "main"), orchestrator.AttachOptions{Streams: orchestrator.Streams{Stdin: strings.NewReader("x")}})
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
