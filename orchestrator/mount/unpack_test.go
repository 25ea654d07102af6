package mount

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// entry is one entry of an archive.
type entry struct {
	name, content string
	kind          byte // of tar; default: a file
	mode          int64
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: or(e.kind, tar.TypeReg), Mode: or(e.mode, 0o644)}
		switch h.Typeflag {
		case tar.TypeSymlink, tar.TypeLink:
			h.Linkname = e.content
		case tar.TypeReg:
			h.Size = int64(len(e.content))
		}
		require.NoError(t, w.WriteHeader(h))
		if h.Size > 0 {
			_, err := w.Write([]byte(e.content))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		mode := fs.FileMode(or(e.mode, 0o644))
		switch e.kind {
		case tar.TypeSymlink:
			mode |= fs.ModeSymlink
		case tar.TypeFifo:
			mode |= fs.ModeNamedPipe
		}
		h.SetMode(mode)
		f, err := w.CreateHeader(h)
		require.NoError(t, err)
		_, err = f.Write([]byte(e.content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// unpacked unpacks an archive into a directory of a new directory, and returns it.
func unpacked(t testing.TB, kind pod.Archive, archive []byte, most limits) (string, error) {
	t.Helper()
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "archive")
	require.NoError(t, os.Mkdir(data, 0o755))
	require.NoError(t, os.WriteFile(file, archive, 0o644))
	return data, unpackFile(t.Context(), kind, file, data, "", most)
}

var plenty = limits{bytes: 1 << 20, files: 100}

func TestUnpack(t *testing.T) {
	entries := []entry{
		{name: "./a", content: "first"},
		{name: "a", content: "second", mode: 0o4755},
		{name: "d/e/f", content: "deep"},
		{name: "d/up", content: "../a", kind: tar.TypeSymlink},
		{name: "d/e/here", content: "./f", kind: tar.TypeSymlink},
	}
	for kind, archive := range map[pod.Archive][]byte{
		pod.Tar: tarOf(t, entries...), pod.TarGz: gzipOf(t, tarOf(t, entries...)), pod.Zip: zipOf(t, entries...),
	} {
		data, err := unpacked(t, kind, archive, plenty)
		require.NoError(t, err, kind)
		for name, want := range map[string]string{"a": "second", "d/e/f": "deep", "d/up": "second", "d/e/here": "deep"} {
			text, err := os.ReadFile(filepath.Join(data, name))
			require.NoError(t, err, kind)
			require.Equal(t, want, string(text))
		}
		info, err := os.Stat(filepath.Join(data, "a"))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o755), info.Mode(), "%s: no more than permissions", kind)
	}
	data, err := unpacked(t, pod.Tar, tarOf(t, entry{name: "d/", kind: tar.TypeDir, mode: 0o500}, entry{name: "d/f", content: "x"},
		entry{name: "g", content: "d/f", kind: tar.TypeLink}), plenty)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(data, "g"))
	require.NoError(t, err)
	require.Equal(t, "x", string(text))
}

