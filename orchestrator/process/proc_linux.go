package process

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const errNotDirectory = unix.ENOTDIR

// bootID names this start of the machine: process ids, start times and clocks
// of another one mean nothing.
var bootID = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
})

// sinceBoot is a clock that all processes share, that nobody can set, and that
// goes on while the machine sleeps. In nanoseconds.
func sinceBoot() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Now().UnixNano()
	}
	return t.Nano()
}

// process is one line of the process table.
type process struct {
	pid, parent, group int
	birth              uint64 // in ticks since boot: with pid, names a process for good
	zombie             bool
}

// processes reads the process table. What begins or ends meanwhile may be missing.
func processes() []process {
	entries, err := allNames("/proc")
	if err != nil {
		return nil
	}
	table := make([]process, 0, len(entries))
	for _, name := range entries {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := processByID(pid); ok {
			table = append(table, p)
		}
	}
	return table
}

// processByID reads one line of the process table. See proc(5) for the fields of
// /proc/<pid>/stat: the second, the program's name, may hold anything, so they
// are counted from its last parenthesis.
func processByID(pid int) (process, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	end := bytes.LastIndexByte(b, ')')
	if end < 0 {
		return process{}, false
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) < 20 {
		return process{}, false
	}
	p := process{pid: pid, zombie: f[0] == "Z" || f[0] == "X"}
	p.parent, _ = strconv.Atoi(f[1])
	p.group, _ = strconv.Atoi(f[2])
	p.birth, err = strconv.ParseUint(f[19], 10, 64)
	return p, err == nil
}

// descendants returns what pid started and what those started, without zombies.
func descendants(table []process, pid int) []process {
	children := make(map[int][]process, len(table))
	for _, p := range table {
		children[p.parent] = append(children[p.parent], p)
	}
	var out []process
	for next := []int{pid}; len(next) > 0; {
		kids := children[next[0]]
		next = next[1:]
		for _, p := range kids {
			next = append(next, p.pid)
			if !p.zombie {
				out = append(out, p)
			}
		}
	}
	return out
}

// carries reports whether the process has the variable token in the environment
// it was started with. Nobody may look into the processes of other users; those are not ours.
func (p process) carries(token string) bool {
	if token == "" {
		return false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/environ")
	if err != nil {
		return false
	}
	for v := range bytes.SplitSeq(b, []byte{0}) {
		if string(v) == tokenVariable+"="+token {
			return true
		}
	}
	return false
}

// signal sends s to exactly this process: never to another that got its id.
func (p process) signal(s unix.Signal) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if now, ok := processByID(p.pid); !ok || now.birth != p.birth {
		return
	}
	unix.PidfdSendSignal(fd, s, nil, 0)
}

// leftovers finds what is left of an attempt whose supervisor is gone: what is
// in its control group; what carries its token; and the whole process group of
// its program where that is still led by the program itself.
func leftovers(table []process, spec attemptSpec, run runRecord) []process {
	grouped := spec.Cgroup.members()
	led := slices.ContainsFunc(table, func(p process) bool { return p.pid == run.PID && p.birth == run.Birth })
	var out []process
	for _, p := range table {
		ours := grouped[p.pid] || (led && p.group == run.PID) || p.carries(spec.Token)
		if ours && !p.zombie && p.pid != os.Getpid() {
			out = append(out, p)
		}
	}
	return out
}
