package docker_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// A host program dies after each of the calls by which a pod is started. The
// next one finds what there is, finishes it, and starts nothing twice.
func TestCrashAtEveryCall(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	config := x.config
	g := newGate(t, x.engine.Endpoint())
	config.Endpoint = g.endpoint
	for n, finished := 1, false; !finished; n++ {
		p := x.pod("web", x.toy("app", "exit", "3"), x.toy("side", "wait"))
		g.cut(n)
		dying, err := docker.New(config, "n1")
		require.NoError(t, err)
		finished = true
		for _, c := range p.Spec.Containers {
			finished = dying.Start(x.ctx, p, c) == nil && finished
		}
		require.NoError(t, dying.Close())

		x.open()
		began := x.started(p, "app")
		x.start(p)
		require.Equal(t, 3, x.ended(p, "app").ExitCode, "after call %d", n)
		if !began.IsZero() {
			require.Equal(t, began, x.started(p, "app"), "what was started before the end is not started again, after call %d", n)
		}
		x.running(p, "side")
		require.Len(t, x.of(p), 3, "an infra container and two others, after call %d", n)
		require.NoError(t, x.Remove(x.ctx, p.UID))
		require.Empty(t, x.of(p))
		require.LessOrEqual(t, n, 7, "calls that change something")
	}
}

// Two host programs that know nothing of each other start the same pod at the
// same time. It runs once.
func TestTwoHostPrograms(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	other, err := docker.New(x.config, "n1")
	require.NoError(t, err)
	for range 3 {
		p := x.pod("web", x.toy("app", "exit", "7"), x.toy("side", "wait"))
		var starting sync.WaitGroup
		for _, r := range []*docker.Runtime{x.Runtime, other} {
			for _, c := range p.Spec.Containers {
				starting.Go(func() {
					if err := r.Start(x.ctx, p, c); err != nil {
						t.Errorf("start container %q: %v", c.Name, err)
					}
				})
			}
		}
		starting.Wait()
		require.Len(t, x.of(p), 3)
		x.running(p, "side")
		end := x.ended(p, "app")
		require.Equal(t, 7, end.ExitCode)
		require.NoError(t, other.Start(x.ctx, p, p.Spec.Containers[0]))
		require.Equal(t, end, x.ended(p, "app"))
	}
	require.NoError(t, other.Close())
}

// A pod that was begun, and is not wanted any more after a crash, is removed,
// though List shows nothing of it. What is somebody else's stays.
func TestStraysAreRemoved(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p, kept := x.pod("stray", x.toy("app", "wait")), x.pod("kept", x.toy("app", "wait"))
	x.start(p)
	x.start(kept)
	made := x.inspect(x.running(p, "app").ID)
	infra := x.infra(p)
	require.NoError(t, x.Remove(x.ctx, p.UID))

	holder := x.pod("holder", x.toy("app", "wait"))
	holder.Spec.Volumes = []pod.Volume{{Name: "data", EmptyDir: &pod.EmptyDir{}}}
	x.start(holder)
	volumes, err := x.engine.ListVolumes(engine.ListVolumesOptions{Filters: map[string][]string{"label": {"coracle.dev/uid=" + holder.UID}}})
	require.NoError(t, err)
	require.Len(t, volumes, 1)
	held := engine.CreateVolumeOptions{Name: volumes[0].Name, Labels: volumes[0].Labels}
	require.NoError(t, x.Remove(x.ctx, holder.UID))

	create := func(name string, labels map[string]string) string {
		c, err := x.engine.CreateContainer(engine.CreateContainerOptions{
			Name: name, Config: &engine.Config{Image: x.image, Cmd: []string{"wait"}, Labels: labels}, Context: x.ctx,
		})
		require.NoError(t, err)
		t.Cleanup(func() { x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: c.ID, Force: true}) })
		return c.ID
	}
	half := create(strings.TrimPrefix(made.Name, "/"), made.Config.Labels) // made, and never started
	labels := made.Config.Labels
	copied := create(x.config.Instance+"-copied", labels) // of an image that was made from one of ours, say
	labels["coracle.dev/node"] = "n2"
	other := create(x.config.Instance+"_"+p.UID+"_other_0", labels)

	left, err := x.engine.CreateVolume(held)
	require.NoError(t, err)

	x.open()
	x.until("the stray volume is gone", func() bool {
		_, err := x.engine.InspectVolume(left.Name)
		return x.state(ref(holder, "app")) == nil && errors.Is(err, engine.ErrNoSuchVolume)
	})
	x.until("the stray is gone", func() bool {
		require.Nil(t, x.state(ref(p, "app")))
		_, err := x.engine.InspectContainerWithOptions(engine.InspectContainerOptions{ID: half, Context: x.ctx})
		var none *engine.NoSuchContainer
		return errors.As(err, &none)
	})
	require.NotEmpty(t, infra)
	for _, id := range []string{copied, other} {
		require.Equal(t, "created", x.inspect(id).State.Status)
		require.NoError(t, x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: id}))
	}
	x.running(kept, "app")
}

