package orchtest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

func listIsACopy(b *bench) {
	p := b.pod("web", b.h.Forever("app"), b.h.Exits("job", 1))
	b.start(p)
	b.waitEnded(p, ref(p, 1))
	before := b.list(p)
	spoilt, err := b.tryList()
	require.NoError(b, err, "List")
	for i := range spoilt {
		spoilt[i].UID, spoilt[i].ID = "spoilt", "spoilt"
	}
	require.Equal(b, before, b.list(p), "writing to what List returned changes nothing")

	b.start(b.pod("other", b.h.Forever("app")))
	kept, err := b.tryList()
	require.NoError(b, err, "List")
	was := allPlain(kept)
	require.NoError(b, b.tryRemove(kept[0].UID), "Remove")
	_, err = b.tryList()
	require.NoError(b, err, "List")
	require.Equal(b, was, allPlain(kept), "what List returned stays as it was")
}

func allPlain(list []orchestrator.ContainerState) []orchestrator.ContainerState {
	all := make([]orchestrator.ContainerState, len(list))
	for i, c := range list {
		all[i] = plain(c)
	}
	return all
}

func contextEndsCalls(b *bench) {
	over, cancel := context.WithCancel(b.Context())
	cancel()
	p := b.pod("web", b.h.Forever("app"))
	calls := map[string]func() error{
		"Start":  func() error { return b.r.Start(over, p, p.Spec.Containers[0]) },
		"Stop":   func() error { return b.r.Stop(over, ref(p, 0), time.Hour) },
		"Remove": func() error { return b.r.Remove(over, p.UID) },
		"List":   func() error { _, err := b.r.List(over); return err },
	}
	for _, name := range []string{"List", "Start", "Stop", "Remove"} {
		err := b.within(name+" with a context that is over", calls[name])
		if err != nil {
			require.Truef(b, errors.Is(err, context.Canceled), "%s has to wrap the context's error: %v", name, err)
		}
	}
	// Whatever these came to, they can be finished.
	require.NoError(b, b.tryRemove(p.UID), "Remove")
	next := b.pod("web", b.h.Forever("app"))
	_ = b.within("Start", func() error { return b.r.Start(over, next, next.Spec.Containers[0]) }) // in vain, or not
	b.start(next)
	b.running(next, ref(next, 0))
	require.Len(b, b.list(next), 1)
	require.NoError(b, b.tryRemove(next.UID), "Remove")
	require.Empty(b, b.list(p))
	require.Empty(b, b.list(next))
}

func contextEndsStop(b *bench) {
	p := b.pod("web", b.h.Stubborn("app"))
	b.start(p)
	b.ready(p, 0)
	brief, cancel := context.WithTimeout(b.Context(), 100*time.Millisecond)
	defer cancel()
	err := b.within("Stop after its context ended", func() error { return b.r.Stop(brief, ref(p, 0), time.Hour) })
	require.Error(b, err, "Stop returned before the container ended")
	require.Truef(b, errors.Is(err, context.DeadlineExceeded), "Stop has to wrap the context's error: %v", err)
	b.running(p, ref(p, 0))

	err = b.within("a second Stop, without grace", func() error { return b.tryStop(ref(p, 0), 0) })
	require.NoError(b, err, "Stop")
	requireKilled(b, b.ended(p, ref(p, 0)))
}

// concurrentPods runs many pods at once, never with two calls for one
// container, and lists all the while.
func concurrentPods(b *bench) {
	const n = 6
	pods := make([]*pod.Pod, n)
	for i := range pods {
		pods[i] = b.pod(fmt.Sprint("web-", i), b.h.Forever("app"), b.h.Exits("job", i))
	}
	defer b.listing()()
	b.atOnce(pods, func(p *pod.Pod, c pod.Container) error { return b.tryStart(p, c) })
	for i, p := range pods {
		b.running(p, ref(p, 0))
		require.Equal(b, i, b.waitEnded(p, ref(p, 1)).State.Terminated.ExitCode)
	}
	if !b.h.NoAddress {
		b.requireAddresses(pods)
	}
	for _, p := range pods {
		b.ready(p, 0)
	}
	b.atOnce(pods, func(p *pod.Pod, c pod.Container) error {
		ref := ref(p, 0)
		ref.Container = c.Name
		return b.tryStop(ref, b.h.Soon)
	})
	for _, p := range pods {
		b.ended(p, ref(p, 0))
	}
	var removing sync.WaitGroup
	for _, p := range pods {
		removing.Go(func() {
			if err := b.tryRemove(p.UID); err != nil {
				b.Errorf("Remove: %v", err)
			}
		})
	}
	removing.Wait()
	for _, p := range pods {
		require.Empty(b, b.list(p))
	}
}

