package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator/docker/internal/pause"
	"github.com/coracle-dev/coracle/pod"
)

// chooseInfraImage returns the name of the Config's infra image, or of our own.
// The engine then has it.
func (r *Runtime) chooseInfraImage(ctx context.Context, engine *docker.Client) (string, error) {
	name := r.config.InfraImage
	if name == "" {
		return infraImage(ctx, engine)
	}
	_, err := r.image(ctx, engine, &pod.Pod{}, &pod.Container{Image: name, ImagePullPolicy: pod.PullIfNotPresent})
	return name, err
}

// infraImage returns the name of the image that holds a pod's namespaces. The
// engine gets it here where it has not got it yet: it is written, not fetched,
// and its tag names its contents, so an engine gets it once. Concurrent calls
// and calls that were cut off do no harm.
func infraImage(ctx context.Context, client *docker.Client) (string, error) {
	version, err := client.VersionWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("find infra image: ask the engine for its architecture: %w", err)
	}
	if system := version.Get("Os"); system != "linux" {
		return "", fmt.Errorf("find infra image: the engine runs on %q; only linux will do", system)
	}
	image, err := pause.For(version.Get("Arch"))
	if err != nil {
		return "", fmt.Errorf("find infra image: %w", err)
	}
	switch there, err := hasInfra(ctx, client, image); {
	case err != nil:
		return "", err
	case there:
		return image.Name, nil
	}
	options := docker.LoadImageOptions{InputStream: bytes.NewReader(image.Archive), OutputStream: io.Discard, Context: ctx}
	if err := client.LoadImage(options); err != nil {
		return "", fmt.Errorf("load infra image %q: %w", image.Name, err)
	}
	return image.Name, nil
}

// hasInfra says whether the engine has the image, and not another one under its name.
func hasInfra(ctx context.Context, client *docker.Client, image pause.Image) (bool, error) {
	found, err := bound(ctx, client).InspectImage(image.Name)
	if errors.Is(err, docker.ErrNoSuchImage) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("inspect infra image %q: %w", image.Name, err)
	}
	return found.RootFS != nil && slices.Equal(found.RootFS.Layers, []string{image.Layer}), nil
}
