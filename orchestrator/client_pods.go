package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// Pods are Objects that can be put onto nodes by hand, and looked into while
// Run runs.
//
// Logs, Exec, Attach, PortForward and Stats go straight to the runtime of the
// pod's node, past the engine, on the goroutine of whoever calls them. They end
// when their context does, the node goes, or Run ends. Their errors, beside those
// of the runtime: ErrNotFound if there is no such pod, ErrInvalid if it has no such container
// or that must be said, ErrNotRunning, ErrNoAttempt, ErrUnreachable, ErrStopped,
// and errors.ErrUnsupported where the runtime has no such ability.
type Pods struct {
	Objects[*pod.Pod]
}

// Bind puts a pod that has no node onto one, past the scheduler. ErrConflict if
// it is on another one or ending, ErrNotFound if there is no such pod or node.
func (s Pods) Bind(ctx context.Context, namespace, name, nodeName string) (*pod.Pod, error) {
	return s.one(ctx, Operation{
		Verb: Bind, Kind: store.KindPod, Namespace: s.in(namespace), Name: name, Node: nodeName,
	})
}

// Logs reads the log of a container of the pod: see LogOptions. That of a
// container that waits for its next attempt is the last one's; the previous one
// of a container that has been restarted is there as long as its runtime keeps it.
func (s Pods) Logs(ctx context.Context, namespace, name string, o LogOptions) error {
	return s.use(ctx, namespace, name, "read logs", func(p *pod.Pod) (string, error) {
		switch {
		case o.Tail != nil && *o.Tail < 0:
			return "", fmt.Errorf("%w: Tail: %d: must not be negative", ErrInvalid, *o.Tail)
		case o.LimitBytes < 0:
			return "", fmt.Errorf("%w: LimitBytes: %d: must not be negative", ErrInvalid, o.LimitBytes)
		}
		return containerOf(p, o.Container)
	}, func(ctx context.Context, r Runtime, p *pod.Pod, container string) error {
		logger, err := ability[Logger](r, "keep logs")
		if err != nil {
			return err
		}
		ref, err := loggedAttempt(p, container, o.Previous)
		if err != nil {
			return err
		}
		return logger.Logs(ctx, ref, o)
	})
}

// Exec runs a command in a container of the pod that runs, and returns its exit
// code when it has ended.
func (s Pods) Exec(ctx context.Context, namespace, name string, o ExecOptions) (code int, err error) {
	err = s.use(ctx, namespace, name, "run a command", func(p *pod.Pod) (string, error) {
		if len(o.Command) == 0 || o.Command[0] == "" {
			return "", fmt.Errorf("%w: Command: must be given", ErrInvalid)
		}
		return containerOf(p, o.Container)
	}, func(ctx context.Context, r Runtime, p *pod.Pod, container string) error {
		executor, err := ability[Executor](r, "run commands")
		if err != nil {
			return err
		}
		ref, err := runningAttempt(p, container)
		if err != nil {
			return err
		}
		code, err = executor.Exec(ctx, ref, o)
		return err
	})
	return code, err
}

// Attach connects to a container of the pod that runs, and returns when it ends.
func (s Pods) Attach(ctx context.Context, namespace, name string, o AttachOptions) error {
	return s.use(ctx, namespace, name, "attach", func(p *pod.Pod) (string, error) {
		container, err := containerOf(p, o.Container)
		if err != nil {
			return "", err
		}
		if c := p.Container(container); o.TTY != c.TTY {
			return "", fmt.Errorf("%w: TTY: %t: must be as the container has it, which is %t", ErrInvalid, o.TTY, c.TTY)
		}
		return container, nil
	}, func(ctx context.Context, r Runtime, p *pod.Pod, container string) error {
		attacher, err := ability[Attacher](r, "attach to containers")
		if err != nil {
			return err
		}
		ref, err := runningAttempt(p, container)
		if err != nil {
			return err
		}
		return attacher.Attach(ctx, ref, o)
	})
}

