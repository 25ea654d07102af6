package enginetest_test

import (
	"testing"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/internal/enginetest"
)

// A test that runs a container and leaves nothing behind.
func Example() {
	_ = func(t *testing.T) {
		client := enginetest.Connect(t)
		mine := enginetest.Unique()
		enginetest.NothingLeft(t, client, "my.test="+mine)
		_, _ = client.CreateContainer(docker.CreateContainerOptions{Config: &docker.Config{
			Image: enginetest.Toy(t, client), Cmd: []string{"print", "hello", ";", "exit", "3"},
			Labels: map[string]string{"my.test": mine},
		}})
		enginetest.Sweep(t, client, "my.test="+mine)
		_, _ = enginetest.Left(client, "my.test="+mine)

		// An image of one's own.
		for _, image := range []enginetest.Image{enginetest.ToyImage(t, "my/toy:1")} {
			enginetest.Load(t, client, image)
		}
		_ = enginetest.Build(t.TempDir()+"/server", "example.com/my/server")
	}
}

// An engine that is away for a while.
func ExampleDaemon() {
	_ = func(t *testing.T) {
		engine := enginetest.NewDaemon(t, "--live-restore")
		engine.Freeze()
		engine.Thaw()
		engine.Kill()
		engine.Start()
	}
}

// A registry that wants a password, and keeps an image back.
func ExampleRegistry() {
	_ = func(t *testing.T) {
		registry := enginetest.NewRegistry(t)
		name := registry.Push(t, enginetest.ToyImage(t, "team/toy:1"))
		registry.Require("me", "secret", false)
		release := registry.Hold(t)
		_ = name // ask an engine for it
		release()
	}
}

// A package whose tests wait for the engine more than for the machine.
func ExampleOverlap() {
	_ = func(m *testing.M) {
		enginetest.Overlap()
		m.Run()
	}
}