// What was found not to be started, and is started before it is removed, stays: the
// host program that died may have asked for it, and the engine takes its time.
func TestStrayThatIsStarted(t *testing.T) {
	t.Parallel()
	x, g := newGatedRig(t)
	p := x.pod("web", x.toy("app", "wait"))
	x.start(p)
	made := x.inspect(x.running(p, "app").ID)
	require.NoError(t, x.Remove(x.ctx, p.UID))
	half, err := x.engine.CreateContainer(engine.CreateContainerOptions{
		Name: strings.TrimPrefix(made.Name, "/"), Context: x.ctx,
		Config: &engine.Config{Image: x.image, Cmd: []string{"wait"}, Labels: made.Config.Labels},
	})
	require.NoError(t, err)
	g.closeFor("/containers/" + half.ID)
	x.open()
	require.Nil(t, x.state(ref(p, "app")))
	x.until("it is about to be removed", g.holds(1))
	require.NoError(t, x.engine.StartContainerWithContext(half.ID, nil, x.ctx))
	g.open()
	x.until("the engine has answered", g.idle)
	require.True(t, x.inspect(half.ID).State.Running)
}

// A name that somebody else has is not taken from him.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", x.toy("app", "wait"))
	for _, name := range []string{"_app_0", "_infra"} {
		c, err := x.engine.CreateContainer(engine.CreateContainerOptions{
			Name: x.config.Instance + "_" + p.UID + name, Config: &engine.Config{Image: x.image, Cmd: []string{"wait"}}, Context: x.ctx,
		})
		require.NoError(t, err)
		remove := func() { x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: c.ID, Force: true}) }
		t.Cleanup(remove)
		require.ErrorContains(t, x.refused(p), `has that name and is not of node "n1"`)
		require.Equal(t, "created", x.inspect(c.ID).State.Status)
		require.NoError(t, x.Remove(x.ctx, p.UID))
		x.inspect(c.ID)
		remove()
	}
	x.start(p)
	x.running(p, "app")
}

// The pod's network dies with its infra container. What runs without it is
// killed, and runs again in a new one.
func TestInfraContainerDies(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", x.toy("client", "fetch", "http://localhost:8080/", ";", "wait"), x.toy("server", "serve", "8080", "hello", ";", "wait"))
	x.start(p)
	old := x.infra(p)
	require.NoError(t, x.engine.KillContainer(engine.KillContainerOptions{ID: old, Context: x.ctx}))
	for _, name := range []string{"server", "client"} {
		end := x.ended(p, name)
		require.Equal(t, 137, end.ExitCode)
		require.Contains(t, end.Message, "infra container")
	}
	next := attempt(p, 1)
	x.start(next)
	require.NotEqual(t, old, x.infra(p))
	require.NotEmpty(t, x.running(next, "server").PodIP)
	require.Equal(t, x.running(next, "server").PodIP, x.running(next, "client").PodIP)
	require.Len(t, x.of(p), 5, "two attempts of each container and an infra container")
	require.NoError(t, x.Remove(x.ctx, p.UID))
}

