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
	p := process{pid: pid}
	f := p.fields()
	if len(f) < 20 {
		return process{}, false
	}
	p.zombie = f[0] == "Z" || f[0] == "X"
	p.parent, _ = strconv.Atoi(f[1])
	p.group, _ = strconv.Atoi(f[2])
	var err error
	p.birth, err = strconv.ParseUint(f[19], 10, 64)
	return p, err == nil
}

// fields reads /proc/<pid>/stat, from the third field on; nothing of a process that is gone.
func (p process) fields() []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
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
	for v := range bytes.SplitSeq(p.environ(), []byte{0}) {
		if string(v) == tokenVariable+"="+token {
			return true
		}
	}
	return false
}

// environ returns the environment that the process was started with. One that is
// about to execute another program has none for a moment: that is waited for, a
// second at most.
func (p process) environ() []byte {
	dir := "/proc/" + strconv.Itoa(p.pid)
	for pause, none := time.Millisecond, 0; none < 2 && pause < time.Second; {
		complete := p.complete()
		b, err := os.ReadFile(dir + "/environ")
		switch {
		case err != nil || len(b) > 0:
			return b
		case complete:
			none++ // or it began to execute another one between the two looks
		default:
			time.Sleep(pause)
			pause *= 2
		}
	}
	return nil
}

// complete reports whether the program that the process runs is in its place, its
// environment included, or there is none. See proc(5) for fields 9 and 26 of
// /proc/<pid>/stat: where the code begins is written down last, and for threads of
// the kernel's own never.
func (p process) complete() bool {
	f := p.fields()
	if len(f) < 24 || f[0] == "Z" || f[0] == "X" {
		return true
	}
	const ofKernel = 0x00200000 // PF_KTHREAD
	flags, err := strconv.ParseUint(f[6], 10, 64)
	return err != nil || flags&ofKernel != 0 || f[23] != "0"
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
