package process

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	var out ending
	code, err := r.exec(ctx, a, orchestrator.ExecOptions{Command: command, Streams: orchestrator.Streams{Stdout: &out, Stderr: &out}})
	switch text := strings.TrimSpace(string(out)); {
	case err != nil || code == 0:
		return err
	case text == "":
		return fmt.Errorf("exit status %d", code)
	default:
		return fmt.Errorf("exit status %d: %s", code, text)
	}
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

// ending keeps the last KiB of what is written to it.
type ending []byte

func (e *ending) Write(b []byte) (int, error) {
	*e = append((*e)[:0:0], tail(append(*e, b...), 1024)...)
	return len(b), nil
}
