package docker

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/coracle-dev/coracle/orchestrator"
)

// PortForward connects to the pod's address on the engine's network. That has to
// be reachable from here: it is on the engine's machine, elsewhere it needs a
// route. A program that listens on the pod's loopback alone is not found.
func (r *Runtime) PortForward(ctx context.Context, uid string, port int) (net.Conn, error) {
	conn, err := r.dial(ctx, uid, port)
	if err != nil {
		return nil, fmt.Errorf("connect to pod %q: %w", uid, err)
	}
	return conn, nil
}

func (r *Runtime) dial(ctx context.Context, uid string, port int) (net.Conn, error) {
	live, err := r.live(ctx, uid)
	if err != nil {
		return nil, err
	}
	if live[0].PodIP == "" {
		return nil, fmt.Errorf("it has no address")
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(live[0].PodIP, strconv.Itoa(port)))
}

// live returns what runs of a pod: at least one container.
func (r *Runtime) live(ctx context.Context, uid string) ([]orchestrator.ContainerState, error) {
	all, err := r.list(ctx)
	if err != nil {
		return nil, err
	}
	var live []orchestrator.ContainerState
	for _, s := range all {
		if s.UID == uid && s.State.Running != nil {
			live = append(live, s)
		}
	}
	if len(live) == 0 {
		return nil, fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	}
	return live, nil
}
