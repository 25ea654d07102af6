package proxy_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// docker runs a command of the Docker Engine and returns what it printed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	require.NoError(t, err, "docker %v: %s", args, out)
	return string(out)
}

// A container on Docker's network reaches a service by its portal, through its gateway.
func TestPortalFromAContainer(t *testing.T) {
	needsRoot(t)
	if exec.Command("docker", "info").Run() != nil && os.Getenv("CI") == "" {
		t.Skip("needs a Docker Engine")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "ask"), "./testdata/ask")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY ask /ask\nENTRYPOINT [\"/ask\"]\n"), 0o600))
	image := fmt.Sprintf("coracle-proxy-test:%d", os.Getpid())
	docker(t, "build", "-q", "-t", image, dir)
	t.Cleanup(func() { docker(t, "rmi", "-f", image) })

	cfg, o := hostConfig(t, hostRange)
	cfg.Interface = fmt.Sprintf("cod%d", os.Getpid())
	p, err := proxy.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(ctx) }()
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	}()
	r := &rig{t: t, client: o.Client(), proxy: p}
	at := r.serve(&service.Service{Spec: service.Spec{ClusterIP: hostAddress(77)}}, backend(t, "one"), backend(t, "two"))
	require.Equal(t, "one\n", docker(t, "run", "--rm", image, at))
	require.Equal(t, "two\n", docker(t, "run", "--rm", image, at))
}
