package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Probe runs a command as the container's program runs: with its environment,
// working directory and control group, but in a process group of its own and as
// a child of this program. It returns nil where the command exits with 0; the
// error otherwise holds the end of what the command wrote. When ctx ends, the
// command and what it started are killed. It fails where the attempt does not run.
func (r *Runtime) Probe(ctx context.Context, ref orchestrator.ContainerRef, command []string) error {
	a, err := r.attempt(ref)
	if err == nil {
		err = r.probe(ctx, a, command)
	}
	if err != nil {
		return fmt.Errorf("probe container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return nil
}

func (r *Runtime) probe(ctx context.Context, a attempt, command []string) error {
	if len(command) == 0 || command[0] == "" {
		return errors.New("the command is empty")
	}
	if w, err := r.follow(a); err != nil || w == nil || exists(a.path(exitFile)) {
		return errors.Join(err, errors.New("it does not run"))
	}
	spec, err := a.spec()
	if err != nil {
		return err
	}
	// The supervisor looks for what a probe leaves behind only where there was one.
	if err := os.WriteFile(a.path(probedFile), nil, 0o644); err != nil {
		return err
	}
	path, err := spec.find(command[0])
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	onThread(func() { done <- runProbe(ctx, spec, path, command) }) // the thread ends with fn
	return <-done
}

// find looks a command up as the container's own was.
func (s attemptSpec) find(name string) (string, error) {
	img := image{path: s.Image, dir: s.ImageDir}
	var path string
	for _, v := range s.Env {
		if value, ok := strings.CutPrefix(v, "PATH="); ok {
			path = value
		}
	}
	p, err := img.program([]string{name}, nil, s.Dir, path)
	if err == nil && p.fault != "" {
		err = errors.New(p.fault)
	}
	return p.path, err
}

// runProbe must be called on a thread that is not used for anything else: it
// stays in the control group, and the command dies with it.
func runProbe(ctx context.Context, spec attemptSpec, path string, command []string) error {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	group, leave, err := spec.Cgroup.enter(attr)
	if err != nil {
		return err
	}
	var out ending
	cmd := exec.CommandContext(ctx, path)
	cmd.Args, cmd.Dir, cmd.Env, cmd.SysProcAttr = command, spec.Dir, spec.Env, attr
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 100 * time.Millisecond
	err = cmd.Start()
	group.Close()
	if err = errors.Join(err, leave()); err != nil {
		return err
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrWaitDelay) { // it exited with 0, and left something behind
		err = nil
	}
	if text := strings.TrimSpace(string(out)); err != nil && text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

// ending keeps the last KiB of what is written to it.
type ending []byte

func (e *ending) Write(b []byte) (int, error) {
	*e = append((*e)[:0:0], tail(append(*e, b...), 1024)...)
	return len(b), nil
}
