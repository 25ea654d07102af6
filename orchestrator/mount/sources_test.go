package mount_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
)

func TestGitRepo(t *testing.T) {
	t.Parallel()
	g := newGits(t)
	first := g.run(t, "rev-parse", "v1")
	for _, c := range []struct {
		revision, directory, below, want string
	}{
		{"", "", "site", "two\n"},
		{"trunk", ".", ".", "two\n"},
		{"v1", "www/html", "www/html", "one\n"},
		{first, ".", ".", "one\n"},
		{first[:9], ".", ".", "one\n"},
	} {
		rec, err := setUp(t, mount.Sources{}, pod.Volume{Name: "site", GitRepo: &pod.GitRepo{
			Repository: g.URL + "/site.git", Revision: c.revision, Directory: c.directory,
		}})
		require.NoError(t, err, "%+v", c)
		has(t, rec, map[string]string{
			c.below + "/index.html": c.want, c.below + "/left-out": "no", c.below + "/deep/er.txt": "$Id$\n",
		})
		require.NoFileExists(t, filepath.Join(rec.Path, c.below, ".git"))
	}
}

func TestGitRepoRefuses(t *testing.T) {
	t.Parallel()
	g := newGits(t)
	at := strings.Replace(g.URL, "http://", "http://me:wrong@", 1)
	for _, c := range []struct {
		repository, revision, want string
	}{
		{g.URL + "/other.git", "", "not found"},
		{g.URL + "/site.git", "v9", `it has no revision "v9"`},
		{"http://127.0.0.1:1/site.git", "", "unable to access"},
		{at + "/closed/site.git", "", "Authentication failed"},
		{"file://" + g.dir, "", "transport 'file' not allowed"},
		{"--upload-pack=touch", "", "can not begin with '-'"},
		{g.URL + "/site.git", "--output=/tmp/x", "can not begin with '-'"},
		{"ext::sh -c true", "", "transport 'ext' not allowed"},
	} {
		_, err := setUp(t, mount.Sources{}, pod.Volume{Name: "site", GitRepo: &pod.GitRepo{Repository: c.repository, Revision: c.revision}})
		require.ErrorContains(t, err, c.want, "%+v", c)
		require.NotContains(t, err.Error(), "wrong", "a password is not told")
	}
	rec, err := setUp(t, mount.Sources{}, pod.Volume{Name: "site", GitRepo: &pod.GitRepo{
		Repository: strings.Replace(g.URL, "http://", "http://me:right@", 1) + "/closed/site.git",
	}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"site/index.html": "two\n"})

	_, err = setUp(t, mount.Sources{Git: "/no/such/git"}, pod.Volume{Name: "site", GitRepo: &pod.GitRepo{Repository: g.URL}})
	require.ErrorContains(t, err, `start the program "/no/such/git"`)
}

// A repository is as hostile as an archive.
func TestGitRepoStaysInside(t *testing.T) {
	t.Parallel()
	g := newGits(t)
	require.NoError(t, os.Symlink("/etc", filepath.Join(g.dir, "link")))
	g.commit(t, nil)
	_, err := setUp(t, mount.Sources{}, pod.Volume{Name: "site", GitRepo: &pod.GitRepo{Repository: g.URL + "/site.git"}})
	require.ErrorContains(t, err, `entry "link": link to "/etc": it leads out of the volume`)
}

