package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"
)

// Daemon is an engine of a test's own: a dockerd with its own socket, folders
// and bridge, which may be killed, frozen and started again.
//
// It makes no firewall rules, for there is one set of them on the machine. So
// its containers and the machine reach each other, and nobody else reaches them.
// It is given no address pool: a dockerd that has one deletes docker0, whoever's
// that is, when it starts again.
type Daemon struct {
	Endpoint string // unix:///…/docker.sock
	Client   *docker.Client

	t       testing.TB
	dir     string
	bridge  string
	flags   []string
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// NewDaemon starts an engine that ends with the test, with everything it made.
// Flags are handed on to dockerd: "--live-restore" keeps containers alive while
// it is away. The test is skipped where it can't be started: there is no
// dockerd, or the user is not root. Where CI=true it fails then.
func NewDaemon(t testing.TB, flags ...string) *Daemon {
	t.Helper()
	_, err := exec.LookPath("dockerd")
	if err == nil && os.Getuid() != 0 {
		err = fmt.Errorf("user %d is not root", os.Getuid())
	}
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("no engine can be started here: ", err)
	}
	require.NoError(t, err, "CI needs to start an engine")
	dir, err := os.MkdirTemp("", "dockerd") // shorter than t.TempDir: the name of a socket has 107 bytes at most
	require.NoError(t, err)
	d := &Daemon{t: t, dir: dir, flags: flags, Endpoint: "unix://" + dir + "/docker.sock"}
	t.Cleanup(d.end)
	d.makeBridge()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "daemon.json"), []byte("{}"), 0o600)) // not the machine's
	d.Client, err = docker.NewClient(d.Endpoint)
	require.NoError(t, err)
	d.Start()
	return d
}

// makeBridge makes a bridge with a subnet that nobody else here has.
func (d *Daemon) makeBridge() {
	d.t.Helper()
	random := rand.Uint32()
	d.bridge = fmt.Sprintf("ce%08x", random)
	run(d.t, "ip", "link", "add", d.bridge, "type", "bridge")
	run(d.t, "ip", "address", "add", freeSubnet(d.t)+".0.1/24", "dev", d.bridge)
	run(d.t, "ip", "link", "set", d.bridge, "up")
}

// freeSubnet returns the first two bytes of a /16 that no interface is in.
func freeSubnet(t testing.TB) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for {
		subnet := fmt.Sprintf("10.%d", 128+rand.IntN(120))
		taken := false
		for _, a := range addresses {
			taken = taken || strings.HasPrefix(a.String(), subnet+".")
		}
		if !taken {
			return subnet
		}
	}
}

// Start starts the engine, again or for the first time, and returns when it answers.
func (d *Daemon) Start() {
	d.t.Helper()
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(d.t, err)
	defer log.Close()
	// Of one that was killed. Where nobody reaps its containerd, which went with it,
	// dockerd would take that for a living one.
	os.Remove(filepath.Join(d.dir, "pid"))
	os.Remove(filepath.Join(d.dir, "run/containerd/containerd.pid"))
	d.process = exec.Command("dockerd", append([]string{
		"--config-file", filepath.Join(d.dir, "daemon.json"),
		"--host", d.Endpoint,
		"--data-root", filepath.Join(d.dir, "data"),
		"--exec-root", filepath.Join(d.dir, "run"),
		"--pidfile", filepath.Join(d.dir, "pid"),
		"--bridge", d.bridge, "--iptables=false", "--ip6tables=false",
	}, append(d.storage(), d.flags...)...)...)
	d.process.Stdout, d.process.Stderr = log, log
	d.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is the test's affair
	require.NoError(d.t, d.process.Start())
	process, ended := d.process, make(chan struct{})
	d.ended = ended
	go func() { process.Wait(); close(ended) }()
	// After a kill it puts in order what each of its containers left, which takes a while.
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := d.Client.PingWithContext(ctx)
		cancel()
		switch {
		case err == nil:
			return
		case time.Now().After(deadline), d.over():
			said, _ := os.ReadFile(log.Name())
			require.NoError(d.t, err, "dockerd does not answer; its log ends with:\n%s", said[max(0, len(said)-4000):])
		}
	}
}

