package orchestrator

import (
	"context"
	"errors"

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
	prober, ok := runtime.(Prober)
	if !ok {
		return errors.New("the runtime cannot run a command in a container")
	}
	return prober.Probe(ctx, ref, command)
}