func TestUnpackRefuses(t *testing.T) {
	link := func(name, to string) entry { return entry{name: name, content: to, kind: tar.TypeSymlink} }
	for _, c := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"a name that goes up", []entry{{name: "../x", content: "x"}}, "leads out of the volume"},
		{"a name that goes up later", []entry{{name: "a/../../x", content: "x"}}, "leads out of the volume"},
		{"an absolute name", []entry{{name: "/tmp/x", content: "x"}}, "leads out of the volume"},
		{"a name of Windows", []entry{{name: `..\x`, content: "x"}}, "a name that no file can have"},
		{"an absolute link", []entry{link("a", "/etc")}, "leads out of the volume"},
		{"a link that goes up", []entry{link("a", "..")}, "leads out of the volume"},
		{"a link that goes up too far", []entry{link("d/a", "../../x")}, "leads out of the volume"},
		{"a link that goes up through a link", []entry{link("here", "."), link("a", "here/../x")}, "leads out of the volume"},
		{"a file below a link", []entry{link("a", "."), {name: "a/x", content: "x"}}, "is not a directory"},
		{"a link below a link", []entry{link("a", "."), link("a/x", "../y")}, "is not a directory"},
		{"a directory in place of a link", []entry{link("a", "."), {name: "a/", kind: tar.TypeDir}}, "something else of that name"},
		{"a file in place of a directory", []entry{{name: "a/x", content: "x"}, {name: "a", content: "y"}}, "a directory of that name came before it"},
		{"a link in place of a directory", []entry{{name: "a/x", content: "x"}, link("a", "b")}, "a directory of that name came before it"},
		{"a hard link outside", []entry{{name: "a", content: "../../etc/passwd", kind: tar.TypeLink}}, "leads out of the volume"},
		{"an absolute hard link", []entry{{name: "a", content: "/etc/passwd", kind: tar.TypeLink}}, "leads out of the volume"},
		{"a hard link to a link", []entry{link("a", "b"), {name: "c", content: "a", kind: tar.TypeLink}}, "it is not a file"},
		{"a hard link to nothing", []entry{{name: "c", content: "a", kind: tar.TypeLink}}, "no such file"},
		{"a device", []entry{{name: "a", kind: tar.TypeChar}}, "neither a file nor a directory nor a link"},
		{"a pipe", []entry{{name: "a", kind: tar.TypeFifo}}, "neither a file nor a directory nor a link"},
		{"too much", []entry{{name: "a", content: strings.Repeat("x", 600)}, {name: "b", content: strings.Repeat("x", 600)}}, "more than the 1000 bytes"},
		{"too many", []entry{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}, {name: "e"}, {name: "f"}}, "more than the 5 files"},
		{"too deep", []entry{{name: "a/b/c/d/e/f"}}, "more than the 5 files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			most := limits{bytes: 1000, files: 5}
			_, err := unpacked(t, pod.Tar, tarOf(t, c.entries...), most)
			require.ErrorContains(t, err, c.want)
			for _, e := range c.entries {
				if e.kind == tar.TypeLink || e.kind == tar.TypeChar {
					return // zip has neither
				}
			}
			_, err = unpacked(t, pod.Zip, zipOf(t, c.entries...), most)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestUnpackBroken(t *testing.T) {
	whole := gzipOf(t, tarOf(t, entry{name: "a", content: strings.Repeat("x", 5000)}))
	_, err := unpacked(t, pod.TarGz, whole[:len(whole)-10], plenty)
	require.Error(t, err)
	_, err = unpacked(t, pod.TarGz, []byte("<html>"), plenty)
	require.ErrorContains(t, err, "not compressed with gzip")
	_, err = unpacked(t, pod.Zip, []byte("<html>"), plenty)
	require.ErrorContains(t, err, "not a whole archive")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.tar")
	require.NoError(t, os.WriteFile(file, tarOf(t, entry{name: "a"}), 0o644))
	require.ErrorIs(t, unpackFile(ctx, pod.Tar, file, dir, "", plenty), context.Canceled)
}

// Whatever an archive says, nothing gets out of its directory, and every link in
// it leads to something inside.
func FuzzUnpack(f *testing.F) {
	seeds := [][]entry{
		{{name: "a/b", content: "x"}, {name: "a/c", content: "../a/b", kind: tar.TypeSymlink}, {name: "d", content: "a/b", kind: tar.TypeLink}},
		{{name: "l", content: ".", kind: tar.TypeSymlink}, {name: "l/m", content: "../x", kind: tar.TypeSymlink}, {name: "m/x", content: "x"}},
		{{name: "../x", content: "x"}}, {{name: "a", content: "b/../..", kind: tar.TypeSymlink}},
	}
	for _, s := range seeds {
		f.Add(tarOf(f, s...), true)
		f.Add(zipOf(f, s...), false)
	}
	f.Fuzz(func(t *testing.T, archive []byte, isTar bool) {
		kind := pod.Zip
		if isTar {
			kind = pod.Tar
			if _, err := tar.NewReader(bytes.NewReader(archive)).Next(); err != nil {
				return // nothing is made of it
			}
		} else if z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive))); err != nil || len(z.File) == 0 {
			return
		}
		above, err := os.MkdirTemp("", "unpack")
		require.NoError(t, err)
		defer removeTree(above)
		root, err := openBelow(above, "data")
		require.NoError(t, err)
		defer root.Close()
		most := limits{bytes: 10_000, files: 20}
		u := &unpacker{ctx: t.Context(), root: root, left: most, most: most}
		u.unpack(kind, bytes.NewReader(archive), int64(len(archive)))
		entries, err := os.ReadDir(above)
		require.NoError(t, err)
		require.Len(t, entries, 1, "the directory")
		requireInside(t, filepath.Join(above, "data"))
	})
}

// requireInside requires that every link below a directory leads to something in it.
func requireInside(t testing.TB, data string) {
	data, err := filepath.EvalSymlinks(data)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(data, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		require.Zero(t, e.Type()&^(fs.ModeDir|fs.ModeSymlink), at)
		if e.Type() == fs.ModeSymlink {
			if to, err := filepath.EvalSymlinks(at); err == nil {
				require.True(t, to == data || strings.HasPrefix(to, data+"/"), "%s leads to %s", at, to)
			}
		}
		return nil
	}))
}
