//go:build !linux

package process

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// errNotLinux is what everything here fails with.
var errNotLinux = errors.New("the process runtime needs Linux")

// Runtime needs Linux: elsewhere New returns an error.
type Runtime struct{}

// New returns an error: the process runtime needs Linux.
func New(Config, string) (*Runtime, error) { return nil, errNotLinux }

// Supervise returns at once: elsewhere than on Linux there are no supervisors.
func Supervise() {}

// Start returns an error.
func (r *Runtime) Start(context.Context, *pod.Pod, pod.Container) error { return errNotLinux }

// Stop returns an error.
func (r *Runtime) Stop(context.Context, orchestrator.ContainerRef, time.Duration) error {
	return errNotLinux
}

// Remove returns an error.
func (r *Runtime) Remove(context.Context, string) error { return errNotLinux }

// List returns an error.
func (r *Runtime) List(context.Context) ([]orchestrator.ContainerState, error) {
	return nil, errNotLinux
}

// Changed returns nil: there are no hints.
func (r *Runtime) Changed() <-chan struct{} { return nil }

// Warnings returns none.
func (r *Runtime) Warnings() []string { return nil }

// Capacity returns an error.
func (r *Runtime) Capacity(context.Context) (pod.Resources, error) { return nil, errNotLinux }

// Probe returns an error.
func (r *Runtime) Probe(context.Context, orchestrator.ContainerRef, []string) error {
	return errNotLinux
}

// Logs returns an error.
func (r *Runtime) Logs(context.Context, orchestrator.ContainerRef, orchestrator.LogOptions) error {
	return errNotLinux
}

// Exec returns an error.
func (r *Runtime) Exec(context.Context, orchestrator.ContainerRef, orchestrator.ExecOptions) (int, error) {
	return 0, errNotLinux
}

// Attach returns an error.
func (r *Runtime) Attach(context.Context, orchestrator.ContainerRef, orchestrator.AttachOptions) error {
	return errNotLinux
}

// PortForward returns an error.
func (r *Runtime) PortForward(context.Context, string, int) (net.Conn, error) {
	return nil, errNotLinux
}

// Stats returns an error.
func (r *Runtime) Stats(context.Context, string) (orchestrator.PodStats, error) {
	return orchestrator.PodStats{}, errNotLinux
}

// LogFile returns "".
func (r *Runtime) LogFile(orchestrator.ContainerRef) string { return "" }

// Close returns nil.
func (r *Runtime) Close() error { return nil }
