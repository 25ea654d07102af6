package enginetest

import (
	"os"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"
)

// Connect returns a client of the engine that DOCKER_HOST names, or else of this
// machine's. Where there is none the test is skipped; where CI=true it fails.
func Connect(t testing.TB) *docker.Client {
	t.Helper()
	client, err := docker.NewClientFromEnv()
	require.NoError(t, err)
	err = client.Ping()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("there is no Docker Engine here: ", err)
	}
	require.NoError(t, err, "CI needs a Docker Engine")
	return client
}
