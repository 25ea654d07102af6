package docker_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate stands between a runtime and the engine. It notes the calls, and can
// cut them off or hold them up.
type gate struct {
	endpoint string // of the runtime
	server   *http.Server

	mu     sync.Mutex
	calls  []string      // METHOD /path, ids left out, without the events
	posts  int           // how many of them were to change something
	cutAt  int           // after which of those everything is cut off; 0: none
	dead   bool          // nothing passes any more
	closed chan struct{} // while not nil, calls wait until it is closed
	path   string        // of the calls that wait; empty: all
	held   int           // how many do
	asked  int           // how many calls have no answer yet, without the events

	hangUps []context.CancelFunc // of the streams of events
}

// newGatedRig returns a rig whose runtime goes through a gate.
func newGatedRig(t testing.TB) (*rig, *gate) {
	t.Helper()
	x := newRig(t)
	g := newGate(t, x.engine.Endpoint())
	x.config.Endpoint = g.endpoint
	x.open()
	return x, g
}

// newGate returns a gate to an engine, at a socket of its own.
func newGate(t testing.TB, engine string) *gate {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "gate"))
	require.NoError(t, err)
	return serveGate(t, engine, listener)
}

// serveGate returns a gate to an engine that answers on a listener.
func serveGate(t testing.TB, engine string, listener net.Listener) *gate {
	t.Helper()
	g := &gate{endpoint: listener.Addr().Network() + "://" + listener.Addr().String()}
	at, err := url.Parse(engine)
	require.NoError(t, err)
	network, address := at.Scheme, at.Host
	if network == "unix" {
		address = at.Path
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	proxy.Transport, proxy.FlushInterval = transport, -1
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { hangUp(w) }
	g.server = &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.pass(proxy, w, r) })}
	var serving sync.WaitGroup
	serving.Go(func() { _ = g.server.Serve(listener) })
	t.Cleanup(func() {
		g.open()
		g.server.Close()
		serving.Wait()
		transport.CloseIdleConnections()
	})
	return g
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		conn.Close()
	}
}

// These differ from one call to the next.
var (
	containerID = regexp.MustCompile(`^/containers/[^/]+`)
	imageName   = regexp.MustCompile(`^/images/.+/json`)
)

func (g *gate) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if r.URL.Path != "/events" {
		g.asked++
		defer func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.asked--
		}()
	}
	closed, path := g.closed, g.path
	waits := closed != nil && (path == "" || path == r.URL.Path)
	if waits {
		g.held++
	}
	g.mu.Unlock()
	if waits {
		gone := false
		select {
		case <-closed:
		case <-r.Context().Done():
			gone = true
		}
		g.mu.Lock()
		g.held--
		g.mu.Unlock()
		if gone {
			return
		}
	}
	g.mu.Lock()
	cut := false
	if path := r.URL.Path; path == "/events" && !g.dead {
		ctx, cancel := context.WithCancel(r.Context())
		g.hangUps = append(g.hangUps, cancel)
		r = r.WithContext(ctx)
	} else if path != "/events" {
		if path != "/containers/json" && path != "/containers/create" {
			path = imageName.ReplaceAllString(containerID.ReplaceAllString(path, "/containers/*"), "/images/*/json")
		}
		g.calls = append(g.calls, r.Method+" "+path)
		if r.Method == http.MethodPost && !g.dead {
			g.posts++
			cut = g.posts == g.cutAt
		}
	}
	dead := g.dead
	g.dead = g.dead || cut
	g.mu.Unlock()
	switch {
	case dead:
		hangUp(w)
	case cut:
		proxy.ServeHTTP(new(lost), r.WithContext(context.WithoutCancel(r.Context())))
		hangUp(w)
	default:
		proxy.ServeHTTP(w, r)
	}
}

// lost is where an answer goes that nobody gets.
type lost struct{ header http.Header }

func (l *lost) Header() http.Header {
	if l.header == nil {
		l.header = make(http.Header)
	}
	return l.header
}
func (l *lost) Write(b []byte) (int, error) { return len(b), nil }
func (l *lost) WriteHeader(int)             {}

// made returns the calls since the last time.
func (g *gate) made() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls := slices.Clone(g.calls)
	g.calls = nil
	return calls
}

// cut has the engine carry out n more calls that change something. The answer
// to the last one gets lost, and then nothing passes any more.
func (g *gate) cut(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts, g.cutAt, g.dead = 0, n, false
}

// close holds up all calls from now on.
func (g *gate) close() { g.closeFor("") }

// closeFor holds up the calls of a path from now on.
func (g *gate) closeFor(path string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed, g.path = make(chan struct{}), path
}

// shut hangs up on everybody, now and from now on. With false it ends that.
func (g *gate) shut(dead bool) {
	g.mu.Lock()
	g.dead = dead
	hangUps := g.hangUps
	g.hangUps = nil
	g.mu.Unlock()
	for _, end := range hangUps {
		end()
	}
}

// isFollowed reports whether somebody reads events.
func (g *gate) isFollowed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.hangUps) > 0
}

// holds reports whether so many calls wait.
func (g *gate) holds(n int) func() bool {
	return func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.held == n
	}
}

// idle reports whether all calls were answered.
func (g *gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked == 0
}

// open lets all calls pass.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// within fails the test if do takes longer than it should.
func within(t testing.TB, what string, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatalf("%s: waited %v", what, patience)
		return nil
	}
}
