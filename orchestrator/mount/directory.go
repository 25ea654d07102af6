package mount

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/volume"
)

// The parts of a volume's own directory.
const (
	dataDir   = "data"   // what the containers see
	fetchDir  = "fetch"  // what is being fetched
	readyFile = "ready"  // there once data is complete; has its identity
	wantFile  = "volume" // what the volume is: pod.Volume as JSON
)

// directory makes volumes that are a directory, which is filled when they are
// set up and belongs to the containers from then on.
//
// It is filled in place. A file beside it says that it is complete, and which
// directory that is; without it everything is made anew.
type directory struct {
	memory bool // to be kept in memory, where this machine lets us
	open   bool // whoever runs in the pod may write
	warn   func(text string)
	// fill puts the content into an empty directory. scratch is another one, on
	// disk, which is deleted afterwards. nil: it stays empty.
	fill func(ctx context.Context, r Request, data, scratch string) error
}

// SetUp makes and fills the directory unless it is complete.
func (d directory) SetUp(ctx context.Context, r Request) (volume.Record, error) {
	data, ready := filepath.Join(r.Dir, dataDir), filepath.Join(r.Dir, readyFile)
	rec := volume.Record{Path: data, There: true}
	if made, err := os.ReadFile(ready); err == nil && len(made) > 0 {
		if id, err := identity(data); err == nil && id == string(made) {
			rec.ID = id
			return rec, nil
		}
	}
	if err := d.TearDown(ctx, r.Dir); err != nil {
		return volume.Record{}, err
	}
	id, err := d.make(ctx, r, data)
	if err != nil {
		return volume.Record{}, errors.Join(err, d.TearDown(context.WithoutCancel(ctx), r.Dir))
	}
	rec.ID = id
	return rec, os.WriteFile(ready, []byte(id), 0o600)
}

// make makes the directory and returns its identity.
func (d directory) make(ctx context.Context, r Request, data string) (string, error) {
	if err := os.Mkdir(data, 0o755); err != nil {
		return "", err
	}
	if d.memory {
		if err := mountMemory(data, volume.Limit(&r.Volume)); err != nil && d.warn != nil {
			d.warn(fmt.Sprintf("emptyDir medium Memory is not available: such volumes are directories on disk: %v", err))
		}
	}
	mode := fs.FileMode(0o755)
	if d.open {
		mode = 0o777 // as elsewhere, whoever runs in the pod may write, whatever the umask is
	}
	if err := os.Chmod(data, mode); err != nil {
		return "", err
	}
	if d.fill != nil {
		scratch := filepath.Join(r.Dir, fetchDir)
		if err := os.Mkdir(scratch, 0o700); err != nil {
			return "", err
		}
		if err := errors.Join(d.fill(ctx, r, data, scratch), removeTree(scratch)); err != nil {
			return "", err
		}
	}
	return identity(data)
}

// Check says whether the directory is there and can be read, and counts what is in it.
func (d directory) Check(ctx context.Context, rec volume.Record) (volume.Reading, error) {
	now := read(rec.Path)
	if now.Missing || now.Problem != "" || rec.Limit == 0 {
		return now, nil
	}
	used, err := usage(ctx, rec.Path)
	now.Used = used
	return now, err
}

// TearDown unmounts what is in memory, and deletes what there is.
func (d directory) TearDown(_ context.Context, dir string) error {
	if err := os.Remove(filepath.Join(dir, readyFile)); err != nil && !isMissing(err) {
		return err
	}
	data := filepath.Join(dir, dataDir)
	if err := unmountBelow(data); err != nil {
		return err
	}
	return errors.Join(removeTree(data), removeTree(filepath.Join(dir, fetchDir)))
}

// read looks at what is at a path.
func read(path string) volume.Reading {
	id, err := identity(path)
	switch {
	case isMissing(err):
		return volume.Reading{Missing: true}
	case errors.Is(err, fs.ErrPermission):
		return volume.Reading{} // it is there, and not for us
	case err != nil:
		return volume.Reading{Problem: err.Error()}
	}
	now := volume.Reading{ID: id}
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return now
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		// A disk that has failed still answers for what it has in memory: ask for more.
		if _, err := f.Readdirnames(1); isBroken(err) {
			now.Problem = err.Error()
		}
	}
	return now
}

// isMissing reports whether err says that a path is not there.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDirectory)
}

// removeTree deletes path and what is below it, following no symbolic link. It
// opens directories that their owner closed for itself.
func removeTree(path string) error {
	err := os.RemoveAll(path)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			os.Chmod(at, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}
