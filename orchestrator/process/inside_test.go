//go:build linux

package process

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/orchestrator"
)

func TestSafeSegment(t *testing.T) {
	for _, good := range []string{"a", "web-1", "0f2b9b1e-7c1a-4c8e", "A_b.c:1", strings.Repeat("x", 253)} {
		require.True(t, safeSegment(good), good)
	}
	for _, bad := range []string{"", ".", "..", ".hidden", "a/b", "a\x00b", "a b", "é", "a\n", strings.Repeat("x", 254)} {
		require.False(t, safeSegment(bad), bad)
	}
}

func FuzzSafeSegment(f *testing.F) {
	f.Add("..")
	f.Add("a/../b")
	f.Fuzz(func(t *testing.T, s string) {
		if safeSegment(s) {
			require.Equal(t, "/state/"+s, filepath.Join("/state", s))
			require.Equal(t, "/state", filepath.Dir(filepath.Join("/state", s)))
		}
	})
}

// A directory that is deleted while it is listed is as empty as one that is missing.
func TestNamesOfWhatIsDeleted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pod")
	require.NoError(t, os.Mkdir(dir, 0o755))
	f, err := os.Open(dir)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, os.Remove(dir))
	for _, list := range []func() ([]string, error){
		func() ([]string, error) { return namesIn(f) }, func() ([]string, error) { return names(dir) },
	} {
		found, err := list()
		require.NoError(t, err)
		require.Empty(t, found)
	}
}

func TestAddressesOfRange(t *testing.T) {
	a := addresses{cidr: netip.MustParsePrefix("127.0.0.0/23")}
	var given []string
	for n := range uint64(512) {
		if ip, ok := a.at(n); ok {
			given = append(given, ip)
		}
	}
	require.Len(t, given, 254, "nothing of 127.0.0.0/24, nothing that ends in 0 or 255")
	require.Equal(t, "127.0.1.1", given[0])
	require.Equal(t, "127.0.1.254", given[253])
}

// Where nothing is configured, no pod gets the address of a service.
func TestAddressesAreNotThoseOfServices(t *testing.T) {
	_, cidr, err := Config{Dir: t.TempDir()}.resolved("n")
	require.NoError(t, err)
	require.False(t, cidr.Overlaps(netip.MustParsePrefix(orchestrator.DefaultServiceCIDR)))
}

// Similar uids do not get neighbouring addresses, nor the same one: at 1,000 of 16
// million, two share a first choice once in 30 runs.
func TestAddressesSpread(t *testing.T) {
	dir := t.TempDir()
	a := addresses{dir: dir, drafts: dir, cidr: netip.MustParsePrefix("127.0.0.0/8")}
	quarters := map[byte]int{}
	for i := range 64 {
		ip, err := a.take(addressOwner{"n", fmt.Sprint("web-", i)})
		require.NoError(t, err)
		again, err := a.take(addressOwner{"n", fmt.Sprint("web-", i)})
		require.NoError(t, err)
		require.Equal(t, ip, again)
		b := netip.MustParseAddr(ip).As4()
		quarters[b[1]/64]++
	}
	for q := range byte(4) {
		require.Greater(t, quarters[q], 4)
	}
}

func TestLogEntries(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 5, time.FixedZone("", 3600))
	for _, c := range [][2]string{
		{"whole\n", "F whole"}, {"part", "P part"}, {"\n", "F "}, {" \t\n", "F  \t"},
	} {
		got := string(appendEntry(nil, at, "stdout", []byte(c[0])))
		require.Equal(t, "2026-01-31T11:00:00.000000005Z stdout "+c[1]+"\n", got)
	}
}

// Whatever the lines and the sizes: no more files than allowed, none much larger
// than allowed, and the lines kept are the last ones, in order.
func TestLogRotates(t *testing.T) {
	for _, files := range []int{1, 2, 5} {
		path := filepath.Join(t.TempDir(), "log")
		l, err := openLog(path, 500, files)
		require.NoError(t, err)
		for i := range 100 {
			l.write(fmt.Appendf(nil, "%04d %s\n", i, strings.Repeat("x", i%60)))
		}
		require.NoError(t, l.Close())
		found, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		require.Len(t, found, files)
		var all string
		for _, at := range found {
			b, err := os.ReadFile(at)
			require.NoError(t, err)
			require.LessOrEqual(t, len(b), 500)
			all = string(b) + all
		}
		lines := strings.Split(strings.TrimSpace(all), "\n")
		for i, line := range lines {
			require.Equal(t, fmt.Sprintf("%04d", 100-len(lines)+i), line[:4])
		}
	}
}

