package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// groupPaths are the control groups of one attempt; empty fields: none.
type groupPaths struct {
	Unified string // v2: one group for everything
	Memory  string // v1
	CPU     string // v1
}

func (g groupPaths) all() []string {
	var out []string
	for _, dir := range []string{g.Unified, g.Memory, g.CPU} {
		if dir != "" {
			out = append(out, dir)
		}
	}
	return out
}

// members returns the processes in the groups.
func (g groupPaths) members() map[int]bool {
	out := make(map[int]bool)
	for _, dir := range g.all() {
		b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil {
			continue
		}
		for pid := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(pid); err == nil {
				out[n] = true
			}
		}
	}
	return out
}

// remove deletes the groups, and the one above them where it is empty too. The
// kernel refuses where something still runs in them, and for a moment after that ended.
func (g groupPaths) remove() error {
	var errs []error
	for _, dir := range g.all() {
		err := unix.Rmdir(dir)
		for pause := time.Millisecond; err == unix.EBUSY && pause < time.Second; pause *= 2 {
			time.Sleep(pause)
			err = unix.Rmdir(dir)
		}
		if err != nil && err != unix.ENOENT {
			errs = append(errs, fmt.Errorf("remove control group %q: %w", dir, err))
		}
		unix.Rmdir(filepath.Dir(dir))
	}
	return errors.Join(errs...)
}

// oomKills returns how often the kernel killed in the group for want of memory.
func (g groupPaths) oomKills() int {
	path := filepath.Join(g.Unified, "memory.events")
	if g.Unified == "" {
		path = filepath.Join(g.Memory, "memory.oom_control")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, _ := strconv.Atoi(strings.TrimSpace(n))
			return kills
		}
	}
	return 0
}

// limits are what one container may use at most; 0: as much as there is.
type limits struct {
	memory   int64 // bytes
	milliCPU int64
}

// limiter makes control groups below one parent.
type limiter struct {
	unified, memory, cpu string // the parents; empty: not there or not writable
}

// findLimiter looks for hierarchies in which the group parent could be made.
func findLimiter(parent string) limiter {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return limiter{}
	}
	return limiterFrom(string(mounts), parent)
}

// limiterFrom reads the mounts as proc(5) describes mountinfo: the mount point
// is the fifth field; after " - " come type, source and options.
func limiterFrom(mountinfo, parent string) (l limiter) {
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 || unix.Access(left[4], unix.W_OK) != nil {
			continue
		}
		at := filepath.Join(left[4], parent)
		options := "," + right[2] + ","
		switch {
		case right[0] == "cgroup2" && offers(left[4], "memory") && offers(left[4], "cpu"):
			l.unified = at
		case right[0] == "cgroup" && strings.Contains(options, ",memory,"):
			l.memory = at
		case right[0] == "cgroup" && strings.Contains(options, ",cpu,"):
			l.cpu = at
		}
	}
	return l
}

// offers reports whether a v2 group has the controller to give.
func offers(dir, controller string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	return err == nil && strings.Contains(" "+strings.TrimSpace(string(b))+" ", " "+controller+" ")
}

// lacks says which limits can not be set at all, or "".
func (l limiter) lacks() string {
	switch {
	case l.unified != "" || (l.memory != "" && l.cpu != ""):
		return ""
	case l.memory != "":
		return "cpu"
	case l.cpu != "":
		return "memory"
	}
	return "memory and cpu"
}

// paths says which groups an attempt with these limits gets.
func (l limiter) paths(name string, max limits) (g groupPaths) {
	if max == (limits{}) {
		return g
	}
	if l.unified != "" {
		g.Unified = filepath.Join(l.unified, name)
		return g
	}
	if l.memory != "" && max.memory > 0 {
		g.Memory = filepath.Join(l.memory, name)
	}
	if l.cpu != "" && max.milliCPU > 0 {
		g.CPU = filepath.Join(l.cpu, name)
	}
	return g
}

// period of the cpu quota in microseconds: the kernel's own default.
const period = 100_000

// quota is how many microseconds of each period the cpus may be used. The
// kernel takes no less than a millisecond.
func (m limits) quota() int64 { return max(m.milliCPU*period/1000, 1000) }

