package docker_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/coracle-dev/coracle/orchestrator/docker"
)

// What the docker program knows, and secrets that pods name in imagePullSecrets.
func ExampleReadCredentials() {
	file := strings.NewReader(`{"auths": {"https://registry.example.com:5000/v1/": {"auth": "bWU6c2VjcmV0"}}}`)
	mine, err := docker.ReadCredentials(file)
	fmt.Println(mine, err)

	config := docker.Config{
		Credentials: mine,
		Secret: func(_ context.Context, namespace, name string) (docker.Credentials, error) {
			theirs := docker.Credential{User: namespace, Password: name}
			return docker.Credentials{"docker.io": theirs}, nil
		},
	}
	secret, err := config.Secret(context.Background(), "shop", "hub")
	fmt.Println(secret, err)
	// Output:
	// map[registry.example.com:5000:{me secret }] <nil>
	// map[docker.io:{shop hub }] <nil>
}
