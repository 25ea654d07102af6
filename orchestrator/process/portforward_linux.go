package process

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// PortForward connects to a port of the pod's address. A program that listens on
// another address of the machine is not found.
func (r *Runtime) PortForward(ctx context.Context, uid string, port int) (net.Conn, error) {
	conn, err := r.dial(ctx, uid, port)
	if err != nil {
		return nil, fmt.Errorf("connect to pod %q: %w", uid, err)
	}
	return conn, nil
}

func (r *Runtime) dial(ctx context.Context, uid string, port int) (net.Conn, error) {
	if _, err := r.live(ctx, uid); err != nil {
		return nil, err
	}
	rec, err := r.record(uid)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(rec.IP, strconv.Itoa(port)))
}