// serve serves texts by their path; what it has none for is a 404.
func serve(t *testing.T, content map[string][]byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := content[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestDownload(t *testing.T) {
	t.Parallel()
	archive := tape(t, map[string]string{"a.txt": "a", "b/c.txt": "c"})
	sum := sha256.Sum256([]byte("hello"))
	base := serve(t, map[string][]byte{"/x/hello.txt": []byte("hello"), "/a.tar": archive})
	rec, err := setUp(t, mount.Sources{}, pod.Volume{Name: "d", Download: &pod.Download{
		URL: base + "/x/hello.txt?v=1", SHA256: strings.ToUpper(hex.EncodeToString(sum[:])),
	}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"hello.txt": "hello"})
	rec, err = setUp(t, mount.Sources{}, pod.Volume{Name: "d", Download: &pod.Download{URL: base + "/x/hello.txt", Path: "in/here"}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"in/here": "hello"})
	rec, err = setUp(t, mount.Sources{}, pod.Volume{Name: "d", Download: &pod.Download{URL: base + "/a.tar", Unpack: pod.Tar, Path: "sub"}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"sub/a.txt": "a", "sub/b/c.txt": "c"})
}

func TestDownloadRefuses(t *testing.T) {
	t.Parallel()
	base := serve(t, map[string][]byte{"/hello": []byte("hello"), "/large": make([]byte, 3000)})
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("only this"))
	}))
	t.Cleanup(cut.Close)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(endless.Close)
	for _, c := range []struct {
		want string
		d    pod.Download
	}{
		{"the server says 404 Not Found", pod.Download{URL: base + "/none"}},
		{"connection refused", pod.Download{URL: "http://me:secret@127.0.0.1:1/x"}},
		{"its SHA-256 is 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824, and has to be 00", pod.Download{URL: base + "/hello", SHA256: strings.Repeat("0", 64)}},
		{"it has 3000 bytes, which exceeds the 2000 that are allowed", pod.Download{URL: base + "/large"}},
		{"it has more than the 2000 bytes that are allowed", pod.Download{URL: endless.URL + "/x"}},
		{"unexpected EOF", pod.Download{URL: cut.URL + "/x"}},
		{"not compressed with gzip", pod.Download{URL: base + "/hello", Unpack: pod.TarGz}},
		{"is none in the volume", pod.Download{URL: base + "/hello", Path: "../x"}},
		{"is neither http nor https", pod.Download{URL: "file:///etc/passwd"}},
	} {
		_, err := setUp(t, mount.Sources{MaxBytes: 2000}, pod.Volume{Name: "d", Download: &c.d})
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	data := mount.Data{"default/conf": {"a": []byte("A"), "b": []byte("B")}}
	s := mount.Sources{ConfigMaps: data.Lookup, Secrets: data.Lookup}
	private, yes := 0o400, true
	rec, err := setUp(t, s, pod.Volume{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "conf"}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"a": "A", "b": "B"})
	rec, err = setUp(t, s, pod.Volume{Name: "c", Secret: &pod.SecretVolume{
		SecretName: "conf", Items: []pod.KeyToPath{{Key: "b", Path: "x/y", Mode: &private}},
	}})
	require.NoError(t, err)
	has(t, rec, map[string]string{"x/y": "B"})
	info, err := os.Stat(filepath.Join(rec.Path, "x/y"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o400), info.Mode())
	require.NoFileExists(t, filepath.Join(rec.Path, "a"))

	_, err = setUp(t, s, pod.Volume{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "conf", Items: []pod.KeyToPath{{Key: "z", Path: "z"}}}})
	require.EqualError(t, err, `configMap "default/conf" has no key "z"`)
	_, err = setUp(t, s, pod.Volume{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "conf", Items: []pod.KeyToPath{{Key: "a", Path: "../z"}}}})
	require.ErrorContains(t, err, `path "../z" is none in the volume`)
	_, err = setUp(t, s, pod.Volume{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "none"}})
	require.EqualError(t, err, `configMap "default/none" is not known to the host program`)
	for _, v := range []pod.Volume{
		{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "none", Optional: &yes}},
		{Name: "c", ConfigMap: &pod.ConfigMapVolume{Name: "conf", Optional: &yes, Items: []pod.KeyToPath{{Key: "z", Path: "z"}}}},
	} {
		rec, err := setUp(t, s, v)
		require.NoError(t, err)
		entries, err := os.ReadDir(rec.Path)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}

// A server that does not answer holds up a set-up until its context ends.
func TestFetchEndsWithContext(t *testing.T) {
	t.Parallel()
	asked := make(chan bool, 10)
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- true
		<-r.Context().Done()
	}))
	t.Cleanup(hangs.Close)
	for _, v := range []pod.Volume{
		{Name: "g", GitRepo: &pod.GitRepo{Repository: hangs.URL + "/x.git"}},
		{Name: "d", Download: &pod.Download{URL: hangs.URL + "/x"}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		plugin, err := mount.Sources{}.Plugin(&v, nil)
		require.NoError(t, err)
		dir := t.TempDir()
		_, err = plugin.SetUp(ctx, mount.Request{Pod: aPod("u"), Volume: v, Dir: dir})
		require.ErrorIs(t, err, context.Canceled)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, "nothing half done")
	}
}

// Content for a volume that is elsewhere, and nothing for what has none.
func TestFill(t *testing.T) {
	t.Parallel()
	base := serve(t, map[string][]byte{"/hello": []byte("hello")})
	s := mount.Sources{Secrets: mount.Data{"default/keys": {"api": []byte("s3cret")}}.Lookup}
	for name, v := range map[string]pod.Volume{
		"hello": {Name: "v", Download: &pod.Download{URL: base + "/hello"}},
		"api":   {Name: "v", Secret: &pod.SecretVolume{SecretName: "keys"}},
	} {
		r := mount.Request{Pod: aPod("u"), Volume: v, Dir: t.TempDir()}
		dir, err := s.Fill(t.Context(), r)
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(dir, name))
		require.NoError(t, os.RemoveAll(r.Dir), "nothing is mounted")
	}
	for _, v := range []pod.Volume{{Name: "v"}, {Name: "v", HostPath: &pod.HostPath{Path: "/"}}, {Name: "v", FlexVolume: &pod.FlexVolume{Driver: "none"}}} {
		dir, err := s.Fill(t.Context(), mount.Request{Pod: aPod("u"), Volume: v, Dir: t.TempDir()})
		require.NoError(t, err)
		require.Empty(t, dir)
	}
	_, err := s.Fill(t.Context(), mount.Request{Pod: aPod("u"), Volume: pod.Volume{Name: "v", Download: &pod.Download{URL: base + "/none"}}, Dir: t.TempDir()})
	require.ErrorContains(t, err, "404")
}
