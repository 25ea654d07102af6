package orchtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// bench is what one test works at: a runtime, and shorthand for its methods.
type bench struct {
	*testing.T
	h *RuntimeHarness
	r orchestrator.Runtime
}

// limited calls do with a context that ends when the test ends, or when do has
// hung for so long that it never returns.
func (b *bench) limited(do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(b.Context(), 10*b.h.Soon)
	defer cancel()
	return do(ctx)
}

func (b *bench) tryStart(p *pod.Pod, c pod.Container) error {
	return b.limited(func(ctx context.Context) error { return b.r.Start(ctx, p, c) })
}

func (b *bench) tryStop(ref orchestrator.ContainerRef, grace time.Duration) error {
	return b.limited(func(ctx context.Context) error { return b.r.Stop(ctx, ref, grace) })
}

func (b *bench) tryRemove(uid string) error {
	return b.limited(func(ctx context.Context) error { return b.r.Remove(ctx, uid) })
}

func (b *bench) tryList() (list []orchestrator.ContainerState, err error) {
	err = b.limited(func(ctx context.Context) error {
		list, err = b.r.List(ctx)
		return err
	})
	return list, err
}

// pod returns a pod with an identity of its own.
func (b *bench) pod(name string, containers ...pod.Container) *pod.Pod {
	grace := int64(30)
	p := &pod.Pod{
		Meta: labels.Meta{
			Name: name, Namespace: labels.DefaultNamespace, UID: strings.ToLower(rand.Text()), CreationTimestamp: time.Now(),
		},
		Spec: pod.Spec{
			Containers: containers, RestartPolicy: pod.RestartAlways,
			TerminationGracePeriodSeconds: &grace, NodeName: "orchtest",
		},
		Status: pod.Status{Phase: pod.Pending, StartTime: time.Now()},
	}
	for _, c := range containers {
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, pod.ContainerStatus{Name: c.Name, Image: c.Image})
	}
	if b.h.Pod != nil {
		b.h.Pod(p)
	}
	return p
}

// restarted returns p as it is when its i'th container is to run its n'th attempt.
func restarted(p *pod.Pod, i, n int) *pod.Pod {
	next := *p
	next.Status.ContainerStatuses = append([]pod.ContainerStatus(nil), p.Status.ContainerStatuses...)
	next.Status.ContainerStatuses[i].RestartCount = n
	return &next
}

// start starts all containers of a pod.
func (b *bench) start(p *pod.Pod) {
	b.Helper()
	for _, c := range p.Spec.Containers {
		require.NoErrorf(b, b.tryStart(p, c), "Start container %q", c.Name)
	}
}

// stop stops a container's current attempt, once it is ready for it.
func (b *bench) stop(p *pod.Pod, i int, grace time.Duration) {
	b.Helper()
	b.ready(p, i)
	require.NoError(b, b.tryStop(ref(p, i), grace), "Stop")
}

// ready waits until the i'th container has said something, as it does once it has
// told the system what SIGTERM means to it, or until it has ended.
func (b *bench) ready(p *pod.Pod, i int) {
	b.Helper()
	l, can := b.r.(orchestrator.Logger)
	if !can {
		return
	}
	ctx, heard := context.WithCancel(b.Context())
	defer heard()
	what := fmt.Sprintf("Logs of container %q, which has to say a line when it may be stopped,", p.Spec.Containers[i].Name)
	err := b.within(what, func() error {
		return l.Logs(ctx, ref(p, i), orchestrator.LogOptions{Follow: true, Stdout: ear(heard)})
	})
	if ctx.Err() == nil {
		require.NoError(b, err, "Logs")
	}
}

// ear is called when something is said.
type ear func()

// Write takes in all of the text.
func (e ear) Write(text []byte) (int, error) {
	e()
	return len(text), nil
}

// meanwhile has the runtime run another pod from its start to its end. If an earlier
// call has set something off that must not be, and did not wait for it, it shows by then.
func (b *bench) meanwhile() {
	b.Helper()
	p := b.pod("meanwhile", b.h.Exits("app", 0))
	b.start(p)
	b.waitEnded(p, ref(p, 0))
}

