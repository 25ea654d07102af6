package docker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// The calls are those that the package's overview promises.
func TestCalls(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	list := func() { t.Helper(); _, err := x.List(x.ctx); require.NoError(t, err) }
	const volumes = "GET /volumes"
	looks := 0 // at volumes, left out of made: the one for what a crash left comes a minute after the start
	made := func() []string {
		all := g.made()
		calls := slices.DeleteFunc(slices.Clone(all), func(call string) bool { return call == volumes })
		looks += len(all) - len(calls)
		return calls
	}
	list()
	require.Equal(t, []string{"GET /version", "GET /info", "GET /containers/json", volumes}, g.made(), "the first call of all")
	x.start(x.pod("first", x.toy("app", "wait"))) // looks for the infra image
	made()

	const image, create, start, look = "GET /images/*/json", "POST /containers/create", "POST /containers/*/start", "GET /containers/*/json"
	p := x.pod("web", x.toy("app", "wait"), x.toy("side", "wait"))
	require.NoError(t, x.Start(x.ctx, p, p.Spec.Containers[0]))
	require.Equal(t, []string{image, create, start, create, start}, made(), "a pod's first container, and the infra container")
	require.NoError(t, x.Start(x.ctx, p, p.Spec.Containers[1]))
	require.Equal(t, []string{image, create, start}, made(), "each further container")
	x.start(p)
	require.Empty(t, made(), "what is known to have been started")
	list()
	require.Equal(t, []string{"GET /containers/json", look, look, look}, made(), "a list with new containers")
	list()
	require.Equal(t, []string{"GET /containers/json"}, made(), "a list with none")
	require.NoError(t, x.Stop(x.ctx, ref(p, "app"), time.Minute))
	require.Equal(t, []string{"POST /containers/*/stop"}, made())
	next := attempt(p, 1)
	require.NoError(t, x.Start(x.ctx, next, p.Spec.Containers[0]))
	require.Equal(t, []string{image, create, start}, made(), "a restart")
	require.LessOrEqual(t, looks, 1)
	looks = 0
	require.NoError(t, x.Remove(x.ctx, p.UID))
	remove := "DELETE /containers/*"
	require.Equal(t, []string{"GET /containers/json", remove, remove, remove, remove}, made(), "three attempts and the infra container")
	require.Contains(t, []int{1, 2}, looks, "those of the pod")
}

// An engine that hangs holds a call up for as long as the caller wants.
func TestEngineThatHangs(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	p, next := x.pod("web", x.toy("app", "wait")), x.pod("next", x.toy("app", "wait"))
	x.start(p)
	before := x.running(p, "app")
	hangs := func(r *docker.Runtime) {
		t.Helper()
		for what, call := range map[string]func(context.Context) error{
			"Start":  func(ctx context.Context) error { return r.Start(ctx, next, next.Spec.Containers[0]) },
			"Stop":   func(ctx context.Context) error { return r.Stop(ctx, ref(p, "app"), time.Hour) },
			"Remove": func(ctx context.Context) error { return r.Remove(ctx, next.UID) },
			"List":   func(ctx context.Context) error { _, err := r.List(ctx); return err },
		} {
			ctx, cancel := context.WithTimeout(x.ctx, 50*time.Millisecond)
			err := within(t, what, func() error { return call(ctx) })
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, what)
		}
	}
	g.close()
	hangs(x.Runtime)
	unconnected, err := docker.New(x.config, "n1")
	require.NoError(t, err)
	hangs(unconnected)
	_, err = unconnected.Capacity(canceled(x.ctx))
	require.ErrorIs(t, err, context.Canceled)
	x.until("the gate knows that all have gone, so that no Stop passes late", g.holds(0))
	g.open()
	require.Equal(t, before, x.running(p, "app"))
	_, err = unconnected.List(x.ctx)
	require.NoError(t, err)
	require.NoError(t, unconnected.Close())
	x.start(next)
	x.running(next, "app")
}

func canceled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// A stream of events that breaks is opened again, and what ended meanwhile is hinted at.
func TestEventsBreak(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	p := x.pod("web", x.toy("app", "wait"), x.toy("side", "wait"))
	x.start(p)
	app, side := x.running(p, "app"), x.running(p, "side")
	g.shut(true)
	x.kill(app)
	_, err := x.List(x.ctx)
	require.Error(t, err)
	g.shut(false)
	x.hinted("after the stream was opened again")
	require.Equal(t, 137, x.ended(p, "app").ExitCode)
	x.until("events are followed again", g.isFollowed)
	for drained := false; !drained; {
		select {
		case <-x.Changed():
		default:
			drained = true
		}
	}
	x.kill(side)
	x.hinted("at the end of a container")
	require.Equal(t, 137, x.ended(p, "side").ExitCode)
}

// A daemon that is killed, or restarted in an orderly way, takes its containers
// with it. Each of them ends once, and the pods run again.
func TestEngineRestarts(t *testing.T) {
	t.Parallel()
	d := enginetest.NewDaemon(t)
	x := newRigAt(t, d.Client)
	x.config.Endpoint = d.Endpoint
	x.open()
	pods := []*pod.Pod{x.pod("a", x.toy("app", "wait"), x.toy("job", "exit", "4")), x.pod("b", x.toy("app", "stubborn"))}
	for _, p := range pods {
		x.start(p)
	}
	done := x.ended(pods[0], "job")
	for n, stop := range []func(){d.Kill, d.Stop} {
		stop()
		_, err := x.List(x.ctx)
		require.Error(t, err)
		d.Start()
		for _, p := range pods {
			now := attempt(p, n)
			end := x.ended(now, "app")
			require.NotZero(t, end.FinishedAt)
			require.Equal(t, end, x.ended(now, "app"), "an end stays what it is")
			require.NoError(t, x.Start(x.ctx, now, p.Spec.Containers[0]), "what has ended is not started again")
			require.Equal(t, end, x.ended(now, "app"))
			next := attempt(p, n+1)
			require.NoError(t, x.Start(x.ctx, next, p.Spec.Containers[0]))
			require.NotEmpty(t, x.running(next, "app").PodIP)
			require.Equal(t, 1, x.alive(p, "app"), "no duplicates")
		}
		require.Equal(t, done, x.ended(pods[0], "job"))
	}
	d.Freeze()
	ctx, cancel := context.WithTimeout(x.ctx, 100*time.Millisecond)
	defer cancel()
	_, err := x.List(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	d.Thaw()
	for _, p := range pods {
		x.running(attempt(p, 2), "app")
	}
}

// Nodes are engines: each pod is where its node's engine is.
func TestSeveralEngines(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	d := enginetest.NewDaemon(t)
	far := newRigAt(t, d.Client)
	near := x.dial("near", nil)
	there := x.dial("far", map[string]string{docker.EndpointAnnotation: d.Endpoint})
	p, q := x.pod("p", x.toy("app", "wait")), far.pod("q", far.toy("app", "wait"))
	require.NoError(t, near.Start(x.ctx, p, p.Spec.Containers[0]))
	require.NoError(t, there.Start(x.ctx, q, q.Spec.Containers[0]))
	for _, tt := range []struct {
		r   orchestrator.Runtime
		uid string
	}{{near, p.UID}, {there, q.UID}} {
		list, err := tt.r.List(x.ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, tt.uid, list[0].UID)
		require.NoError(t, tt.r.Remove(x.ctx, tt.uid))
	}
	require.NoError(t, errors.Join(near.(*docker.Runtime).Close(), there.(*docker.Runtime).Close()))
}
