package orchestrator

import (
	"context"
	"net"
)

// PortForwarder is a Runtime that can connect to a pod, also from where the
// pod's address can't be reached.
type PortForwarder interface {
	// PortForward connects to a TCP port of a pod, in its own network where it
	// has one. The context is for connecting only. The connection is the
	// caller's to close; the pod's end ends it too. Any number may be open.
	// ErrNotRunning if nothing of the pod runs; whatever the pod answers otherwise.
	PortForward(ctx context.Context, uid string, port int) (net.Conn, error)
}