// storage has the engine lay out its files as this machine's engine does: not
// every way works everywhere.
func (d *Daemon) storage() []string {
	client, err := docker.NewClientFromEnv()
	if err != nil {
		return nil
	}
	info, err := client.Info()
	if err != nil {
		return nil
	}
	return []string{"--storage-driver", info.Driver}
}

// over says whether the process has ended.
func (d *Daemon) over() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

// Kill kills the engine with SIGKILL. Its containers go on; without
// --live-restore they are killed when it starts again.
func (d *Daemon) Kill() { d.signal(syscall.SIGKILL) }

// Stop ends the engine in an orderly way: without --live-restore its
// containers are stopped first.
func (d *Daemon) Stop() { d.signal(syscall.SIGTERM) }

// signal sends a signal that ends the engine, and waits for the end.
func (d *Daemon) signal(signal syscall.Signal) {
	d.t.Helper()
	d.process.Process.Signal(signal)
	select {
	case <-d.ended:
	case <-time.After(3 * time.Minute):
		d.process.Process.Kill()
		<-d.ended
		d.t.Errorf("dockerd did not end within three minutes of %s", signal)
	}
}

// Freeze has the engine answer nothing until Thaw. Connections to it are
// accepted all the same, by the kernel.
func (d *Daemon) Freeze() {
	d.t.Helper()
	d.process.Process.Signal(syscall.SIGSTOP)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.process.Process.Pid))
		require.NoError(d.t, err)
		if strings.Contains(string(status), "State:\tT") {
			return
		}
		require.True(d.t, time.Now().Before(deadline), "dockerd goes on after SIGSTOP")
	}
}

// Thaw ends Freeze.
func (d *Daemon) Thaw() { d.process.Process.Signal(syscall.SIGCONT) }

// end removes everything: containers first, while somebody can be asked to.
func (d *Daemon) end() {
	if d.process != nil {
		d.Thaw()
		if !d.over() {
			d.removeContainers()
			d.Stop()
		}
	}
	d.killLeftovers()
	d.unmount()
	if out, err := exec.Command("ip", "link", "delete", d.bridge).CombinedOutput(); err != nil {
		d.t.Errorf("delete bridge %s: %v: %s", d.bridge, err, out)
	}
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Errorf("remove the engine's folder: %v", err)
	}
}

func (d *Daemon) removeContainers() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	list, err := d.Client.ListContainers(docker.ListContainersOptions{All: true, Context: ctx})
	if err != nil {
		d.t.Errorf("list the engine's containers: %v", err)
	}
	for _, c := range list {
		d.Client.RemoveContainer(docker.RemoveContainerOptions{ID: c.ID, Force: true, RemoveVolumes: true, Context: ctx})
	}
}

// killLeftovers kills what an engine that was killed left running: processes
// with its folder in their command line, and below them its containers.
func (d *Daemon) killLeftovers() {
	parents := map[int]int{}
	doomed := map[int]bool{}
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range entries {
		var pid, parent int
		fmt.Sscanf(filepath.Base(folder), "%d", &pid)
		stat, _ := os.ReadFile(filepath.Join(folder, "stat"))
		if _, rest, ok := strings.Cut(string(stat), ") "); ok {
			fmt.Sscanf(rest[2:], "%d", &parent)
		}
		parents[pid] = parent
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		if strings.Contains(string(command), d.dir+"/") && pid != os.Getpid() {
			doomed[pid] = true
		}
	}
	for pid, parent := range parents {
		if doomed[parent] {
			doomed[pid] = true
		}
	}
	for pid := range doomed {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// unmount ends the mounts below the engine's folder, the deepest first.
func (d *Daemon) unmount() {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	var below []string
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], d.dir+"/") {
			below = append(below, fields[1])
		}
	}
	for i := len(below) - 1; i >= 0; i-- {
		if err := syscall.Unmount(below[i], syscall.MNT_DETACH); err != nil {
			d.t.Errorf("unmount %s: %v", below[i], err)
		}
	}
}

// run runs a program of the machine, which must succeed.
func run(t testing.TB, name string, arguments ...string) {
	t.Helper()
	out, err := exec.Command(name, arguments...).CombinedOutput()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(arguments, " "), out)
}
