package docker

import (
	"context"
	"net/http"

	docker "github.com/fsouza/go-dockerclient"
)

// bound returns the client for calls that take no context of their own: they
// end with ctx. It shares the connections of the client.
func bound(ctx context.Context, client *docker.Client) *docker.Client {
	c, h := *client, *client.HTTPClient
	h.Transport = boundTransport{ctx, h.Transport}
	c.HTTPClient = &h
	return &c
}

// boundTransport ends requests with a context that is not theirs. It lives as
// long as one call, so the context is that of its caller.
type boundTransport struct {
	ctx  context.Context
	next http.RoundTripper
}

func (t boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	next := t.next
	if next == nil {
		next = http.DefaultTransport
	}
	return next.RoundTrip(r.WithContext(t.ctx))
}
