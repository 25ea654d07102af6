package mount_test

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// aPod returns a pod with volumes.
func aPod(uid string, volumes ...pod.Volume) *pod.Pod {
	return &pod.Pod{Meta: labels.Meta{Name: "pod-" + uid, Namespace: "default", UID: uid}, Spec: pod.Spec{Volumes: volumes}}
}

// setUp sets up one volume with a plug-in of Sources, in a directory of the test.
func setUp(t *testing.T, s mount.Sources, v pod.Volume) (volume.Record, error) {
	t.Helper()
	plugin, err := s.Plugin(&v, func(text string) { t.Log(text) })
	require.NoError(t, err)
	dir := t.TempDir()
	t.Cleanup(func() {
		require.NoError(t, plugin.TearDown(context.Background(), dir))
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	})
	return plugin.SetUp(t.Context(), mount.Request{Pod: aPod("u"), Volume: v, Dir: dir})
}

// has requires the content of the files of a volume.
func has(t *testing.T, rec volume.Record, files map[string]string) {
	t.Helper()
	for name, want := range files {
		text, err := os.ReadFile(filepath.Join(rec.Path, name))
		require.NoError(t, err)
		require.Equal(t, want, string(text), name)
	}
}

// gits is a server of one git repository, site.git.
type gits struct {
	*httptest.Server
	dir string // of the work tree
}

// newGits makes a repository with two commits: v1 is a tag of the first one.
func newGits(t *testing.T) *gits {
	t.Helper()
	root := t.TempDir()
	g := &gits{dir: filepath.Join(root, "site.git")}
	require.NoError(t, os.Mkdir(g.dir, 0o755))
	g.run(t, "init", "--quiet", "--initial-branch=trunk")
	g.commit(t, map[string]string{"index.html": "one\n", "deep/er.txt": "$Id$\n", "left-out": "no", ".gitattributes": "left-out export-ignore\n*.txt ident\n"})
	g.run(t, "tag", "v1")
	g.commit(t, map[string]string{"index.html": "two\n"})
	core, err := exec.Command("git", "--exec-path").Output()
	require.NoError(t, err)
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}, Stderr: io.Discard,
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); strings.HasPrefix(r.URL.Path, "/closed/") {
			if !ok || user != "me" || password != "right" {
				w.Header().Set("WWW-Authenticate", `Basic realm="closed"`)
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			r.URL.Path = strings.TrimPrefix(r.URL.Path, "/closed")
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gits) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", g.dir}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

func (g *gits) commit(t *testing.T, files map[string]string) {
	t.Helper()
	for name, content := range files {
		at := filepath.Join(g.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
		require.NoError(t, os.WriteFile(at, []byte(content), 0o644))
	}
	g.run(t, "add", "--force", ".")
	g.run(t, "commit", "--quiet", "--message=c")
}

// tape is a tar archive of files.
func tape(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}))
		_, err := w.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}
