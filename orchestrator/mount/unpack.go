package mount

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// limits are what one volume may take in.
type limits struct {
	bytes int64
	files int
}

// unpackFile unpacks an archive into the directory below of a volume, which is
// made. Nothing of it gets out of that directory:
//
//   - a name that is absolute or goes up is refused;
//   - nothing is made below a symbolic link, and no directory is replaced;
//   - a symbolic link is refused unless it leads to something in the directory,
//     whatever other links lie on its way: it goes up first if at all, and never
//     further than the directory;
//   - a hard link is one to a file that came out of the same archive before;
//   - devices, pipes and sockets are refused; of a mode only the nine bits of
//     permission count;
//   - what comes out is bounded in bytes and in number, whatever the archive says.
//
// Besides, every path is walked by an os.Root. One bad entry fails the whole.
func unpackFile(ctx context.Context, kind pod.Archive, file, data, below string, most limits) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := openBelow(data, below)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	u := &unpacker{ctx: ctx, root: root, left: most, most: most}
	return u.unpack(kind, f, info.Size())
}

// source is an archive.
type source interface {
	io.Reader
	io.ReaderAt
}

// unpack unpacks an archive of so many bytes.
func (u *unpacker) unpack(kind pod.Archive, f source, size int64) error {
	switch kind {
	case pod.Zip:
		return u.zip(f, size)
	case pod.TarGz:
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			return fmt.Errorf("it is not compressed with gzip: %w", err)
		}
		return u.tar(z)
	case pod.Tar:
		return u.tar(bufio.NewReader(f))
	}
	return fmt.Errorf("there is no way to unpack %q", kind)
}

// openBelow opens a directory of a volume, which it makes.
func openBelow(data, below string) (*os.Root, error) {
	root, err := os.OpenRoot(data)
	if err != nil || below == "" {
		return root, err
	}
	defer root.Close()
	if err := root.MkdirAll(path.Clean(below), 0o755); err != nil {
		return nil, err
	}
	return root.OpenRoot(path.Clean(below))
}

// unpacker makes what archives have in them.
type unpacker struct {
	ctx        context.Context
	root       *os.Root
	left, most limits
}

// tar unpacks a tape archive.
func (u *unpacker) tar(r io.Reader) error {
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			// What comes after the end has the sum of what came before.
			_, err = io.Copy(io.Discard, io.LimitReader(reader{u.ctx, r}, u.most.bytes))
		}
		if err != nil {
			return fmt.Errorf("it is not a whole archive: %w", err)
		}
		if h == nil {
			return nil
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := u.tarEntry(h, archive); err != nil {
			return fmt.Errorf("entry %q: %w", h.Name, err)
		}
	}
}

func (u *unpacker) tarEntry(h *tar.Header, content io.Reader) error {
	name, err := u.enter(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.dir(name, fs.FileMode(h.Mode))
	case tar.TypeReg, tar.TypeGNUSparse:
		return u.file(name, fs.FileMode(h.Mode), content)
	case tar.TypeSymlink:
		return u.symlink(name, h.Linkname)
	case tar.TypeLink:
		return u.hardLink(name, h.Linkname)
	}
	return errors.New("it is neither a file nor a directory nor a link")
}

// enter checks the name of an entry, and counts it.
func (u *unpacker) enter(name string) (string, error) {
	if err := u.ctx.Err(); err != nil {
		return "", err
	}
	if u.left.files--; u.left.files < 0 {
		return "", fmt.Errorf("there are more than the %d files that are allowed", u.most.files)
	}
	return inside(name)
}

// errOutside says that an archive tries to get out.
var errOutside = errors.New("it leads out of the volume")

// inside returns the name of an entry in its shortest form, or errOutside.
func inside(name string) (string, error) {
	if name == "" || strings.ContainsAny(name, "\x00\\") {
		return "", errors.New("it has a name that no file can have")
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", errOutside
	}
	return path.Clean(name), nil
}

// parent makes the directory that an entry is in. It refuses one that is a link.
func (u *unpacker) parent(name string) error {
	above := path.Dir(name)
	if above == "." {
		return nil
	}
	for i := 0; i <= len(above); i++ {
		if i < len(above) && above[i] != '/' {
			continue
		}
		info, err := u.root.Lstat(above[:i])
		if errors.Is(err, fs.ErrNotExist) {
			return u.makeParents(above)
		}
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%q, which it is below of, is not a directory", above[:i])
		}
	}
	return nil
}

// makeParents makes directories that no entry named. They count as if one had.
func (u *unpacker) makeParents(above string) error {
	if u.left.files -= 1 + strings.Count(above, "/"); u.left.files < 0 {
		return fmt.Errorf("there are more than the %d files that are allowed", u.most.files)
	}
	return u.root.MkdirAll(above, 0o755)
}

// clear makes room for an entry: what an earlier one of that name left goes,
// unless it is a directory.
func (u *unpacker) clear(name string) error {
	if name == "." {
		return errors.New("the volume itself is a directory")
	}
	if err := u.parent(name); err != nil {
		return err
	}
	info, err := u.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("a directory of that name came before it")
	}
	return u.root.Remove(name)
}

func (u *unpacker) dir(name string, mode fs.FileMode) error {
	if name == "." {
		return nil
	}
	if err := u.parent(name); err != nil {
		return err
	}
	if err := u.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := u.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("something else of that name came before it")
	}
	return u.root.Chmod(name, mode&fs.ModePerm|0o700)
}

func (u *unpacker) file(name string, mode fs.FileMode, content io.Reader) error {
	if err := u.clear(name); err != nil {
		return err
	}
	f, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(reader{u.ctx, content}, u.left.bytes+1))
	if err = errors.Join(err, f.Chmod(mode&fs.ModePerm), f.Close()); err != nil {
		return err
	}
	if u.left.bytes -= n; u.left.bytes < 0 {
		return fmt.Errorf("there are more than the %d bytes that are allowed", u.most.bytes)
	}
	return nil
}

func (u *unpacker) symlink(name, to string) error {
	if err := staysInside(name, to); err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	if err := u.clear(name); err != nil {
		return err
	}
	return u.root.Symlink(to, name)
}

// staysInside reports an error unless a symbolic link leads to something inside.
// It may go up only at its beginning: what is in the middle may be a link itself,
// and what is above that is known only when it is followed.
func staysInside(name, to string) error {
	if to == "" || len(to) > 4096 || strings.ContainsAny(to, "\x00\\") {
		return errors.New("no link can have that")
	}
	if path.IsAbs(to) {
		return errOutside
	}
	depth, down := strings.Count(name, "/"), false
	for element := range strings.SplitSeq(to, "/") {
		switch {
		case element == "" || element == ".":
		case element != "..":
			down = true
		case down || depth == 0:
			return errOutside
		default:
			depth--
		}
	}
	return nil
}

func (u *unpacker) hardLink(name, to string) error {
	to, err := inside(to)
	if err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	if to == name {
		return nil
	}
	if err := u.parent(to); err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	info, err := u.root.Lstat(to)
	if err != nil {
		return fmt.Errorf("link to %q: %w", to, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("link to %q: it is not a file", to)
	}
	if err := u.clear(name); err != nil {
		return err
	}
	return u.root.Link(to, name)
}

// reader reads until the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads, unless the context has ended.
func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}
