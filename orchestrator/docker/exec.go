package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Exec runs a command in the container. An engine has no way to end one: when
// the context ends, the command is killed where the engine is on this machine;
// elsewhere it goes on, without anybody who listens, until it or the container ends.
func (r *Runtime) Exec(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error) {
	code, err := r.exec(ctx, ref, o)
	if err != nil {
		return 0, fmt.Errorf("run a command in container %q of pod %q: %w", ref.Container, ref.UID, err)
	}
	return code, nil
}

// Probe runs a command as Exec does and returns nil where it exits with 0; the
// error otherwise has the end of what the command wrote.
func (r *Runtime) Probe(ctx context.Context, ref orchestrator.ContainerRef, command []string) error {
	var out ending
	code, err := r.exec(ctx, ref, orchestrator.ExecOptions{Command: command, Streams: orchestrator.Streams{Stdout: &out, Stderr: &out}})
	text := strings.TrimSpace(string(out))
	switch {
	case err == nil && code == 0:
		return nil
	case err == nil && text == "":
		err = fmt.Errorf("exit code %d", code)
	case err == nil:
		err = fmt.Errorf("exit code %d: %s", code, text)
	}
	return fmt.Errorf("probe container %q of pod %q: %w", ref.Container, ref.UID, err)
}

// ending keeps the last KiB of what is written to it.
type ending []byte

func (e *ending) Write(b []byte) (int, error) {
	all := append(*e, b...)
	*e = append([]byte(nil), all[max(0, len(all)-1024):]...)
	return len(b), nil
}

func (r *Runtime) exec(ctx context.Context, ref orchestrator.ContainerRef, o orchestrator.ExecOptions) (int, error) {
	engine, c, err := r.findRunning(ctx, ref)
	if err != nil {
		return 0, err
	}
	made, err := engine.CreateExec(docker.CreateExecOptions{
		Context: ctx, Container: c.ID, Cmd: o.Command, Tty: o.TTY,
		AttachStdin: o.Stdin != nil, AttachStdout: true, AttachStderr: !o.TTY,
	})
	if err != nil {
		return 0, notRunning(err)
	}
	s := session{streams: o.Streams}
	err = s.run(ctx, engine, func(p plugs) (docker.CloseWaiter, error) {
		return engine.StartExecNonBlocking(made.ID, docker.StartExecOptions{
			Context: ctx, InputStream: p.in, OutputStream: p.out, ErrorStream: p.errs, Tty: o.TTY, RawTerminal: o.TTY,
		})
	}, func(size orchestrator.TerminalSize) {
		engine.ResizeExecTTY(made.ID, int(size.Height), int(size.Width))
	})
	if ctx.Err() != nil {
		r.killExec(ctx, made.ID, c.ID)
		return 0, ctx.Err()
	}
	if err != nil {
		r.killExec(ctx, made.ID, c.ID)
		return 0, notRunning(err)
	}
	return exitCode(ctx, engine, made.ID)
}

// exitCode returns the exit code of a command whose streams have ended, which
// may be a moment before the engine knows that it has.
func exitCode(ctx context.Context, engine *docker.Client, id string) (int, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, time.Second) {
		ended, err := engine.InspectExec(id)
		if err != nil {
			return 0, err
		}
		if !ended.Running {
			return ended.ExitCode, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// killWithin bounds how long it takes an engine to say which process a command is.
const killWithin = 10 * time.Second

// killExec kills a command that nobody waits for any more, if it is a process of
// this machine: one that says that it is in the container.
func (r *Runtime) killExec(ctx context.Context, id, container string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killWithin)
	defer cancel()
	engine, err := r.engine(ctx)
	if err != nil {
		return
	}
	var there struct { // the client's own type has no Pid
		Running bool
		Pid     int
	}
	for there.Pid <= 1 {
		if err := r.get(ctx, engine, "/exec/"+id+"/json", &there); err != nil || !there.Running {
			return
		}
		if there.Pid <= 1 && sleep(ctx, 10*time.Millisecond) != nil { // the engine is just beginning it
			return
		}
	}
	groups, err := os.ReadFile("/proc/" + strconv.Itoa(there.Pid) + "/cgroup")
	if err != nil || !strings.Contains(string(groups), container) {
		return
	}
	if p, err := os.FindProcess(there.Pid); err == nil {
		p.Kill()
	}
}

// notRunning is err, or ErrNotRunning where that is what the engine says.
func notRunning(err error) error {
	var idle *docker.ContainerNotRunning
	if _, text, _ := answer(err); errors.As(err, &idle) || isGone(err) || strings.Contains(text, "is not running") {
		return fmt.Errorf("it %w: %w", orchestrator.ErrNotRunning, err)
	}
	return err
}