// Who starts a container does not know yet that the pod's infra container is gone.
func TestInfraContainerIsGone(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for what, end := range map[string]func(id string) error{
		"ended": func(id string) error { return x.engine.KillContainer(engine.KillContainerOptions{ID: id}) },
		"removed": func(id string) error {
			return x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: id, Force: true})
		},
	} {
		p := x.pod("web", x.toy("app", "exit", "0"), x.toy("side", "wait"))
		require.NoError(t, x.Start(x.ctx, p, p.Spec.Containers[0]))
		require.NoError(t, end(x.infra(p)), what)
		require.NoError(t, x.Start(x.ctx, p, p.Spec.Containers[1]), what)
		require.NotEmpty(t, x.running(p, "side").PodIP)
		require.Len(t, x.of(p), 3)
	}
}

// A start that was given up comes to nothing once its container was stopped.
func TestStopOfWhatHasNotBegun(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", x.toy("app", "wait"))
	x.start(p)
	made := x.inspect(x.running(p, "app").ID)
	require.NoError(t, x.engine.RemoveContainer(engine.RemoveContainerOptions{ID: made.ID, Force: true}))
	half, err := x.engine.CreateContainer(engine.CreateContainerOptions{
		Name: strings.TrimPrefix(made.Name, "/"), Context: x.ctx,
		Config: &engine.Config{Image: x.image, Cmd: []string{"wait"}, Labels: made.Config.Labels},
	})
	require.NoError(t, err)
	require.NoError(t, x.Stop(x.ctx, ref(p, "app"), time.Minute))
	require.Error(t, x.engine.StartContainerWithContext(half.ID, nil, x.ctx), "it can't begin any more")
	require.Nil(t, x.state(ref(p, "app")))
}

// Of the attempts that ended, the newest are kept and the others removed.
func TestDeadAttemptsAreRemoved(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{0, -1, 2} {
		x := newRig(t)
		x.config.KeepDead = keep
		x.open()
		p := x.pod("job", x.toy("app", "exit", "1"))
		for n := range 5 {
			x.start(attempt(p, n))
			x.ended(attempt(p, n), "app")
		}
		want := map[int][]string{0: {"3", "4"}, -1: {"4"}, 2: {"2", "3", "4"}}[keep]
		x.until("old attempts are gone", func() bool {
			x.List(x.ctx)
			return slices.Equal(x.attempts(p), want)
		})
		x.start(attempt(p, 0)) // late, and its container is no longer there
		require.Equal(t, want, x.attempts(p), "an attempt whose container was removed is not run again")
		x.open()
		x.start(attempt(p, 1))
		require.Equal(t, want, x.attempts(p), "nor by the next host program")
	}
}

// A container that can't be executed is an attempt that ended, and says so for good.
func TestNotExecutable(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for _, tt := range []struct {
		command, says string
		code          int
	}{
		{"/no/such/program", "no such file or directory", 127},
		{"nothing", "executable file not found", 127},
		{"/etc", "permission denied", 126},
	} {
		p := x.pod("web", x.toy("app"))
		p.Spec.Containers[0].Command = []string{tt.command}
		x.start(p)
		end := x.ended(p, "app")
		require.Equal(t, "StartError", end.Reason)
		require.Equal(t, tt.code, end.ExitCode, tt.command)
		require.Contains(t, end.Message, tt.says)
		require.NotContains(t, end.Message, "OCI runtime")
		require.False(t, end.FinishedAt.IsZero())
		x.open()
		require.Equal(t, end, x.ended(p, "app"), "the next host program sees the same")
		x.start(p)
		require.Equal(t, end, x.ended(p, "app"))
	}
}

func TestImageThatIsNotThere(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	p := x.pod("web", pod.Container{Name: "app", Image: "coracle-test/none:1", ImagePullPolicy: pod.PullNever})
	require.Equal(t, "ErrImageNeverPull", x.refused(p).Reason)
	require.Empty(t, x.of(p), "nothing is made for a pod whose image is not there")
}
