package docker

import (
	"context"
	"fmt"
	"io"
	"strings"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// Credential is what a registry knows a user by.
type Credential struct {
	User     string
	Password string
	// Token is given instead of User and Password, to registries that hand one out.
	Token string
}

// Credentials are those for each registry, by its host as names of images begin
// with it: "registry.example.com:5000". Those for "docker.io" go with names
// that begin with no host.
type Credentials map[string]Credential

// ReadCredentials reads credentials as the docker program keeps them, in
// ~/.docker/config.json: what a Secret of the type kubernetes.io/dockerconfigjson
// holds has the same form.
func ReadCredentials(from io.Reader) (Credentials, error) {
	read, err := docker.NewAuthConfigurations(from)
	if err != nil {
		return nil, fmt.Errorf("read registry credentials: %w", err)
	}
	c := make(Credentials, len(read.Configs))
	for host, auth := range read.Configs {
		c[registryHost(host)] = Credential{User: auth.Username, Password: auth.Password, Token: auth.IdentityToken}
	}
	return c, nil
}

// registryHost returns the host of a registry that may be given as a URL.
func registryHost(address string) string {
	_, after, isURL := strings.Cut(address, "://")
	if isURL {
		address = after
	}
	address, _, _ = strings.Cut(address, "/")
	switch address {
	case "index.docker.io", "registry-1.docker.io":
		return "docker.io"
	}
	return address
}

// credential returns what a pod pulls from a registry with: that of the first of
// its imagePullSecrets that has one for it, or else the Config's. ok is false
// where there is none.
func (r *Runtime) credential(ctx context.Context, p *pod.Pod, registry string) (c Credential, ok bool, err error) {
	for _, secret := range p.Spec.ImagePullSecrets {
		if r.config.Secret == nil {
			return c, false, fmt.Errorf("imagePullSecret %q: the host program has no secrets (field Secret of the runtime's Config)", secret.Name)
		}
		have, err := r.config.Secret(ctx, or(p.Namespace, "default"), secret.Name)
		if err != nil {
			return c, false, fmt.Errorf("imagePullSecret %q: %w", secret.Name, err)
		}
		if c, ok := have[registry]; ok {
			return c, true, nil
		}
	}
	c, ok = r.config.Credentials[registry]
	return c, ok, nil
}

// auth returns a credential as the engine takes it.
func (c Credential) auth(registry string) docker.AuthConfiguration {
	if c == (Credential{}) {
		return docker.AuthConfiguration{}
	}
	if registry == "docker.io" {
		registry = "https://index.docker.io/v1/"
	}
	return docker.AuthConfiguration{
		Username: c.User, Password: c.Password, IdentityToken: c.Token, ServerAddress: registry,
	}
}
