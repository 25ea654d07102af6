package orchestrator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// runHook does what a hook of a container does. nil: it succeeded.
func runHook(ctx context.Context, runtime Runtime, item Work) error {
	return runHandler(ctx, runtime, item, item.Hook.Handler)
}

// runHandler does one thing to a container, once. nil: it succeeded.
func runHandler(ctx context.Context, runtime Runtime, item Work, h *pod.Handler) error {
	switch {
	case h.Exec != nil:
		return runCommand(ctx, runtime, item.Ref, h.Exec.Command)
	case h.HTTPGet != nil:
		return probeHTTP(ctx, item, h.HTTPGet)
	case h.TCPSocket != nil:
		return probeTCP(ctx, item, h.TCPSocket)
	}
	return errors.New("there is nothing to do")
}

// runCommand runs a command in a container. nil: it exited with 0.
func runCommand(ctx context.Context, runtime Runtime, ref ContainerRef, command []string) error {
	if prober, ok := runtime.(Prober); ok {
		return prober.Probe(ctx, ref, command)
	}
	executor, ok := runtime.(Executor)
	if !ok {
		return errors.New("the runtime cannot run a command in a container")
	}
	var out ending
	code, err := executor.Exec(ctx, ref, ExecOptions{Command: command, Streams: Streams{Stdout: &out, Stderr: &out}})
	switch text := strings.TrimSpace(string(out.text)); {
	case err != nil:
		return err
	case code == 0:
		return nil
	case text == "":
		return fmt.Errorf("exit code %d", code)
	default:
		return fmt.Errorf("exit code %d: %s", code, text)
	}
}

// ending keeps the last KiB of what is written to it.
type ending struct{ text []byte }

func (e *ending) Write(b []byte) (int, error) {
	e.text = append(e.text, b...)
	e.text = bytes.Clone(e.text[max(0, len(e.text)-1024):])
	return len(b), nil
}