// make creates the groups and writes the limits.
func (g groupPaths) make(max limits) error {
	for _, dir := range g.all() {
		if err := makeGroup(dir); err != nil {
			return fmt.Errorf("make control group %q: %w", dir, err)
		}
	}
	var errs []error
	set := func(dir, file, value string, optional bool) {
		err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0)
		if err != nil && !(optional && errors.Is(err, fs.ErrNotExist)) {
			errs = append(errs, err)
		}
	}
	memory := strconv.FormatInt(max.memory, 10)
	if g.Unified != "" && max.memory > 0 {
		set(g.Unified, "memory.max", memory, false)
		set(g.Unified, "memory.swap.max", "0", true)
		set(g.Unified, "memory.oom.group", "1", true)
	}
	if g.Unified != "" && max.milliCPU > 0 {
		set(g.Unified, "cpu.max", fmt.Sprint(max.quota(), " ", period), false)
	}
	if g.Memory != "" {
		set(g.Memory, "memory.limit_in_bytes", memory, false)
		set(g.Memory, "memory.memsw.limit_in_bytes", memory, true)
	}
	if g.CPU != "" {
		set(g.CPU, "cpu.cfs_period_us", strconv.Itoa(period), false)
		set(g.CPU, "cpu.cfs_quota_us", strconv.FormatInt(max.quota(), 10), false)
	}
	if err := errors.Join(errs...); err != nil {
		g.remove()
		return fmt.Errorf("set limits: %w", err)
	}
	return nil
}

// makeGroup makes one group and its parent; another attempt that ends may
// remove the parent between the two. In v2 every group above must hand its
// controllers down; where that is so already, or does not exist, nothing is written.
func makeGroup(dir string) error {
	var err error
	for range 10 {
		parent := filepath.Dir(dir)
		if err = os.MkdirAll(parent, 0o755); err != nil {
			return err
		}
		for _, above := range []string{filepath.Dir(parent), parent} {
			err = errors.Join(err, handDown(above))
		}
		if err == nil {
			err = os.Mkdir(dir, 0o755)
		}
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// handDown lets the groups below a v2 group have limits. A v1 group needs no such thing.
func handDown(dir string) error {
	control := filepath.Join(dir, "cgroup.subtree_control")
	b, err := os.ReadFile(control)
	if err != nil {
		return nil
	}
	given := " " + strings.TrimSpace(string(b)) + " "
	if strings.Contains(given, " memory ") && strings.Contains(given, " cpu ") {
		return nil
	}
	return os.WriteFile(control, []byte("+memory +cpu"), 0)
}

// join puts the calling thread, and so what it starts, into the v1 groups. It
// returns what takes it out again. The thread must be locked to its goroutine
// and not be the first of its process, whose memory would be charged.
func (g groupPaths) join() (leave func() error, err error) {
	if g.Memory == "" && g.CPU == "" {
		return func() error { return nil }, nil
	}
	here := threadGroups()
	tid := []byte(strconv.Itoa(unix.Gettid()))
	var back []string
	leave = func() error {
		var errs []error
		for _, dir := range back {
			errs = append(errs, os.WriteFile(filepath.Join(dir, "tasks"), tid, 0))
		}
		return errors.Join(errs...)
	}
	for controller, dir := range map[string]string{"memory": g.Memory, "cpu": g.CPU} {
		if dir == "" {
			continue
		}
		old, ok := here[controller]
		if !ok {
			return leave, fmt.Errorf("join control group %q: the present group of the thread is not known", dir)
		}
		if err := os.WriteFile(filepath.Join(dir, "tasks"), tid, 0); err != nil {
			return leave, fmt.Errorf("join control group %q: %w", dir, err)
		}
		back = append(back, old)
	}
	return leave, nil
}

// threadGroups returns the directories of the v1 groups that the thread is in, by controller.
func threadGroups() map[string]string {
	top := make(map[string]string)
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if len(left) < 5 || len(right) < 3 || right[0] != "cgroup" {
			continue
		}
		for controller := range strings.SplitSeq(right[2], ",") {
			top[controller] = left[4] + "\x00" + left[3]
		}
	}
	out := make(map[string]string)
	groups, _ := os.ReadFile("/proc/thread-self/cgroup")
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			if point, root, ok := strings.Cut(top[controller], "\x00"); ok {
				out[controller] = filepath.Join(point, strings.TrimPrefix(parts[2], root))
			}
		}
	}
	return out
}
