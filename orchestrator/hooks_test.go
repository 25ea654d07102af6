package orchestrator_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// hooksOf returns hooks that run commands; an empty one is none.
func hooksOf(postStart, preStop string) *pod.Lifecycle {
	exec := func(command string) *pod.Handler {
		if command == "" {
			return nil
		}
		return &pod.Handler{Exec: &pod.ExecAction{Command: []string{command}}}
	}
	return &pod.Lifecycle{PostStart: exec(postStart), PreStop: exec(preStop)}
}

// hookedPod is webPod with hooks.
func hookedPod(name string, l *pod.Lifecycle) *pod.Pod {
	p := webPod(name)
	p.Spec.Containers[0].Lifecycle = l
	return p
}

// A container is not ready while its postStart hook runs, and is killed and
// tried again where that fails.
func TestPostStartHook(t *testing.T) {
	c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{
		{PostStart: fake.Hook{Takes: 5 * time.Second, Err: errors.New("no such table")}},
		{PostStart: fake.Hook{Takes: 5 * time.Second}},
	}}}}, 1)
	_, err := c.Apply(hookedPod("p", hooksOf("start", "")))
	require.NoError(t, err)
	require.NoError(t, c.Advance(4*time.Second))
	require.False(t, podNamed(t, c, "p").Status.Is(pod.Ready), "the hook runs")
	require.Equal(t, pod.Running, podNamed(t, c, "p").Status.Phase)

	require.NoError(t, c.Advance(5*time.Second))
	got := podNamed(t, c, "p")
	require.Equal(t, 1, got.Status.ContainerStatuses[0].RestartCount)
	require.False(t, got.Status.Is(pod.Ready), "the second hook runs")
	require.Contains(t, reasons(c, "p"), "FailedPostStartHook")

	require.NoError(t, c.Advance(5*time.Second))
	require.True(t, podNamed(t, c, "p").Status.Is(pod.Ready))
	for attempt := range 2 {
		require.Equal(t, 1, c.Machine("node-0").Hooks(refOf(got, attempt), lifecycle.PostStart), "attempt %d", attempt)
	}
}

func refOf(p *pod.Pod, attempt int) orchestrator.ContainerRef {
	return orchestrator.ContainerRef{UID: p.UID, Container: "main", Attempt: attempt}
}

// The preStop hook and the container share the grace, at the end of which the
// container is killed whatever the hook does.
func TestPreStopHook(t *testing.T) {
	for _, tt := range []struct {
		name        string
		script      fake.Script
		alive, dead time.Duration // after the deletion
		event       string
	}{
		{"in time", fake.Script{PreStop: fake.Hook{Takes: 10 * time.Second}}, 9 * time.Second, 10 * time.Second, ""},
		{"then the container takes its time", fake.Script{PreStop: fake.Hook{Takes: 10 * time.Second}, StopDelay: 15 * time.Second}, 24 * time.Second, 25 * time.Second, ""},
		{"then the container ignores the signal", fake.Script{PreStop: fake.Hook{Takes: 10 * time.Second}, IgnoresTerm: true}, 29 * time.Second, 30 * time.Second, ""},
		{"fails", fake.Script{PreStop: fake.Hook{Takes: time.Second, Err: errors.New("refused")}}, 0, time.Second, "FailedPreStopHook"},
		{"hangs", fake.Script{PreStop: fake.Hook{Takes: time.Hour}, IgnoresTerm: true}, 31 * time.Second, 32 * time.Second, "FailedPreStopHook"},
		{"the container ends by itself", fake.Script{PreStop: fake.Hook{Takes: time.Hour}, Runs: 63 * time.Second}, 2 * time.Second, 3 * time.Second, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, simulate.Config{Scripts: fake.Scripts{{Attempts: []fake.Script{tt.script}}}}, 1)
			_, err := c.Apply(hookedPod("p", hooksOf("", "stop")))
			require.NoError(t, err)
			require.NoError(t, c.Advance(time.Minute))
			p := podNamed(t, c, "p")
			require.NoError(t, c.Delete(store.KindPod, "", "p", orchestrator.DeleteOptions{}))
			require.NoError(t, c.Advance(tt.alive))
			require.Len(t, c.Machine("node-0").Live(c.Now()), 1)
			require.NoError(t, c.Advance(tt.dead-tt.alive))
			require.Empty(t, c.Machine("node-0").Live(c.Now()))
			require.Equal(t, 1, c.Machine("node-0").Hooks(refOf(p, 0), lifecycle.PreStop))
			if tt.event != "" {
				require.Contains(t, reasons(c, "p"), tt.event)
			} else {
				require.NotContains(t, reasons(c, "p"), "FailedPreStopHook")
			}
			require.NoError(t, c.Advance(time.Second))
			_, err = c.View().Pods().Get("default", "p")
			require.ErrorIs(t, err, orchestrator.ErrNotFound)
		})
	}
}

