package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
)

// Runtime runs containers as processes of this machine. Make one with New; see
// the package's overview for what it does and what it leaves to the program.
//
// It implements orchestrator.Runtime, Sizer, Warner, Prober, Logger, Executor,
// Attacher, PortForwarder, Meter and io.Closer. Its methods may be called by several goroutines at a time.
type Runtime struct {
	config    Config
	node      string
	dir, pods string // Dir/nodes/<node>, and pods below it
	addresses addresses
	limiter   limiter
	volumes   *mount.Volumes
	changed   chan struct{}

	mu       sync.Mutex
	closed   bool
	records  map[string]podRecord      // by uid; immutable, so kept
	exits    map[string]pod.Terminated // by directory of the attempt; immutable, so kept
	runs     map[string]runRecord      // by directory of a live attempt; immutable
	watches  map[string]*watch         // of live supervisors, by directory of the attempt
	warnings map[string]bool
}

var (
	_ orchestrator.Runtime = (*Runtime)(nil)
	_ orchestrator.Sizer   = (*Runtime)(nil)
	_ orchestrator.Warner  = (*Runtime)(nil)
	_ orchestrator.Prober  = (*Runtime)(nil)

	_ orchestrator.Logger        = (*Runtime)(nil)
	_ orchestrator.Executor      = (*Runtime)(nil)
	_ orchestrator.Attacher      = (*Runtime)(nil)
	_ orchestrator.PortForwarder = (*Runtime)(nil)
	_ orchestrator.Meter         = (*Runtime)(nil)
)

// format is the version of what is on disk.
const format = 1

// New returns the runtime of one node. It makes the node's directories, finishes
// what a crash left half done, and starts nothing: what runs is found by List.
// Several nodes may share one Config; at most one host program should use a
// node at a time.
//
// It fails where the Config is wrong, the directory can not be written or was
// made by a newer version, or the program does not call Supervise in its main.
func New(config Config, nodeName string) (*Runtime, error) {
	r, err := newRuntime(config, nodeName)
	if err != nil {
		return nil, fmt.Errorf("open process runtime of node %q: %w", nodeName, err)
	}
	return r, nil
}

func newRuntime(config Config, nodeName string) (*Runtime, error) {
	config, cidr, err := config.resolved(nodeName)
	if err != nil {
		return nil, err
	}
	if config.Supervisor == "" && !supervises.Load() {
		return nil, errors.New("main (or TestMain) must begin with process.Supervise(), or Config.Supervisor must name a program that does")
	}
	dir := filepath.Join(config.Dir, "nodes", nodeName)
	r := &Runtime{
		config:    config,
		node:      nodeName,
		dir:       dir,
		pods:      filepath.Join(dir, "pods"),
		addresses: addresses{filepath.Join(config.Dir, "addresses"), dir, cidr},
		limiter:   findLimiter(config.Cgroup),
		changed:   make(chan struct{}, 1),
		records:   make(map[string]podRecord),
		exits:     make(map[string]pod.Terminated),
		runs:      make(map[string]runRecord),
		watches:   make(map[string]*watch),
		warnings:  make(map[string]bool),
	}
	r.volumes = &mount.Volumes{
		Dir: filepath.Join(dir, volumesDir), Sources: config.Volumes, Warn: func(text string) { r.warn(text) },
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// open makes the directories, checks their version, and tidies up.
func (r *Runtime) open() error {
	for _, dir := range []string{r.pods, r.addresses.dir} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	var version struct{ Format int }
	at := filepath.Join(r.config.Dir, "process.json")
	err := readJSON(at, &version)
	switch {
	case err == nil && version.Format > format:
		return fmt.Errorf("%q was made by a newer version: it has format %d, this program knows %d", at, version.Format, format)
	case notStarted(err):
		version.Format = format
		err = writeJSON(at, version, 0o644, synced)
	}
	if err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(r.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	lock.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.alone(ctx, r.tidy); err != nil {
		return err
	}
	return r.volumes.Tidy(ctx, func(uid string) bool { return exists(filepath.Join(r.podDir(uid), podFile)) })
}

// Changed returns a channel that receives when a supervisor of this node has
// ended. Hints begin with the first List or Start that finds the attempt.
func (r *Runtime) Changed() <-chan struct{} { return r.changed }

// hint says that List may have changed.
func (r *Runtime) hint() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Warnings says what of the pods' specifications is not enforced on this machine.
func (r *Runtime) Warnings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, 0, len(r.warnings)+1)
	if lacks := r.limiter.lacks(); lacks != "" {
		out = append(out, lacks+" limits are not enforced: no control group can be made below "+strconv.Quote(r.config.Cgroup))
	}
	for text := range r.warnings {
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func (r *Runtime) warn(texts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		r.warnings[text] = true
	}
}

// Capacity returns the machine's processors and memory, and 110 pods, as
// Kubernetes' kubelet has by default. Nodes that share a machine each return all of it.
func (r *Runtime) Capacity(context.Context) (pod.Resources, error) {
	memory, err := totalMemory()
	if err != nil {
		return nil, fmt.Errorf("measure node %q: %w", r.node, err)
	}
	return pod.Resources{
		pod.CPU:    pod.NewQuantity(int64(runtime.NumCPU()), pod.DecimalSI),
		pod.Memory: pod.NewQuantity(memory, pod.BinarySI),
		pod.Pods:   pod.NewQuantity(110, pod.DecimalSI),
	}, nil
}

// totalMemory returns MemTotal of /proc/meminfo in bytes.
func totalMemory() (int64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if kb, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(kb, "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("no MemTotal in /proc/meminfo")
}

// LogFile returns the path of the file that an attempt's output is being
// written to; see the package's overview for its form. It need not exist.
func (r *Runtime) LogFile(ref orchestrator.ContainerRef) string {
	a, err := r.attempt(ref)
	if err != nil {
		return ""
	}
	return a.path(logFile)
}