// PortForward connects to a TCP port of the pod. The context is for connecting
// only; close the connection to end it. The end of the node, or of Run, closes it as well.
func (s Pods) PortForward(ctx context.Context, namespace, name string, port int) (net.Conn, error) {
	var conn net.Conn
	err := s.use(ctx, namespace, name, "connect", func(p *pod.Pod) (string, error) {
		if port < 1 || port > 65535 {
			return "", fmt.Errorf("%w: port: %d: must be 1 to 65535", ErrInvalid, port)
		}
		return "", anyRuns(p)
	}, func(ctx context.Context, r Runtime, p *pod.Pod, _ string) error {
		forwarder, err := ability[PortForwarder](r, "forward ports")
		if err != nil {
			return err
		}
		conn, err = forwarder.PortForward(ctx, p.UID, port)
		if err != nil {
			return err
		}
		conn, err = s.c.o.tie(p.Spec.NodeName, conn)
		return err
	})
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Stats measures what the pod uses now.
func (s Pods) Stats(ctx context.Context, namespace, name string) (PodStats, error) {
	var stats PodStats
	err := s.use(ctx, namespace, name, "measure", func(p *pod.Pod) (string, error) {
		return "", anyRuns(p)
	}, func(ctx context.Context, r Runtime, p *pod.Pod, _ string) error {
		meter, err := ability[Meter](r, "measure pods")
		if err != nil {
			return err
		}
		stats, err = meter.Stats(ctx, p.UID)
		return err
	})
	return stats, err
}

// use checks a request, and makes it of the runtime of the pod's node.
func (s Pods) use(ctx context.Context, namespace, name, verb string,
	check func(*pod.Pod) (container string, err error),
	do func(ctx context.Context, r Runtime, p *pod.Pod, container string) error,
) error {
	p, err := s.Get(namespace, name)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	container, err := check(p)
	if err == nil {
		err = s.c.o.lend(ctx, p.Spec.NodeName, func(ctx context.Context, r Runtime) error {
			return do(ctx, r, p, container)
		})
	}
	switch {
	case err == nil:
		return nil
	case container == "":
		return fmt.Errorf("%s: pod %q: %w", verb, p.Namespace+"/"+p.Name, err)
	}
	return fmt.Errorf("%s: container %q of pod %q: %w", verb, container, p.Namespace+"/"+p.Name, err)
}

// ability returns the runtime as what can do more than a runtime must.
func ability[T any](r Runtime, what string) (T, error) {
	able, ok := r.(T)
	if !ok {
		return able, fmt.Errorf("the runtime can not %s: %w", what, errors.ErrUnsupported)
	}
	return able, nil
}

// containerOf returns the name of the container that is meant: that one, or the
// only one there is.
func containerOf(p *pod.Pod, name string) (string, error) {
	switch {
	case name == "" && len(p.Spec.Containers) == 1:
		return p.Spec.Containers[0].Name, nil
	case name == "":
		return "", fmt.Errorf("%w: Container: must be given: one of %s", ErrInvalid, strings.Join(containerNames(p), ", "))
	case p.Container(name) == nil:
		return "", fmt.Errorf("%w: Container: %q: must be one of %s", ErrInvalid, name, strings.Join(containerNames(p), ", "))
	}
	return name, nil
}

// runningAttempt returns the attempt of a container that runs, as far as is recorded.
func runningAttempt(p *pod.Pod, container string) (ContainerRef, error) {
	s := p.Status.Container(container)
	if s == nil || s.State.Running == nil {
		return ContainerRef{}, fmt.Errorf("%w: %s", ErrNotRunning, standing(p, s))
	}
	return RefTo(p, container), nil
}

// loggedAttempt returns the attempt whose log is meant. The current one of a
// container that is to be started again is the one before that, as with a kubelet.
func loggedAttempt(p *pod.Pod, container string, previous bool) (ContainerRef, error) {
	s := p.Status.Container(container)
	if s == nil {
		return ContainerRef{}, fmt.Errorf("%w: %s", ErrNotRunning, standing(p, s))
	}
	ref := RefTo(p, container)
	began := s.State.Running != nil || s.State.Terminated != nil
	// In a back-off the last attempt is the recorded one, and has ended.
	waits := s.State.Waiting != nil && s.State.Waiting.Reason == lifecycle.CrashLoopBackOff
	if waits || began && !previous {
		return ref, nil
	}
	if ref.Attempt--; ref.Attempt < 0 {
		if previous {
			return ref, fmt.Errorf("%w: it was never restarted", ErrNoAttempt)
		}
		return ref, fmt.Errorf("%w: %s", ErrNotRunning, standing(p, s))
	}
	return ref, nil
}

// anyRuns returns nil where something of the pod is recorded as running.
func anyRuns(p *pod.Pod) error {
	for i := range p.Status.ContainerStatuses {
		if p.Status.ContainerStatuses[i].State.Running != nil {
			return nil
		}
	}
	for i := range p.Status.InitContainerStatuses {
		if p.Status.InitContainerStatuses[i].State.Running != nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrNotRunning, standing(p, nil))
}

// standing says how far a pod, or a container of it, has come.
func standing(p *pod.Pod, s *pod.ContainerStatus) string {
	switch {
	case p.Spec.NodeName == "":
		return "the pod has no node yet"
	case s == nil && p.Status.Phase.Terminal():
		return "the pod is " + string(p.Status.Phase)
	case s == nil:
		return "nothing of the pod was started yet"
	case s.State.Terminated != nil:
		return "it has ended: " + cmp.Or(s.State.Terminated.Reason, "Error")
	case s.State.Waiting != nil:
		return "it waits: " + cmp.Or(s.State.Waiting.Reason, "ContainerCreating")
	}
	return "it was not started yet"
}
