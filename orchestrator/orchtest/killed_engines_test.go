//go:build linux

package orchtest_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

// engine is what the containers of a host run on.
type engine interface {
	// dial connects to the runtime of a node, for a host that lives in dir.
	dial(dir string) func(context.Context, *node.Node) (orchestrator.Runtime, error)
	// container is one that runs until it is stopped, and leaves a trace for begun.
	container(dir string) pod.Container
	// pace is the longest pause of a client, so that containers live to begin.
	pace() time.Duration
	// begun has the uid of a pod for each time that its container began.
	begun(t *testing.T, dir string) []string
	// process returns the process of a running container; empty: it is about to begin.
	process(t *testing.T, s orchestrator.ContainerState) string
}

// processes runs containers as processes.
type processes struct{}

func (processes) dial(dir string) func(context.Context, *node.Node) (orchestrator.Runtime, error) {
	return process.Config{Dir: filepath.Join(dir, "runtime"), CIDR: "127.77.0.0/16"}.Dial
}

// container notes the uid of its pod in a file when it begins.
func (processes) container(dir string) pod.Container {
	return pod.Container{
		Name: "main", Image: "/bin/sh",
		Command: []string{"/bin/sh", "-c", `echo "$POD_UID" >>"$0"; exec sleep 1000000`, filepath.Join(dir, "begun")},
	}
}

func (processes) pace() time.Duration { return 20 * time.Millisecond }

func (processes) begun(t *testing.T, dir string) []string {
	text, err := os.ReadFile(filepath.Join(dir, "begun"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return strings.Fields(string(text))
}

func (processes) process(_ *testing.T, s orchestrator.ContainerState) string { return s.ID }

// dockers runs containers on the machine's Docker Engine.
type dockers struct{ image, instance string }

func (e dockers) dial(string) func(context.Context, *node.Node) (orchestrator.Runtime, error) {
	return docker.Config{Instance: e.instance}.Dial
}

func (e dockers) container(string) pod.Container {
	return pod.Container{Name: "main", Image: e.image, ImagePullPolicy: pod.PullNever, Args: []string{"wait"}}
}

func (dockers) pace() time.Duration { return 200 * time.Millisecond }

// begun goes by the engine's containers: each begins once, for its process would change.
func (e dockers) begun(t *testing.T, _ string) []string {
	var uids []string
	for _, name := range nodeNames {
		r, err := docker.New(docker.Config{Instance: e.instance}, name)
		require.NoError(t, err)
		states, err := r.List(t.Context())
		require.NoError(t, err)
		for _, s := range states {
			uids = append(uids, s.UID)
		}
		require.NoError(t, r.Close())
	}
	return uids
}

// process is the container and its process as the engine shows it.
func (dockers) process(t *testing.T, s orchestrator.ContainerState) string {
	top, err := enginetest.Connect(t).TopContainer(s.ID, "")
	require.NoError(t, err)
	at := slices.Index(top.Titles, "PID")
	require.GreaterOrEqual(t, at, 0, top.Titles)
	require.Len(t, top.Processes, 1)
	return s.ID + " " + top.Processes[0][at]
}
