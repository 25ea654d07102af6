package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Exec runs a command as the container's program runs: see Probe. With a TTY it
// has a terminal of its own and leads a session. What it leaves behind when it
// ends lives on with the container; its output is waited for no longer than
// outputPause.
func (r *Runtime) Exec(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error) {
	a, err := r.attempt(ref)
	code := 0
	if err == nil {
		code, err = r.exec(ctx, a, o)
	}
	if err != nil {
		return 0, fmt.Errorf("run a command in container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return code, nil
}

// outputPause is how long nothing must have come from a command that has ended
// before its output counts as complete, where something it left behind keeps that open.
const outputPause = 250 * time.Millisecond

func (r *Runtime) exec(ctx context.Context, a attempt, o orchestrator.ExecOptions) (code int, err error) {
	spec, path, err := r.enterable(a, o.Command)
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	done := make(chan struct{})
	onThread(func() { // the command dies with the thread, which ends with this function
		defer close(done)
		code, err = execute(ctx, spec, path, o)
	})
	<-done
	return code, err
}

// enterable returns what is needed to run a command in an attempt: what it runs
// as, and the path of the command.
func (r *Runtime) enterable(a attempt, command []string) (spec attemptSpec, path string, err error) {
	if len(command) == 0 || command[0] == "" {
		return spec, "", errors.New("the command is empty")
	}
	if w, err := r.follow(a); err != nil || w == nil || exists(a.path(exitFile)) {
		return spec, "", errors.Join(err, fmt.Errorf("it %w", orchestrator.ErrNotRunning))
	}
	if spec, err = a.spec(); err != nil {
		return spec, "", err
	}
	// The supervisor looks for what a command leaves behind only where there was one.
	if err := os.WriteFile(a.path(probedFile), nil, 0o644); err != nil {
		return spec, "", err
	}
	path, err = spec.find(command[0])
	return spec, path, err
}

// execute must be called on a thread that is not used for anything else: it
// stays in the control group, and the command dies with it.
func execute(ctx context.Context, spec attemptSpec, path string, o orchestrator.ExecOptions) (int, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	wires, err := connect(o.Streams, attr)
	if err != nil {
		return 0, err
	}
	defer wires.close()
	if o.TTY && !slices.ContainsFunc(spec.Env, func(v string) bool { return strings.HasPrefix(v, "TERM=") }) {
		spec.Env = append(spec.Env, "TERM=xterm")
	}
	group, leave, err := spec.Cgroup.enter(attr)
	if err != nil {
		return 0, err
	}
	cmd := exec.Cmd{
		Path: path, Args: o.Command, Dir: spec.Dir, Env: spec.Env, SysProcAttr: attr,
		Stdin: wires.theirs[0], Stdout: wires.theirs[1], Stderr: wires.theirs[2],
	}
	err = cmd.Start()
	group.Close()
	wires.handedOver()
	if err = errors.Join(err, leave()); err != nil {
		return 0, err
	}
	inTime, end := context.WithCancel(ctx)
	defer end()
	killed := context.AfterFunc(inTime, func() { unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	wires.begin(o.Streams, end)
	err = cmd.Wait()
	killed()
	failed := wires.finish(inTime)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return 0, err
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), failed
	}
	return status.ExitStatus(), failed
}
