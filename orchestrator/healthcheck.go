package orchestrator

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coracle-dev/coracle/node"
)

// healthTimeout bounds a request to a node's health endpoint.
const healthTimeout = 5 * time.Second

// examine finds out what a list of the runtime does not say: whether the
// node's name can be resolved, where it has no other address.
func (s *station) examine(ctx context.Context, n *node.Node, result *Result) {
	if s.w.cfg.Resolve == nil || len(n.Status.Addresses) > 0 {
		return
	}
	if err := s.w.cfg.Resolve(ctx, n.Name); err != nil {
		result.Invalid = fmt.Sprintf("it has no address, and its name can't be resolved: %v", err)
	}
}

// askHealth asks the node's health endpoint, if it has one. Only 200 is well.
func askHealth(ctx context.Context, n *node.Node, result *Result) {
	url := n.HealthURL()
	if url == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		result.Unhealthy = err.Error()
		return
	}
	response, err := probeClient.Do(request)
	if err != nil {
		result.Unhealthy = err.Error()
		return
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		result.Unhealthy = fmt.Sprintf("GET %s: %s", url, response.Status)
	}
}
