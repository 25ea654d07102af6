package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
)

// Stats measures what the programs of a pod use, from the process table. The
// processor time is that of all processes that the containers have started, also
// those that have ended; the memory is what the live ones have to themselves
// (resident less shared); the disk is what they read and wrote, and what was
// written to their logs. The network is not known: it is the machine's.
func (r *Runtime) Stats(ctx context.Context, uid string) (orchestrator.PodStats, error) {
	stats, err := r.stats(ctx, uid)
	if err != nil {
		return orchestrator.PodStats{}, fmt.Errorf("measure pod %q: %w", uid, err)
	}
	return stats, nil
}

func (r *Runtime) stats(ctx context.Context, uid string) (stats orchestrator.PodStats, err error) {
	live, err := r.live(ctx, uid)
	if err != nil {
		return stats, err
	}
	table := processes()
	stats.At = time.Now().UTC()
	for _, a := range live {
		supervisor, _, err := holder(a.path(lockName))
		if err != nil || supervisor == 0 {
			continue // it has ended since
		}
		used := orchestrator.ContainerStats{ContainerRef: a.ContainerRef, Disk: &orchestrator.DiskStats{}}
		own := useOf(supervisor)
		used.CPU = own.ended // what it has collected of its children; it does next to nothing itself
		own.addDisk(used.Disk)
		for _, p := range descendants(table, supervisor) {
			u := useOf(p.pid)
			used.CPU += u.cpu + u.ended
			used.Memory += u.memory
			u.addDisk(used.Disk)
		}
		stats.Containers = append(stats.Containers, used)
	}
	if len(stats.Containers) == 0 {
		return stats, fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	}
	return stats, nil
}

// use is what one process uses.
type use struct {
	cpu, ended    time.Duration // its own processor time; that of the children it waited for
	memory        int64
	read, written int64 // with those of the children it waited for
}

func (u use) addDisk(d *orchestrator.DiskStats) {
	d.ReadBytes += u.read
	d.WrittenBytes += u.written
}

// tick is the unit of processor time in /proc/<pid>/stat: on Linux always a
// hundredth of a second.
const tick = 10 * time.Millisecond

// useOf reads what a process uses; nothing of one that is gone, or another
// user's. See proc(5) for the fields: 14 to 17 of stat, the first three of
// statm in pages, and two lines of io.
func useOf(pid int) (u use) {
	dir := "/proc/" + strconv.Itoa(pid)
	if b, err := os.ReadFile(dir + "/stat"); err == nil {
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(f) > 14 {
			u.cpu = time.Duration(whole(f[11])+whole(f[12])) * tick
			u.ended = time.Duration(whole(f[13])+whole(f[14])) * tick
		}
	}
	if b, err := os.ReadFile(dir + "/statm"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 2 {
			u.memory = (whole(f[1]) - whole(f[2])) * int64(os.Getpagesize())
		}
	}
	b, _ := os.ReadFile(dir + "/io")
	for line := range strings.Lines(string(b)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); name {
		case "read_bytes":
			u.read = whole(value)
		case "write_bytes":
			u.written = whole(value)
		}
	}
	return u
}

// whole reads a number; 0 where it is none.
func whole(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// live returns the attempts of a pod that run, by container: at least one.
func (r *Runtime) live(ctx context.Context, uid string) ([]attempt, error) {
	if !safeSegment(uid) {
		return nil, fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	}
	states, err := r.listPod(ctx, nil, uid)
	if err != nil {
		return nil, err
	}
	var live []attempt
	for _, s := range states {
		if s.State.Running == nil {
			continue
		}
		a, err := r.attempt(s.ContainerRef)
		if err != nil {
			return nil, err
		}
		live = append(live, a)
	}
	if len(live) == 0 {
		return nil, fmt.Errorf("it %w", orchestrator.ErrNotRunning)
	}
	return live, ctx.Err()
}
