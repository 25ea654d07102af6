package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Names that begin with a dot are not part of the state: files being written,
// directories being made or deleted. Whoever finds them after a crash removes them.
const (
	making   = ".new-"
	deleting = ".gone-"
)

// durability says whether a file must outlive a power failure.
type durability bool

const (
	synced   durability = true
	unsynced durability = false // for what means nothing once the machine has started anew
)

// writeJSON replaces the file with v as JSON: a reader sees all of it or what was there before.
func writeJSON(path string, v any, perm fs.FileMode, d durability) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), making+"*")
	if err != nil {
		return err
	}
	if err = fill(f, b, perm, d); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write %q: %w", path, err)
	}
	if d == synced {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// fill writes b to f, syncs it if asked to, and closes it.
func fill(f *os.File, b []byte, perm fs.FileMode, d durability) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil && d == synced {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// readJSON reads a file that writeJSON wrote. Missing files and files that a
// power failure left empty or torn are os.ErrNotExist: they were not written.
func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		if isMissing(err) {
			return fs.ErrNotExist
		}
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %q: %w: %w", path, err, fs.ErrNotExist)
	}
	return nil
}

// isMissing reports whether err says that a path is not there.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDirectory)
}

// exists reports whether there is something at path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// names lists a directory without what begins with a dot, sorted; a missing
// directory is empty.
func names(path string) ([]string, error) {
	all, err := allNames(path)
	kept := all[:0]
	for _, name := range all {
		if !strings.HasPrefix(name, ".") {
			kept = append(kept, name)
		}
	}
	return kept, err
}

// allNames lists a directory, sorted by the caller's needs only.
func allNames(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		if isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close()
	return namesIn(f)
}

// namesIn lists an open directory; one that is deleted meanwhile is empty.
func namesIn(dir *os.File) ([]string, error) {
	all, err := dir.Readdirnames(-1)
	if isMissing(err) {
		return nil, nil
	}
	return all, err
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