func TestProcessTable(t *testing.T) {
	self, ok := processByID(os.Getpid())
	require.True(t, ok)
	require.Equal(t, os.Getppid(), self.parent)
	require.Equal(t, unix.Getpgrp(), self.group)
	require.NotZero(t, self.birth)
	_, ok = processByID(1 << 30)
	require.False(t, ok)
	table := []process{{pid: 1}, {pid: 2, parent: 1}, {pid: 3, parent: 2}, {pid: 4, parent: 2, zombie: true}, {pid: 5, parent: 4}, {pid: 6, parent: 1}}
	var below []int
	for _, p := range descendants(table, 2) {
		below = append(below, p.pid)
	}
	require.Equal(t, []int{3, 5}, below)
}

// A process that is just being started is known by its token, too: its environment
// comes into its place a little later than its program runs.
func TestTokenOfWhatIsJustStarted(t *testing.T) {
	for i := range 500 {
		token := fmt.Sprint("token-", i)
		cmd := exec.Command("/bin/sleep", "1000")
		cmd.Env = append(os.Environ(), tokenVariable+"="+token)
		require.NoError(t, cmd.Start())
		carries := process{pid: cmd.Process.Pid}.carries(token)
		require.NoError(t, cmd.Process.Kill())
		cmd.Wait()
		require.True(t, carries, "the %d. time", i+1)
	}
	cmd := exec.Command("/bin/sleep", "1000")
	cmd.Env = []string{}
	require.NoError(t, cmd.Start())
	defer cmd.Wait()
	defer cmd.Process.Kill()
	bare := process{pid: cmd.Process.Pid}
	require.Empty(t, bare.environ())
	require.True(t, bare.complete(), "it has none")
}

// Whoever is told that a supervisor has ended finds that it has.
func TestHintComesAfterTheEnd(t *testing.T) {
	r := &Runtime{changed: make(chan struct{}, 1)}
	for range 100 {
		fd := -1
		child, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{Sys: &syscall.SysProcAttr{PidFD: &fd}})
		require.NoError(t, err)
		child.Release()
		w := r.newWatch(fd)
		<-r.Changed()
		require.False(t, w.alive())
	}
}

// What was said is waited for as long as it takes to log it; a stream that
// somebody else was given is not, when nothing is said there.
func TestOutputIsAwaited(t *testing.T) {
	at := filepath.Join(t.TempDir(), "log")
	log, err := openLog(at, 1<<20, 1)
	require.NoError(t, err)
	s := &supervisor{log: log}
	stdout, stderr, err := s.listen()
	require.NoError(t, err)
	tick, over := make(chan time.Time), make(chan struct{})
	await := func() {
		defer close(over)
		s.awaitOutput(tick)
	}
	log.mu.Lock() // the disk is slow
	for _, f := range []*os.File{stdout, stderr} {
		fmt.Fprintln(f, "last words")
		require.NoError(t, f.Close())
	}
	go await()
	for range 100 {
		select {
		case tick <- time.Time{}:
		case <-over:
			require.Fail(t, "they were given up")
		}
	}
	log.mu.Unlock()
	<-over
	b, err := os.ReadFile(at)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(b), " F last words\n"))

	s.outputs, over = nil, make(chan struct{})
	stdout, stderr, err = s.listen()
	require.NoError(t, err)
	defer stdout.Close() // somebody has them
	defer stderr.Close()
	go await()
	for given := 0; ; given++ {
		select {
		case tick <- time.Time{}:
			require.Less(t, given, 2, "one tick for each")
			continue
		case <-over:
		}
		break
	}
}

// What a command said is passed on, also where nobody had the time to read it
// before the pause was over that follows the command's end.
func TestOutputThatIsReadLate(t *testing.T) {
	w := &wires{ended: make(chan struct{}), cut: make(chan struct{})}
	close(w.ended)
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	defer out.Close()                    // what the command left behind has it
	said := strings.Repeat("much ", 800) // any pipe has room for that
	_, err = out.WriteString(said)
	require.NoError(t, err)
	var heard strings.Builder
	w.copy(&heard, in, -time.Second)
	require.Equal(t, said, heard.String())

	_, err = out.WriteString("and more")
	require.NoError(t, err)
	close(w.cut)
	w.copy(&heard, in, time.Hour)
	require.Equal(t, said, heard.String(), "nobody wants to hear it")
}

