package enginetest_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
)

// Every run has a label, and names, of its own.
var (
	unique = enginetest.Unique()
	label  = "coracle.test=" + unique
)

// create creates a container of these tests.
func create(t *testing.T, client *docker.Client, image string, command ...string) string {
	t.Helper()
	c, err := client.CreateContainer(docker.CreateContainerOptions{Context: t.Context(), Config: &docker.Config{
		Image: image, Cmd: command, Labels: map[string]string{"coracle.test": unique},
	}})
	require.NoError(t, err)
	return c.ID
}

// start creates and starts one.
func start(t *testing.T, client *docker.Client, image string, command ...string) string {
	t.Helper()
	id := create(t, client, image, command...)
	require.NoError(t, client.StartContainerWithContext(id, nil, t.Context()))
	return id
}

func running(t *testing.T, client *docker.Client, id string) bool {
	t.Helper()
	c, err := client.InspectContainerWithOptions(docker.InspectContainerOptions{ID: id, Context: t.Context()})
	require.NoError(t, err)
	return c.State.Running
}

func TestToy(t *testing.T) {
	client := enginetest.Connect(t)
	enginetest.NothingLeft(t, client, label)
	image := enginetest.Toy(t, client)
	id := start(t, client, image, "print", "hello", "world", ";", "serve", "80", "served", ";",
		"fetch", "http://localhost", ";", "write", "/f", "text", ";", "read", "/f", ";", "complain", "no", ";", "exit", "3")
	code, err := client.WaitContainerWithContext(id, t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, code)
	var out, errs bytes.Buffer
	require.NoError(t, client.Logs(docker.LogsOptions{
		Container: id, Stdout: true, Stderr: true, OutputStream: &out, ErrorStream: &errs, Context: t.Context(),
	}))
	require.Equal(t, "hello world\nserved\ntext\n", out.String())
	require.Equal(t, "no\n", errs.String())
	left, err := enginetest.Left(client, label)
	require.NoError(t, err)
	require.Len(t, left, 1)
	enginetest.Sweep(t, client, label)
}

// What is left is found, whatever it is, and swept away.
func TestLeft(t *testing.T) {
	client := enginetest.Connect(t)
	enginetest.NothingLeft(t, client, label)
	labels := map[string]string{"coracle.test": unique}
	create(t, client, enginetest.Toy(t, client))
	_, err := client.CreateNetwork(docker.CreateNetworkOptions{Name: "coracle-test-" + unique, Labels: labels, Context: t.Context()})
	require.NoError(t, err)
	_, err = client.CreateVolume(docker.CreateVolumeOptions{Name: "coracle-test-" + unique, Labels: labels, Context: t.Context()})
	require.NoError(t, err)
	left, err := enginetest.Left(client, label)
	require.NoError(t, err)
	require.Len(t, left, 3)
	require.Equal(t, []string{"network coracle-test-" + unique, "volume coracle-test-" + unique}, left[1:])
	enginetest.Sweep(t, client, label)
	left, err = enginetest.Left(client, label)
	require.NoError(t, err)
	require.Empty(t, left)
}

func pull(ctx context.Context, client *docker.Client, image string, auth docker.AuthConfiguration) error {
	return client.PullImage(docker.PullImageOptions{Repository: image, OutputStream: new(bytes.Buffer), Context: ctx}, auth)
}

func TestRegistry(t *testing.T) {
	client := enginetest.Connect(t)
	for _, tokens := range []bool{false, true} {
		registry := enginetest.NewRegistry(t)
		name := registry.Push(t, enginetest.ToyImage(t, "team/toy:1"))
		t.Cleanup(func() { client.RemoveImage(name) })
		registry.Require("me", "secret", tokens)
		require.Error(t, pull(t.Context(), client, name, docker.AuthConfiguration{}))
		require.Error(t, pull(t.Context(), client, name, docker.AuthConfiguration{Username: "me", Password: "wrong"}))
		require.Zero(t, registry.Pulls("team/toy"))
		auth := docker.AuthConfiguration{Username: "me", Password: "secret", ServerAddress: registry.Host}
		require.NoError(t, pull(t.Context(), client, name, auth))
		require.Equal(t, 1, registry.Pulls("team/toy"))
		registry.Fail(503)
		require.Error(t, pull(t.Context(), client, name, auth))
		registry.Fail(0)
		require.NoError(t, client.RemoveImage(name))
	}
}

// What is held back comes when it is released.
func TestRegistryHolds(t *testing.T) {
	client := enginetest.Connect(t)
	registry := enginetest.NewRegistry(t)
	name := registry.Push(t, enginetest.ToyImage(t, "team/held:1"))
	t.Cleanup(func() { client.RemoveImage(name) })
	release := registry.Hold(t)
	pulled := make(chan error, 1)
	go func() { pulled <- pull(t.Context(), client, name, docker.AuthConfiguration{}) }()
	require.Eventually(t, func() bool { return registry.Blobs() > 0 }, 3*time.Minute, time.Millisecond)
	require.Empty(t, pulled)
	release()
	require.NoError(t, <-pulled)
}

func TestDaemon(t *testing.T) {
	for _, live := range []bool{false, true} {
		var flags []string
		if live {
			flags = append(flags, "--live-restore")
		}
		d := enginetest.NewDaemon(t, flags...)
		image := enginetest.Toy(t, d.Client)
		id := start(t, d.Client, image, "wait")

		d.Freeze()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		require.ErrorIs(t, d.Client.PingWithContext(ctx), context.DeadlineExceeded)
		cancel()
		d.Thaw()
		require.NoError(t, d.Client.PingWithContext(t.Context()))

		d.Kill()
		require.Error(t, d.Client.PingWithContext(t.Context()))
		d.Start()
		require.Equal(t, live, running(t, d.Client, id))
		require.NoError(t, d.Client.RemoveContainer(docker.RemoveContainerOptions{ID: id, Force: true}))
	}
}
