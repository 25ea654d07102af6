package endtoend_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counter stands between a runtime and its engine, and keeps account of the calls.
type counter struct {
	endpoint string

	mu    sync.Mutex
	calls []*call
}

// call is one request.
type call struct {
	what string        // method and path, names of containers and images left out
	took time.Duration // until it was answered; zero before
}

// newCounter returns a counter before the engine at a socket.
func newCounter(t testing.TB, socket string) *counter {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	c := &counter{endpoint: "unix://" + path}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	proxy.FlushInterval = -1
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, this := time.Now(), c.begin(r)
		proxy.ServeHTTP(w, r)
		c.mu.Lock()
		defer c.mu.Unlock()
		this.took = time.Since(began)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return c
}

var names = regexp.MustCompile(`/(containers|images)/(.+)/(json|start|stop|kill|archive|wait)$`)

func withoutNames(path string) string {
	path = regexp.MustCompile(`^/v[0-9.]+/`).ReplaceAllString(path, "/")
	path = names.ReplaceAllString(path, "/$1/NAME/$3")
	if strings.HasPrefix(path, "/volumes/") && path != "/volumes/create" {
		return "/volumes/NAME"
	}
	return path
}

// begin counts a call before the engine hears of it: what the call does may be seen
// before its answer.
func (c *counter) begin(r *http.Request) *call {
	this := &call{what: r.Method + " " + withoutNames(r.URL.Path)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, this)
	return this
}

// take returns the calls that began since the last take.
func (c *counter) take() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := make([]call, len(c.calls))
	for i, this := range c.calls {
		calls[i] = *this
	}
	c.calls = nil
	return calls
}