// ref returns the current attempt of the i'th container.
func ref(p *pod.Pod, i int) orchestrator.ContainerRef {
	return orchestrator.RefTo(p, p.Spec.Containers[i].Name)
}

// list returns what the runtime lists of the pod, each attempt once.
func (b *bench) list(p *pod.Pod) map[orchestrator.ContainerRef]orchestrator.ContainerState {
	b.Helper()
	all, err := b.tryList()
	require.NoError(b, err, "List")
	of := map[orchestrator.ContainerRef]orchestrator.ContainerState{}
	for _, c := range all {
		if c.UID != p.UID {
			continue
		}
		require.NotContainsf(b, of, c.ContainerRef, "List names attempt %d of container %q twice", c.Attempt, c.Container)
		require.Truef(b, (c.State.Running != nil) != (c.State.Terminated != nil) && c.State.Waiting == nil,
			"List: attempt %d of container %q must be running or terminated, and nothing else: %+v", c.Attempt, c.Container, c.State)
		of[c.ContainerRef] = plain(c)
	}
	return of
}

// plain returns c with times that can be compared: without the clock they were
// read from, and in one zone.
func plain(c orchestrator.ContainerState) orchestrator.ContainerState {
	if c.State.Running != nil {
		running := *c.State.Running
		running.StartedAt = running.StartedAt.Round(0).UTC()
		c.State.Running = &running
	}
	if c.State.Terminated != nil {
		end := *c.State.Terminated
		end.StartedAt, end.FinishedAt = end.StartedAt.Round(0).UTC(), end.FinishedAt.Round(0).UTC()
		c.State.Terminated = &end
	}
	return c
}

// state returns what the runtime lists of the attempt.
func (b *bench) state(p *pod.Pod, ref orchestrator.ContainerRef) orchestrator.ContainerState {
	b.Helper()
	list := b.list(p)
	require.Containsf(b, list, ref, "List has to name attempt %d of container %q", ref.Attempt, ref.Container)
	return list[ref]
}

// running returns what the runtime lists of the attempt, which must run.
func (b *bench) running(p *pod.Pod, ref orchestrator.ContainerRef) orchestrator.ContainerState {
	b.Helper()
	c := b.state(p, ref)
	require.NotNilf(b, c.State.Running, "attempt %d of container %q has to run, but ended: %+v", ref.Attempt, ref.Container, c.State.Terminated)
	return c
}

// ended returns what the runtime lists of the attempt, which must have ended.
func (b *bench) ended(p *pod.Pod, ref orchestrator.ContainerRef) orchestrator.ContainerState {
	b.Helper()
	c := b.state(p, ref)
	require.NotNilf(b, c.State.Terminated, "attempt %d of container %q has to have ended", ref.Attempt, ref.Container)
	return c
}

// waitEnded waits until List says that the attempt has ended.
func (b *bench) waitEnded(p *pod.Pod, ref orchestrator.ContainerRef) orchestrator.ContainerState {
	b.Helper()
	b.eventually("the attempt ends", func() bool { return b.list(p)[ref].State.Terminated != nil })
	return b.ended(p, ref)
}

// eventually waits until it is so, and fails the test when that takes longer than
// Soon. It looks at once when the runtime hints at a change, and otherwise less and
// less often.
func (b *bench) eventually(what string, so func() bool) {
	b.Helper()
	limit := time.NewTimer(b.h.Soon)
	defer limit.Stop()
	changed := b.r.Changed()
	for wait := 5 * time.Millisecond; !so(); wait = min(2*wait, maxWait) {
		again := time.NewTimer(wait)
		select {
		case <-again.C:
		case _, open := <-changed:
			if !open {
				changed = nil
			}
		case <-limit.C:
			require.Failf(b, "too late", "waited %v until %s", b.h.Soon, what)
		}
		again.Stop()
	}
}

// maxWait is the longest that eventually waits until it looks again: a runtime need
// not give hints, and what is waited for need not be the runtime's.
const maxWait = 100 * time.Millisecond

// within calls do and returns its error; the test fails when it takes longer than Soon.
func (b *bench) within(what string, do func() error) error {
	b.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	limit := time.NewTimer(b.h.Soon)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		require.Failf(b, "too late", "%s has not returned after %v", what, b.h.Soon)
		return nil
	}
}
