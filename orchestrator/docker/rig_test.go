package docker_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// patience is how long a test waits for something that must happen.
const patience = time.Minute

// rig is a runtime of a node that nobody else has, on a real engine.
type rig struct {
	testing.TB
	*docker.Runtime
	engine *engine.Client
	image  string // of package enginetest's toy
	config docker.Config
	ctx    context.Context
}

func newRig(t testing.TB) *rig {
	t.Helper()
	client := enginetest.Connect(t)
	x := &rig{TB: t, engine: client, config: docker.Config{Instance: "test-" + strings.ToLower(rand.Text()[:8])}}
	x.image = enginetest.Toy(t, client)
	enginetest.NothingLeft(t, client, x.label())
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	x.ctx = ctx
	x.open()
	t.Cleanup(x.end)
	return x
}

// label is what all containers of the rig have.
func (x *rig) label() string { return "coracle.dev/instance=" + x.config.Instance }

// open makes a new Runtime of the same node, as a new host program does.
func (x *rig) open() {
	x.Helper()
	if x.Runtime != nil {
		require.NoError(x, x.Close())
	}
	r, err := docker.New(x.config, "n1")
	require.NoError(x, err)
	x.Runtime = r
}

// end removes the pods that are left.
func (x *rig) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, c := range x.containers(ctx) {
		require.NoError(x, x.Remove(ctx, c.Labels["coracle.dev/uid"]))
	}
	require.NoError(x, x.Close())
}

// containers lists what the engine has of the rig.
func (x *rig) containers(ctx context.Context) []engine.APIContainers {
	x.Helper()
	all, err := x.engine.ListContainers(engine.ListContainersOptions{
		All: true, Filters: map[string][]string{"label": {x.label()}}, Context: ctx,
	})
	require.NoError(x, err)
	return all
}

// toy returns a container that does what the words say: see package enginetest.
func (x *rig) toy(name string, words ...string) pod.Container {
	return pod.Container{Name: name, Image: x.image, ImagePullPolicy: pod.PullNever, Args: words}
}

// kill kills a container without the runtime's help.
func (x *rig) kill(c orchestrator.ContainerState) {
	x.Helper()
	require.NoError(x, x.engine.KillContainer(engine.KillContainerOptions{ID: c.ID, Signal: engine.SIGKILL, Context: x.ctx}))
}