// listing lists all the time until the function that it returns is called.
func (b *bench) listing() (end func()) {
	finished := make(chan struct{})
	var listing sync.WaitGroup
	listing.Go(func() {
		again := time.NewTicker(time.Millisecond)
		defer again.Stop()
		for {
			if _, err := b.tryList(); err != nil {
				b.Errorf("List while pods are started: %v", err)
			}
			select {
			case <-finished:
				return
			case <-again.C:
			}
		}
	})
	return func() {
		close(finished)
		listing.Wait()
	}
}

// atOnce calls do for every container of the pods at the same time.
func (b *bench) atOnce(pods []*pod.Pod, do func(*pod.Pod, pod.Container) error) {
	b.Helper()
	var calls sync.WaitGroup
	for _, p := range pods {
		for _, c := range p.Spec.Containers {
			calls.Go(func() {
				if err := do(p, c); err != nil {
					b.Errorf("container %q of pod %q: %v", c.Name, p.Name, err)
				}
			})
		}
	}
	calls.Wait()
	require.False(b, b.Failed(), "calls at the same time failed")
}

func hints(b *bench) {
	changed := b.r.Changed()
	if changed == nil {
		b.Log("the runtime gives no hints")
		return
	}
	require.Equal(b, changed, b.r.Changed(), "Changed always returns the same channel")
	p := b.pod("job", b.h.Exits("app", 2))
	b.start(p)
	limit := time.NewTimer(b.h.Soon)
	defer limit.Stop()
	for b.list(p)[ref(p, 0)].State.Terminated == nil {
		select {
		case _, open := <-changed:
			require.True(b, open, "the channel of hints is never closed")
		case <-limit.C:
			require.Fail(b, "no hint came when a container ended by itself")
		}
	}
}

func addressIsThePods(b *bench) {
	pods := []*pod.Pod{
		b.pod("web", b.h.Forever("app"), b.h.Forever("side")),
		b.pod("web-2", b.h.Forever("app"), b.h.Exits("job", 0)),
		b.pod("job", b.h.Exits("app", 0)),
	}
	for _, p := range pods {
		b.start(p)
	}
	b.requireAddresses(pods)
}

// requireAddresses checks that every pod has an address: one, and its own.
func (b *bench) requireAddresses(pods []*pod.Pod) {
	b.Helper()
	owner := map[string]string{}
	for _, p := range pods {
		var mine string
		for _, c := range b.list(p) {
			_, err := netip.ParseAddr(c.PodIP)
			require.NoErrorf(b, err, "PodIP of pod %q", p.Name)
			require.Truef(b, mine == "" || mine == c.PodIP, "containers of pod %q have the addresses %s and %s", p.Name, mine, c.PodIP)
			mine = c.PodIP
		}
		require.Emptyf(b, owner[mine], "pod %q has address %s as well", p.Name, mine)
		owner[mine] = p.Name
	}
}

func addressSurvivesRestart(b *bench) {
	p := b.pod("web", b.h.Exits("app", 1))
	b.start(p)
	first := b.waitEnded(p, ref(p, 0)).PodIP
	other := b.pod("other", b.h.Forever("app"))
	b.start(other)
	next := restarted(p, 0, 1)
	require.NoError(b, b.tryStart(next, b.h.Forever("app")), "Start attempt 1")
	require.Equal(b, first, b.running(p, ref(next, 0)).PodIP, "the pod's address after all its containers had ended")
	require.NotEqual(b, first, b.running(other, ref(other, 0)).PodIP, "the other pod's address")
}

// reportIsIdempotent holds of every Reporter, whatever it has to tell.
func reportIsIdempotent(b *bench) {
	reporter, ok := b.r.(orchestrator.Reporter)
	if !ok {
		return // it need not be one
	}
	b.start(b.pod("web", b.h.Forever("app")))
	first, err := reporter.Report(b.Context(), 0)
	require.NoError(b, err, "Report")
	again, err := reporter.Report(b.Context(), 0)
	require.NoError(b, err, "Report")
	require.GreaterOrEqual(b, again.Last, first.Last, "numbers do not go back")
	require.Equal(b, first.Events, again.Events[:len(first.Events)], "the same question has the same answer, and what came since")
	after, err := reporter.Report(b.Context(), again.Last)
	require.NoError(b, err, "Report")
	require.EqualValues(b, after.Last-again.Last, len(after.Events), "nothing is told again once the number has been given back")
	over, cancel := context.WithCancel(b.Context())
	cancel()
	_, err = reporter.Report(over, 0)
	require.Error(b, err, "Report with a context that has ended")
}