// Hooks that sleep need nobody: the orchestrator waits.
func TestHooksThatSleep(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 1)
	sleep := &pod.Handler{Sleep: &pod.Sleep{Seconds: 5}}
	_, err := c.Apply(hookedPod("p", &pod.Lifecycle{PostStart: sleep, PreStop: sleep}))
	require.NoError(t, err)
	require.NoError(t, c.Advance(4*time.Second))
	require.False(t, podNamed(t, c, "p").Status.Is(pod.Ready))
	require.NoError(t, c.Advance(time.Second))
	require.True(t, podNamed(t, c, "p").Status.Is(pod.Ready))

	require.NoError(t, c.Delete(store.KindPod, "", "p", orchestrator.DeleteOptions{}))
	require.NoError(t, c.Advance(4*time.Second))
	require.Len(t, c.Machine("node-0").Live(c.Now()), 1)
	require.NoError(t, c.Advance(time.Second))
	require.Empty(t, c.Machine("node-0").Live(c.Now()))
}

// A host program that dies while hooks run leaves nobody who knows how they
// ended: the next one runs them again, and the grace is over when it was to be.
func TestHooksAfterACrash(t *testing.T) {
	journal := &recordedJournal{}
	bubble(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{
			PostStart: fake.Hook{Takes: 10 * time.Second}, PreStop: fake.Hook{Takes: 20 * time.Second}, IgnoresTerm: true,
		}}}})
		r.run()
		p := r.apply(hookedPod("p", hooksOf("start", "stop")))[0].(*pod.Pod)
		r.pass(5 * time.Second)
		require.NoError(t, r.stop())

		again := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		again.run()
		again.pass(9 * time.Second)
		require.False(t, ready(again.pod("p")), "the hook is run again")
		require.Equal(t, 2, r.machines.Hooks(refOf(p, 0), lifecycle.PostStart))
		again.pass(2 * time.Second)
		require.True(t, ready(again.pod("p")))

		require.NoError(t, again.c.Pods().Delete(again.ctx(), "", "p", orchestrator.DeleteOptions{}))
		again.pass(5 * time.Second)
		require.NoError(t, again.stop())

		last := newRig(t, orchestrator.Config{Journal: journal}, r.machines)
		last.run()
		last.pass(24 * time.Second) // of 25
		require.Equal(t, 2, r.machines.Hooks(refOf(p, 0), lifecycle.PreStop))
		require.Equal(t, 2, r.machines.Hooks(refOf(p, 0), lifecycle.PostStart), "that one had been recorded")
		require.Len(t, r.machines.Live(), 1)
		last.pass(2 * time.Second)
		require.Empty(t, r.machines.Live())
		require.NoError(t, r.machines.Check())
	})
}

// The process may die after any append: hooks are run at least once, and the pod
// comes up and goes as if nothing had been.
func TestHooksSurviveACrashAnywhere(t *testing.T) {
	for at := 1; ; at++ {
		journal := &failingJournal{at: at}
		bubble(t, orchestrator.Config{Journal: journal}, func(t *testing.T, r *rig) {
			hook := fake.Hook{Takes: 3 * time.Second}
			r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{PostStart: hook, PreStop: hook}}}})
			life := func(r *rig) error {
				p := hookedPod("p", hooksOf("start", "stop"))
				if _, err := r.c.Apply(r.ctx(), p); err != nil {
					return err
				}
				r.pass(30 * time.Second)
				return r.c.Pods().Delete(r.ctx(), "", "p", orchestrator.DeleteOptions{})
			}
			r.run()
			err := life(r)
			r.pass(40 * time.Second)
			if !journal.failed {
				require.NoError(t, err)
				require.NoError(t, r.stop())
				return
			}
			require.ErrorIs(t, r.stop(), errDiskFull)
			again := newRig(t, orchestrator.Config{Journal: &journal.recordedJournal}, r.machines)
			again.run()
			p, err := again.c.Pods().Get("", "p")
			if err != nil || !p.Deleting() {
				require.NoError(t, life(again))
			}
			again.pass(40 * time.Second)
			_, err = again.c.Pods().Get("", "p")
			require.ErrorIs(t, err, orchestrator.ErrNotFound)
			require.Empty(t, r.machines.Live())
			require.NoError(t, r.machines.Check())
			if p != nil && p.Spec.NodeName != "" {
				require.Positive(t, r.machines.Hooks(refOf(p, 0), lifecycle.PostStart))
				require.Positive(t, r.machines.Hooks(refOf(p, 0), lifecycle.PreStop))
			}
		})
		if !journal.failed {
			require.Greater(t, at, 5, "there was nothing to break")
			return
		}
	}
}

