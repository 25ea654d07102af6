//go:build linux

package process_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// count is what a process uses.
type count struct{ goroutines, files, children int }

func counts() count {
	files, _ := os.ReadDir("/proc/self/fd")
	c := count{goroutines: runtime.NumGoroutine(), files: len(files)}
	tasks, _ := os.ReadDir("/proc")
	for _, e := range tasks {
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(b), ") ")
		if f := strings.Fields(after); len(f) > 1 && f[1] == strconv.Itoa(os.Getpid()) {
			c.children++
		}
	}
	return c
}
