package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errLocked says that somebody else holds a lock.
var errLocked = errors.New("locked by another process")

// A supervisor holds a lock of its process on a file of its attempt for as long
// as it lives. The kernel drops it with the process however that ends, and tells
// everybody who asks which process holds it: an answer that can not be mistaken
// by a process id that is used again. Host programs take locks that belong to
// an open file instead; both kinds exclude each other.

// holder returns the process that holds the lock on the file, or 0. It never
// takes the lock itself, so it disturbs nobody. held without a process id is a host program.
func holder(path string) (pid int, held bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock); err != nil {
		return 0, false, fmt.Errorf("ask for lock %q: %w", path, err)
	}
	if lock.Type == unix.F_UNLCK {
		return 0, false, nil
	}
	return max(int(lock.Pid), 0), true, nil
}

// heldLock is a file that this process has the lock on.
type heldLock struct{ file *os.File }

// Close releases the lock. A child that is forked at this moment has the file open
// until it runs its program; so the lock is given up, and not just left to the
// close.
func (l heldLock) Close() error {
	unlock := unix.FcntlFlock(l.file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK})
	return errors.Join(unlock, l.file.Close())
}

// lockFile takes the lock on an existing file; closing what it returns releases
// it. It returns errLocked at once where somebody else has it, and an error that
// is os.ErrNotExist where the file was removed meanwhile.
func lockFile(path string) (io.Closer, error) {
	f, err := lockWith(path, unix.F_OFD_SETLK)
	if err != nil {
		return nil, err
	}
	return heldLock{f}, nil
}

// lockForLife takes the lock for this process until it ends. The file returned
// must be kept open, and no other may be opened on the same path.
func lockForLife(path string) (*os.File, error) { return lockWith(path, unix.F_SETLK) }

func lockWith(path string, command int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	err = unix.FcntlFlock(f.Fd(), command, &unix.Flock_t{Type: unix.F_WRLCK})
	if err == nil {
		err = stillAt(f, path)
	}
	if err != nil {
		f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			err = errLocked
		}
		return nil, err
	}
	return f, nil
}

// stillAt returns an error where path is no longer the open file: a lock on a
// file that was deleted protects nothing.
func stillAt(f *os.File, path string) error {
	at, err := os.Stat(path)
	if err != nil {
		return err
	}
	open, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(at, open) {
		return fmt.Errorf("lock %q: %w", path, os.ErrNotExist)
	}
	return nil
}

// waitLock takes the lock as soon as it is free, or returns ctx's error. Those
// who hold such locks do so for moments only.
func waitLock(ctx context.Context, path string) (io.Closer, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		held, err := lockFile(path)
		if !errors.Is(err, errLocked) {
			return held, err
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("wait for lock %q: %w", path, err)
		}
	}
}

// sleep returns after d, or with ctx's error before that.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