// A hook that hangs holds up neither its
// own container's end nor anybody else.
func TestHookThatHangs(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{PostStart: fake.Hook{Takes: time.Hour}}}}})
		r.apply(hookedPod("p", hooksOf("start", "")), webPod("other"))
		r.pass(10 * time.Second)
		require.False(t, ready(r.pod("p")))
		require.True(t, ready(r.pod("other")))
		r.pass(2 * time.Minute)
		require.Contains(t, r.reasons("Pod", "p"), "HookHangs×1")
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "p", orchestrator.DeleteOptions{}))
		r.pass(5 * time.Second)
		_, err := r.c.Pods().Get("", "p")
		require.ErrorIs(t, err, orchestrator.ErrNotFound)
	})
}

// Hooks that ask over the network are carried out by the orchestrator itself.
func TestHooksOverHTTP(t *testing.T) {
	var started, stopped atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/started":
			started.Add(1)
		case "/stopped":
			stopped.Add(1)
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	get := func(path string) *pod.Handler {
		return &pod.Handler{HTTPGet: &pod.HTTPGet{Host: "127.0.0.1", Port: pod.FromInt(portOf(t, server.URL)), Path: path}}
	}
	r := startReal(t)
	r.apply(hookedPod("p", &pod.Lifecycle{PostStart: get("/started"), PreStop: get("/stopped")}))
	r.until("p", ready)
	require.EqualValues(t, 1, started.Load())
	require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "p", orchestrator.DeleteOptions{}))
	ctx, cancel := context.WithTimeout(r.ctx(), patience)
	defer cancel()
	require.NoError(t, r.c.Wait(ctx, func(view store.Reader) bool {
		_, err := view.Pods().Get("default", "p")
		return errors.Is(err, orchestrator.ErrNotFound)
	}))
	require.EqualValues(t, 1, stopped.Load())
	require.Contains(t, strings.Join(r.events("FailedPreStopHook"), ""), "418")
}

// Variables that name a resource have their value when a container is started,
// also where only the node knows it.
func TestResourceFieldsOfAStart(t *testing.T) {
	var seen []pod.EnvVar
	n := nodeNamed("node-9")
	n.Status.Capacity = pod.Resources{pod.CPU: pod.MustParseQuantity("8")}
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Machines: nil},
		Choose: func(_ *pod.Pod, c *pod.Container, _ int) (fake.Script, bool) {
			seen = c.Env
			return fake.Script{}, false
		},
	}, 0)
	p := webPod("p")
	ref := &pod.EnvSource{ResourceFieldRef: &pod.ResourceFieldRef{Resource: "limits.cpu"}}
	p.Spec.Containers[0].Env = []pod.EnvVar{{Name: "CPUS", ValueFrom: ref}}
	_, err := c.Apply(n, p)
	require.NoError(t, err)
	require.NoError(t, c.Advance(10*time.Second))
	require.Equal(t, []pod.EnvVar{{Name: "CPUS", Value: "8"}}, seen)
	require.Equal(t, ref, podNamed(t, c, "p").Spec.Containers[0].Env[0].ValueFrom, "what is stored stays as it was asked for")
}

// A hook that is not due any more is given up: its context ends.
func TestHookIsGivenUp(t *testing.T) {
	var machines fake.Machines
	var under atomic.Int32
	cfg := orchestrator.Config{Dial: func(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
		return countingProber{machines.Node(n.Name), &under}, nil
	}}
	running(t, cfg, func(t *testing.T, r *rig) {
		r.apply(hookedPod("p", hooksOf("start", "")))
		r.pass(10 * time.Second)
		require.EqualValues(t, 1, under.Load())
		require.NoError(t, r.c.Pods().Delete(r.ctx(), "", "p", orchestrator.DeleteOptions{}))
		r.pass(5 * time.Second)
		require.Zero(t, under.Load())
	})
}

// countingProber runs commands until they are given up.
type countingProber struct {
	*fake.Runtime
	under *atomic.Int32
}

func (c countingProber) Probe(ctx context.Context, _ orchestrator.ContainerRef, _ []string) error {
	c.under.Add(1)
	defer c.under.Add(-1)
	<-ctx.Done()
	return ctx.Err()
}
