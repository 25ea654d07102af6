package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bberrors "go.etcd.io/bbolt/errors"
)

// openDatabase locks the file, checks its structure, and hands it to bbolt. With
// older, the newest batch may be damaged, if the one before is well.
func openDatabase(path string, older bool) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0, &bbolt.Options{
		Timeout:         patience, // it has the lock already, where there is flock
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapped(),
		// bbolt locks what this returns once more, reads it, and closes it.
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(path, flag&^os.O_CREATE, mode)
			if err != nil {
				return nil, err
			}
			err = lock(f)
			if err == nil {
				err = checkFile(f, older)
			}
			if err != nil {
				return nil, errors.Join(err, f.Close())
			}
			return f, nil
		},
	})
	switch {
	case errors.Is(err, bberrors.ErrTimeout):
		return nil, fmt.Errorf("%w by another process", ErrLocked)
	case err != nil:
		return nil, err
	}
	db.AllocSize = growth
	return db, nil
}

// patience is how long a lock is waited for that somebody else has.
const patience = time.Second

// growth is how much the file grows at a time; each time costs one more fsync.
const growth = 256 << 10

// mapped is how much of the file's future is mapped into memory from the
// beginning. To map more bbolt waits until nobody reads, and a slow backup
// would hold up writers. It costs addresses, and no memory.
func mapped() int {
	if strconv.IntSize == 64 && runtime.GOOS == "linux" {
		return 1 << 30
	}
	return 0
}

// checkFile checks the structure of an open file.
func checkFile(f *os.File, older bool) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() == 0:
		return damaged("it is empty")
	}
	return checkPages(f, info.Size(), older)
}

// createFile makes the file of an empty journal, if there is none at path. It
// comes into being whole: there is none that is half made.
func createFile(path string) error {
	if path == "" {
		return errors.New("a path is required")
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("look for its folder: %w", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := place(path, func(draft string) error {
		db, err := bbolt.Open(draft, 0o600, nil)
		if err != nil {
			return err
		}
		return errors.Join(db.Update(create), db.Close())
	})
	return err
}

// place has a file made under another name, and puts it at path when it is whole
// and durable. If there is one by then, that one stays, and placed is false.
func place(path string, fill func(draft string) error) (placed bool, err error) {
	folder, base := filepath.Split(path)
	f, err := os.CreateTemp(filepath.Clean(folder+"."), base+".new-*")
	if err != nil {
		return false, err
	}
	draft := f.Name()
	defer os.Remove(draft)
	if err := errors.Join(f.Close(), fill(draft)); err != nil {
		return false, err
	}
	if err := syncFile(draft); err != nil {
		return false, err
	}
	switch err := os.Link(draft, path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("put the new file in its place: %w", err)
	}
	return true, syncFile(filepath.Dir(path))
}

// syncFile makes a file or folder durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
