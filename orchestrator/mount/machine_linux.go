package mount

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/volume"
)

// errNotDirectory is what a path fails with that leads through a file.
var errNotDirectory error = unix.ENOTDIR

// nonBlock keeps the opening of a pipe or device from waiting.
const nonBlock = unix.O_NONBLOCK

// isBroken reports whether err says that a disk or its file system is at fault.
func isBroken(err error) bool {
	return errors.Is(err, unix.EIO) || errors.Is(err, unix.EUCLEAN) || errors.Is(err, unix.ESTALE) ||
		errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ESHUTDOWN) || errors.Is(err, unix.ENODEV)
}

// identity tells what is at a path from what might be put in its place. A disk
// may have another number after the machine was started again, so the number
// counts only for what does not survive that.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", nil
	}
	var on unix.Statfs_t
	if err := unix.Statfs(path, &on); err == nil && on.Type == unix.TMPFS_MAGIC {
		return fmt.Sprintf("%d:%d", s.Dev, s.Ino), nil
	}
	return strconv.FormatUint(s.Ino, 10), nil
}

// mountMemory mounts an empty file system that is kept in memory. size is in
// bytes; zero: half of the machine's memory.
func mountMemory(dir string, size int64) error {
	options := "mode=0755"
	if size > 0 {
		options += ",size=" + strconv.FormatInt(size, 10)
	}
	if err := unix.Mount("coracle", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

// mountDisk mounts what is attached at a path. A directory then is to be restricted.
func mountDisk(d volume.Disk, at, dir string) error {
	if IsDevice(at) {
		return unix.Mount(d.Device(at), dir, d.FSType, restrictions(d), "")
	}
	return unix.Mount(at, dir, "", unix.MS_BIND, "")
}

// restrict takes away what nobody may do with a disk that is a directory.
func restrict(d volume.Disk, dir string) error {
	return unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|restrictions(d), "")
}

func restrictions(d volume.Disk) uintptr {
	var flags uintptr = unix.MS_NOSUID | unix.MS_NODEV
	if d.ReadOnly {
		flags |= unix.MS_RDONLY
	}
	return flags
}

// mounted returns what is mounted at or below a directory, the innermost first.
func mounted(dir string) ([]string, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		at := octal(fields[4])
		if at == dir || strings.HasPrefix(at, dir+"/") {
			out = append(out, at)
		}
	}
	slices.Reverse(out) // the last one mounted comes last
	return out, lines.Err()
}

// octal undoes how the kernel writes blanks in paths: \040.
func octal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unmountBelow unmounts everything at or below a directory. When it returns nil,
// nothing is mounted there.
func unmountBelow(dir string) error { return unmount(dir, unix.MNT_DETACH) }

// unmountDisk is unmountBelow for a disk: it fails as long as somebody uses that,
// and has everything written when it returns.
func unmountDisk(dir string) error { return unmount(dir, 0) }

func unmount(dir string, flags int) error {
	all, err := mounted(dir)
	if err != nil {
		return err
	}
	for _, at := range all {
		err := unix.Unmount(at, flags|unix.UMOUNT_NOFOLLOW)
		for pause := time.Millisecond; err == unix.EBUSY && pause < busy; pause *= 2 {
			time.Sleep(pause)
			err = unix.Unmount(at, flags|unix.UMOUNT_NOFOLLOW)
		}
		if err != nil {
			return fmt.Errorf("unmount %q: %w", at, err)
		}
	}
	return nil
}

// busy is how long, about, a disk that is in use is tried to be unmounted again: a
// child that is just forked has open what this program had open, until it runs its program.
const busy = time.Second

// usage returns how many bytes a directory takes on its disk, as du does: what
// several names share counts once, and holes in files not at all. Other file
// systems below it do not count. What goes meanwhile is no error.
func usage(ctx context.Context, dir string) (int64, error) {
	var total int64
	var device uint64
	shared := make(map[uint64]bool)
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return nil // it went, or is closed to us
		}
		info, err := e.Info()
		if err != nil {
			return nil
		}
		s, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		switch {
		case at == dir:
			device = s.Dev
			return nil // the directory itself is ours
		case s.Dev != device:
			return fs.SkipDir
		case s.Nlink > 1 && !e.IsDir():
			if shared[s.Ino] {
				return nil
			}
			shared[s.Ino] = true
		}
		total += s.Blocks * 512
		return nil
	})
	return total, err
}

// together makes a program and what it starts one group, which is killed as one.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
}

// limitFiles bounds the size of each file that a program, and what it starts
// from now on, can write.
func limitFiles(pid int, size int64) {
	limit := unix.Rlimit{Cur: uint64(size), Max: uint64(size)}
	unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil)
}
