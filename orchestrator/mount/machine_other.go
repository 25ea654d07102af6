//go:build !linux

package mount

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/coracle-dev/coracle/volume"
)

var (
	errNotDirectory = errors.New("not a directory")
	errNotLinux     = errors.New("mounting needs Linux")
)

const nonBlock = 0

func isBroken(error) bool { return false }

// identity is the same for everything that is there: elsewhere than on Linux a
// volume that was replaced is not noticed.
func identity(path string) (string, error) {
	_, err := os.Stat(path)
	return "-", err
}

func mountMemory(string, int64) error { return errNotLinux }

func mounted(string) ([]string, error) { return nil, nil }

func unmountBelow(string) error { return nil }

func unmountDisk(string) error { return nil }

func mountDisk(volume.Disk, string, string) error { return errNotLinux }

func restrict(volume.Disk, string) error { return errNotLinux }

// usage adds up the sizes of files.
func usage(ctx context.Context, dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total, err
}

func together(*exec.Cmd) {}

func limitFiles(int, int64) {}

// lock locks nothing: elsewhere than on Linux one host program uses a directory.
func lock(context.Context, string, bool) (io.Closer, error) { return os.Open(os.DevNull) }
