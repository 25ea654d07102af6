package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Registry is a registry of images on 127.0.0.1, which engines trust without
// TLS. It serves what Push gave it. Its methods may be called at any time.
type Registry struct {
	Host string // address and port: the beginning of the names of its images

	mu        sync.Mutex
	manifests map[string][]byte // by repository/tag and by repository/digest
	blobs     map[string][]byte // by digest
	asked     map[string]int    // how often a tag was found, by repository
	served    int               // blobs
	user      string
	password  string
	tokens    bool
	status    int           // what everything is answered with; 0: as it should be
	gate      chan struct{} // blobs wait for its end; nil: they don't
}

// NewRegistry starts a registry that ends with the test.
func NewRegistry(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{manifests: map[string][]byte{}, blobs: map[string][]byte{}, asked: map[string]int{}}
	server := httptest.NewUnstartedServer(r)
	ctx, cancel := context.WithCancel(context.Background())
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	t.Cleanup(func() { cancel(); server.Close() })
	r.Host = server.Listener.Addr().String()
	return r
}

// Push gives an image to the registry and returns the name to pull it by.
// The image's own name has no host.
func (r *Registry) Push(t testing.TB, image Image) string {
	t.Helper()
	repository, tag, ok := strings.Cut(image.Name, ":")
	require.True(t, ok, "image %q has no tag", image.Name)
	manifest := toJSON(map[string]any{
		"schemaVersion": 2,
		"mediaType":     manifestType,
		"config": map[string]any{
			"mediaType": "application/vnd.docker.container.image.v1+json",
			"size":      len(image.Config), "digest": digest(image.Config),
		},
		"layers": []any{map[string]any{
			"mediaType": "application/vnd.docker.image.rootfs.diff.tar",
			"size":      len(image.Layer), "digest": digest(image.Layer),
		}},
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blobs[digest(image.Config)], r.blobs[digest(image.Layer)] = image.Config, image.Layer
	r.manifests[repository+"/"+tag], r.manifests[repository+"/"+digest(manifest)] = manifest, manifest
	return r.Host + "/" + image.Name
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

// Require has the registry ask for a name and a password: in each request, or
// where tokens is true once for a token.
func (r *Registry) Require(user, password string, tokens bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.user, r.password, r.tokens = user, password, tokens
}

// Fail has every request answered with a status; 0 is the end of that.
func (r *Registry) Fail(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// Hold keeps the contents of images back until release is called, at the latest
// at the end of the test.
func (r *Registry) Hold(t testing.TB) (release func()) {
	gate := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = gate
	release = sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		close(gate)
		r.gate = nil
	})
	t.Cleanup(release)
	return release
}

// Pulls returns how often an image was asked for by its tag, and found. Its
// repository is without the host. One pull by tag asks once.
func (r *Registry) Pulls(repository string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[repository]
}

// Blobs returns how many contents of images were asked for.
func (r *Registry) Blobs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.served
}

// ServeHTTP implements the part of the registry API, version 2, that pulls need.
func (r *Registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	status := r.status
	r.mu.Unlock()
	switch {
	case status != 0:
		refuse(w, status, "UNAVAILABLE", "as the test wants it")
	case q.URL.Path == "/token":
		r.serveToken(w, q)
	case !r.allows(w, q):
	case q.URL.Path == "/v2/":
	default:
		r.serveContent(w, q)
	}
}

// serveToken hands out the token to those who have a password.
func (r *Registry) serveToken(w http.ResponseWriter, q *http.Request) {
	user, password, _ := q.BasicAuth()
	if user != r.user || password != r.password {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password")
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"token": "let-me-in"})
}

// allows says whether a request may pass, and answers it where it may not.
func (r *Registry) allows(w http.ResponseWriter, q *http.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, password, _ := q.BasicAuth()
	switch {
	case r.user == "":
		return true
	case r.tokens && q.Header.Get("Authorization") == "Bearer let-me-in":
		return true
	case r.tokens:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test"`, r.Host))
	case user == r.user && password == r.password:
		return true
	default:
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	}
	refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	return false
}

// serveContent answers /v2/<repository>/manifests/<reference> and /v2/<repository>/blobs/<digest>.
func (r *Registry) serveContent(w http.ResponseWriter, q *http.Request) {
	path := strings.TrimPrefix(q.URL.Path, "/v2/")
	if repository, reference, ok := strings.Cut(path, "/manifests/"); ok {
		r.mu.Lock()
		content, found := r.manifests[repository+"/"+reference]
		if found && !strings.Contains(reference, ":") {
			r.asked[repository]++
		}
		r.mu.Unlock()
		if !found {
			refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
			return
		}
		w.Header().Set("Content-Type", manifestType)
		serve(w, q, content)
		return
	}
	_, name, _ := strings.Cut(path, "/blobs/")
	r.mu.Lock()
	content, found := r.blobs[name]
	gate := r.gate
	r.served++
	r.mu.Unlock()
	if !found {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown")
		return
	}
	if gate != nil {
		select {
		case <-gate:
		case <-q.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	serve(w, q, content)
}

func serve(w http.ResponseWriter, q *http.Request, content []byte) {
	w.Header().Set("Docker-Content-Digest", digest(content))
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	if q.Method != http.MethodHead {
		w.Write(content)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}
