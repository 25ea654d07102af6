//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock takes the lock that bbolt will take, so that nobody writes while the file is
// checked. It belongs to the open file, and goes with it however the program
// ends; but a program that was just killed takes a moment to end, and so does a
// child that it was just starting.
func lock(f *os.File) error {
	err := tryLock(f)
	for limit := time.Now().Add(patience); errors.Is(err, syscall.EWOULDBLOCK) && time.Now().Before(limit); err = tryLock(f) {
		time.Sleep(patience / 100)
	}
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		if who := holder(f); who != "" {
			return fmt.Errorf("%w by %s", ErrLocked, who)
		}
		return fmt.Errorf("%w by another process", ErrLocked)
	case err != nil:
		return fmt.Errorf("lock it: %w", err)
	}
	return nil
}

func tryLock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// holder names the process that has the lock, where the system says so.
func holder(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	who := ""
	for looks := 0; looks < 5 && who == ""; looks++ { // one may miss a line while others come and go
		who = holderOf(stat.Ino)
	}
	return who
}

// holderOf looks up who has the lock on a file.
func holderOf(ino uint64) string {
	locks, err := os.ReadFile("/proc/locks") // "1: FLOCK ADVISORY WRITE 4711 fd:00:1234 0 EOF"
	if err != nil {
		return ""
	}
	inode := ":" + strconv.FormatUint(ino, 10)
	for line := range strings.Lines(string(locks)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid == os.Getpid() {
			return "this process"
		} else if err == nil && pid > 0 {
			name, _ := os.ReadFile("/proc/" + fields[4] + "/comm")
			return strings.TrimSpace("process " + fields[4] + " " + strings.TrimSpace(string(name)))
		}
	}
	return ""
}
