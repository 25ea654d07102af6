//go:build linux

package process_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

// copyFiles makes a directory with copies of some files of another.
func copyFiles(t *testing.T, from, to string, names ...string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(to, 0o755))
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, name), b, 0o600))
	}
}

// hostPod is a pod of the host program: it notes each start of its program.
func hostPod(dir, uid string) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{Name: uid, Namespace: "default", UID: uid},
		Spec: pod.Spec{Containers: []pod.Container{{
			Name: "main", Image: "self", Args: []string{filepath.Join(dir, "starts-"+uid)},
			Env: []pod.EnvVar{{Name: "WORKLOAD", Value: "once"}},
		}}},
	}
}

func hostConfig(dir string) process.Config {
	exe, _ := os.Executable()
	return process.Config{Dir: filepath.Join(dir, "state"), Images: map[string]string{"self": exe}}
}

// host is the program that gets killed: it starts, stops and removes pods
// without end, and says before and after each deed what it does.
func host(dir string) int {
	r, err := process.New(hostConfig(dir), "n1")
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("open")
	say := func(deed, uid string, do func() error) {
		fmt.Println("will", deed, uid)
		if err := do(); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("did", deed, uid)
	}
	ctx := context.Background()
	for n := 0; ; n++ {
		uid := fmt.Sprintf("p%d-%d", os.Getpid(), n)
		p := hostPod(dir, uid)
		say("start", uid, func() error { return r.Start(ctx, p, p.Spec.Containers[0]) })
		switch n % 4 {
		case 1:
			say("stop", uid, func() error { return r.Stop(ctx, orchestrator.RefTo(p, "main"), 0) })
		case 2:
			say("remove", uid, func() error { return r.Remove(ctx, uid) })
		}
	}
}

// diary is what hosts said: the last deed for each pod, and whether it was done.
type diary struct {
	deed map[string]string
	done map[string]bool
	bad  string
}

// runHost runs a host program and kills it after a while.
func (d *diary) runHost(t *testing.T, dir string, life time.Duration) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "HOST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer cmd.Wait()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		switch f[0] {
		case "open":
			time.AfterFunc(life, func() { cmd.Process.Kill() })
		case "will", "did":
			d.deed[f[2]], d.done[f[2]] = f[1], f[0] == "did"
		default:
			d.bad = lines.Text()
			cmd.Process.Kill()
		}
	}
}

// check compares what is with what was said, and starts again what may not have been.
func (d *diary) check(x *rig, pids map[string]int) {
	x.Helper()
	require.Empty(x, d.bad)
	running, listed := map[string]int{}, map[string]bool{}
	for _, s := range x.list() {
		listed[s.UID] = true
		if s.State.Running != nil {
			running[s.UID], _ = strconv.Atoi(s.ID)
		}
	}
	for uid, deed := range d.deed {
		what := fmt.Sprintf("%s: %s, done: %v", uid, deed, d.done[uid])
		starts := filepath.Join(x.dir, "starts-"+uid)
		switch {
		case deed == "start" && !d.done[uid]:
			p := hostPod(x.dir, uid)
			x.start(p)
			pids[uid] = x.pid(orchestrator.RefTo(p, "main"))
			if before := running[uid]; before != 0 {
				require.Equal(x, before, pids[uid], what)
			}
			d.done[uid] = true
		case deed == "start":
			require.NotZero(x, running[uid], what)
		case deed == "stop" && d.done[uid]:
			require.True(x, listed[uid], what)
			require.Zero(x, running[uid], what)
		case deed == "remove" && d.done[uid]:
			require.False(x, listed[uid], what)
		}
		if pid := running[uid]; pid != 0 && deed == "start" {
			require.True(x, living(pid), what)
			if old, ok := pids[uid]; ok {
				require.Equal(x, old, pid, what)
			}
			pids[uid] = pid
			x.until("it has begun", func() bool { return len(pidsIn(starts)) > 0 })
			require.Equal(x, []int{pid}, pidsIn(starts), what)
		}
		require.LessOrEqual(x, len(pidsIn(starts)), 1, "%s: never started twice", what)
	}
}

// The host program is killed at random moments. Afterwards everything that it
// said is true, what ran goes on as the same process, and nothing ran twice.
func TestHostKilled(t *testing.T) {
	x := newRig(t)
	x.config = hostConfig(x.dir)
	d := &diary{deed: map[string]string{}, done: map[string]bool{}}
	pids := map[string]int{}
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		d.runHost(t, x.dir, time.Duration(random.Int64N(int64(150*time.Millisecond))))
		x.open()
		d.check(x, pids)
	}
	require.NotEmpty(t, pids)
	t.Logf("%d pods, %d of them running", len(d.deed), len(pids))
	for uid, pid := range pids {
		require.Equal(t, syscall.Kill(pid, 0), nil, uid)
	}
}