// A log that is put aside at this moment has no gap: each file goes to the next
// number, the oldest first.
func TestLogsWhileTheyArePutAside(t *testing.T) {
	a := attempt{dir: t.TempDir()}
	const files = 4
	for n := range files {
		require.NoError(t, os.WriteFile(a.logAt(n), fmt.Append(nil, n), 0o644))
	}
	for moved := range files + 1 {
		found, err := openLogs(a)
		require.NoError(t, err)
		require.Len(t, found, files, "%d of them were moved", moved)
		for i, f := range found {
			b, err := io.ReadAll(f)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(files-1-i), string(b))
		}
		closeAll(found)
		if next := files - 1 - moved; next >= 0 {
			require.NoError(t, os.Rename(a.logAt(next), a.logAt(next+1)))
		}
	}
}

// A process is only taken for a leftover where it is beyond doubt the attempt's.
func TestLeftovers(t *testing.T) {
	run := runRecord{PID: 1 << 30, Birth: 7}
	led := []process{{pid: 1 << 30, group: 1 << 30, birth: 7}, {pid: 1<<30 + 1, group: 1 << 30, birth: 9}}
	require.Len(t, leftovers(led, attemptSpec{}, run), 2)
	reused := []process{{pid: 1 << 30, group: 1 << 30, birth: 8}, {pid: 1<<30 + 1, group: 1 << 30, birth: 9}}
	require.Empty(t, leftovers(reused, attemptSpec{}, run), "the process id was used again")
	require.Empty(t, leftovers(processes(), attemptSpec{Token: "no such token"}, runRecord{}))
	require.Empty(t, leftovers(processes(), attemptSpec{}, runRecord{}), "an empty token is nobody's")
}

func TestLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	_, err := lockFile(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, held, err := holder(path)
	require.NoError(t, err)
	require.False(t, held)
	f, err := lockFile(path)
	require.NoError(t, err)
	_, err = lockFile(path)
	require.ErrorIs(t, err, errLocked)
	pid, held, err := holder(path)
	require.NoError(t, err)
	require.True(t, held)
	require.Zero(t, pid, "host programs' locks belong to no process")
	child, err := unix.Dup(int(f.(heldLock).file.Fd())) // as one has that is just forked
	require.NoError(t, err)
	defer unix.Close(child)
	require.NoError(t, f.Close())
	f, err = lockFile(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	open, err := os.Open(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, stillAt(open, path), os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.ErrorIs(t, stillAt(open, path), os.ErrNotExist, "a new file of the same name")
	open.Close()
}

// Version 2 of control groups, on a directory that looks like one.
func TestUnifiedGroups(t *testing.T) {
	top := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(top, name), []byte(text), 0o644))
	}
	mounts := "30 23 0:26 / " + top + " rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
	require.Equal(t, limiter{}, limiterFrom(mounts, "coracle"), "no controllers to give")
	require.Equal(t, "memory and cpu", limiter{}.lacks())
	write("cgroup.controllers", "cpuset cpu io memory pids\n")
	write("cgroup.subtree_control", "")
	l := limiterFrom(mounts, "coracle")
	require.Equal(t, limiter{unified: filepath.Join(top, "coracle")}, l)
	require.Empty(t, l.lacks())
	require.Empty(t, l.paths("a", limits{}).all(), "no limits, no group")

	most := limits{memory: 64 << 20, milliCPU: 250}
	g := l.paths("a", most)
	require.NoError(t, g.make(most))
	for name, want := range map[string]string{
		"memory.max": "67108864", "memory.swap.max": "0", "memory.oom.group": "1", "cpu.max": "25000 100000",
	} {
		b, err := os.ReadFile(filepath.Join(g.Unified, name))
		require.NoError(t, err)
		require.Equal(t, want, string(b), name)
	}
	b, err := os.ReadFile(filepath.Join(top, "cgroup.subtree_control"))
	require.NoError(t, err)
	require.Equal(t, "+memory +cpu", string(b))
	require.Zero(t, g.oomKills())
	require.NoError(t, os.WriteFile(filepath.Join(g.Unified, "memory.events"), []byte("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n"), 0o644))
	require.Equal(t, 1, g.oomKills())
	require.NoError(t, os.WriteFile(filepath.Join(g.Unified, "cgroup.procs"), []byte("12\n13\n"), 0o644))
	require.Equal(t, map[int]bool{12: true, 13: true}, g.members())
	require.Equal(t, int64(1000), limits{milliCPU: 1}.quota(), "the kernel takes no less")
}
