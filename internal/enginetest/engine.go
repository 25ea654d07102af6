package enginetest

import (
	"crypto/rand"
	"os"
	"strings"
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

// Unique returns a word that nobody else has: for the names and labels of a
// test, since other runs of it may be under way on the same engine.
func Unique() string { return strings.ToLower(rand.Text()[:12]) }
