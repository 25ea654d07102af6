package process

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// supervisorName is the first argument of a supervisor: what it is known by in
// the process table, and how Supervise knows it.
const supervisorName = "coracle-supervisor"

// spawned is a supervisor that was just started.
type spawned struct {
	watch *watch
	ready *os.File // it writes a byte here once the program was started
}

// spawn starts a supervisor in a session of its own: neither the terminal nor
// the end of this program reaches it.
func (r *Runtime) spawn(a attempt) (spawned, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return spawned{}, err
	}
	defer null.Close()
	words, err := os.OpenFile(a.path(supervisorLog), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return spawned{}, err
	}
	defer words.Close()
	ready, tell, err := os.Pipe()
	if err != nil {
		return spawned{}, err
	}
	defer tell.Close()
	fd := -1
	path := or(r.config.Supervisor, "/proc/self/exe")
	child, err := os.StartProcess(path, []string{supervisorName, a.dir}, &os.ProcAttr{
		Env:   supervisorEnv(os.Environ()),
		Files: []*os.File{null, null, words, tell},
		Sys:   &syscall.SysProcAttr{Setsid: true, PidFD: &fd},
	})
	if err != nil {
		ready.Close()
		return spawned{}, fmt.Errorf("start supervisor: %w", err)
	}
	child.Release()
	if fd < 0 {
		ready.Close()
		return spawned{}, fmt.Errorf("start supervisor: this kernel has no pidfd; Linux 5.3 or newer is needed")
	}
	return spawned{watch: r.newWatch(fd), ready: ready}, nil
}

// supervisorEnv keeps a supervisor small: it is one goroutine that waits.
func supervisorEnv(env []string) []string {
	out := make([]string, 0, len(env)+1)
	for _, v := range env {
		if !strings.HasPrefix(v, "GOMAXPROCS=") && !strings.HasPrefix(v, tokenVariable+"=") {
			out = append(out, v)
		}
	}
	return append(out, "GOMAXPROCS=1")
}

// isReady waits until the supervisor says so, has ended, or ctx has.
func (s spawned) isReady(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() { s.ready.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var b [1]byte
	n, _ := s.ready.Read(b[:])
	return n == 1
}
