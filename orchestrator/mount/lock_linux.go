package mount

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errLocked says that somebody else has a lock.
var errLocked = errors.New("locked by another")

// heldLock is a directory that this process has the lock on.
type heldLock struct{ dir *os.File }

// Close releases the lock. A child that is forked at this moment has the directory
// open until it runs its program; so the lock is given up, and not just left to the
// close.
func (l heldLock) Close() error {
	return errors.Join(unix.Flock(int(l.dir.Fd()), unix.LOCK_UN), l.dir.Close())
}

// lock takes the lock on a directory; closing what it returns releases it. It
// waits for the lock, or returns errLocked. The error is fs.ErrNotExist where the
// directory was deleted meanwhile. The kernel drops the lock with the process.
func lock(ctx context.Context, dir string, wait bool) (io.Closer, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		f, err := tryLock(dir)
		if !wait || !errors.Is(err, errLocked) {
			return f, err
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, fmt.Errorf("wait for the volumes in %q: %w", dir, ctx.Err())
		}
	}
}

func tryLock(dir string) (io.Closer, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
		var at, open os.FileInfo
		if at, err = os.Stat(dir); err == nil {
			if open, err = f.Stat(); err == nil && !os.SameFile(at, open) {
				err = fs.ErrNotExist // a lock on what was deleted protects nothing
			}
		}
	}
	if err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, err
	}
	return heldLock{f}, nil
}
