package docker

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
)

// infraRun tells the containers of this run of the tests from those of others.
var infraRun = enginetest.Unique()

// As process 1 of a container it has no default for SIGTERM to fall back on.
func TestInfraEndsAtOnce(t *testing.T) {
	client := enginetest.Connect(t)
	enginetest.NothingLeft(t, client, "coracle.test="+infraRun)
	image, err := infraImage(t.Context(), client)
	require.NoError(t, err)
	again, err := infraImage(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, image, again)

	infra := run(t, client, &docker.Config{Image: image}, nil)
	waitsForSignals(t, client, infra)
	// Were SIGTERM ignored, the engine would kill it after a minute: exit code 137.
	require.NoError(t, client.StopContainerWithContext(infra, 60, t.Context()))
	state, err := client.InspectContainerWithOptions(docker.InspectContainerOptions{ID: infra, Context: t.Context()})
	require.NoError(t, err)
	require.Equal(t, 0, state.State.ExitCode)
	require.NoError(t, client.RemoveContainer(docker.RemoveContainerOptions{ID: infra}))
}

// A container that shares its process ids leaves its orphans to it.
func TestInfraReapsOrphans(t *testing.T) {
	client := enginetest.Connect(t)
	enginetest.NothingLeft(t, client, "coracle.test="+infraRun)
	image, err := infraImage(t.Context(), client)
	require.NoError(t, err)
	infra := run(t, client, &docker.Config{Image: image}, nil)
	orphaner := run(t, client, &docker.Config{Image: enginetest.Toy(t, client), Cmd: []string{"orphan"}},
		&docker.HostConfig{PidMode: "container:" + infra})
	code, err := client.WaitContainerWithContext(orphaner, t.Context())
	require.NoError(t, err)
	require.Equal(t, 0, code)
	for _, id := range []string{orphaner, infra} {
		require.NoError(t, client.RemoveContainer(docker.RemoveContainerOptions{ID: id, Force: true}))
	}
}

// An engine that hangs does not hang its callers.
func TestInfraGivesUp(t *testing.T) {
	client := enginetest.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := infraImage(ctx, client)
	require.ErrorIs(t, err, context.Canceled)
	_, err = bound(ctx, client).InspectImage("coracle/pause")
	require.ErrorIs(t, err, context.Canceled)
}

// waitsForSignals returns when an infra container, which has to be on this machine,
// hears signals: before that the first process of a namespace does not get them.
func waitsForSignals(t *testing.T, client *docker.Client, id string) {
	t.Helper()
	c, err := client.InspectContainerWithOptions(docker.InspectContainerOptions{ID: id, Context: t.Context()})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.State.Pid))
		require.NoError(t, err)
		_, after, _ := strings.Cut(string(status), "SigIgn:\t")
		ignored, _, _ := strings.Cut(after, "\n")
		return strings.Contains(string(status), "Name:\tpause\n") && strings.Contains(string(status), "State:\tS ") && strings.Trim(ignored, "0") != ""
	}, time.Minute, time.Millisecond)
}

// run starts a container with the label of these tests and returns its id.
func run(t *testing.T, client *docker.Client, config *docker.Config, host *docker.HostConfig) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	config.Labels = map[string]string{"coracle.test": infraRun}
	c, err := client.CreateContainer(docker.CreateContainerOptions{Config: config, HostConfig: host, Context: ctx})
	require.NoError(t, err)
	require.NoError(t, client.StartContainerWithContext(c.ID, nil, ctx))
	return c.ID
}
