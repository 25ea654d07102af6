package docker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Runtime runs the containers of one node on a Docker Engine. Its methods may be
// called by any number of goroutines at a time.
type Runtime struct {
	node   string
	config Config
	at     endpoint
	client *docker.Client // never called itself: see engine

	changed chan struct{}
	chores  chan chores
	counts  chan struct{}  // asks for a count of what is in volumes
	keepers sync.WaitGroup // what runs in the background

	connecting chan struct{} // held while the connection is made
	pods       podLocks
	disks      podLocks // by disk
	pulls      *pulls
	news       news

	mu       sync.Mutex
	info     *docker.DockerInfo   // nil: not connected yet
	end      context.CancelFunc   // ends what runs in the background; nil: nothing does
	listed   bool                 // List has returned, so that all is known that there was
	newest   map[key]int          // the newest attempt that was ever started
	active   map[string]time.Time // by pod uid, when a Start of it last began or ended
	infras   map[string]infra     // by pod uid, those that ran when they were last seen
	states   map[string]known     // by container id
	died     map[string]bool      // by container id, of which an event said that it ended
	killed   map[string]string    // by container id, why it was killed in the background
	filled   map[string]string    // by pod uid, the infra container whose volumes are filled
	looks    map[string]look      // by pod uid, how its volumes were
	usage    map[string]int64     // by name, how many bytes were in volumes when they were counted
	infraImg string               // the image of infra containers; empty: not looked for yet
	warnings map[string]bool
	wanted   map[string]int // by an image's name, how many starts need it now
	fullAt   time.Time      // when the engine's disk was last found full
}

// key names a container over all its attempts.
type key struct{ uid, container string }

// known is the state of a container that need not be asked for again as long
// as the engine says that it is what it was.
type known struct {
	engine string // the engine's word for it
	state  pod.ContainerState
}

// New returns the runtime of a node. It connects to the engine when it is first
// used, so an engine that does not answer is the error of that call.
func New(c Config, nodeName string) (*Runtime, error) {
	r, err := newRuntime(c, nodeName)
	if err != nil {
		return nil, fmt.Errorf("open docker runtime of node %q: %w", nodeName, err)
	}
	return r, nil
}

func newRuntime(c Config, nodeName string) (*Runtime, error) {
	c, err := c.resolved()
	if err != nil {
		return nil, err
	}
	if nodeName == "" {
		return nil, fmt.Errorf("a node needs a name")
	}
	at, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	client, err := at.client()
	if err != nil {
		return nil, fmt.Errorf("make client of %q: %w", at.url, err)
	}
	r := &Runtime{
		node: nodeName, config: c, at: at, client: client,
		changed: make(chan struct{}, 1), chores: make(chan chores, 1), counts: make(chan struct{}, 1), connecting: make(chan struct{}, 1),
		pods: podLocks{held: make(map[string]*podLock)}, disks: podLocks{held: make(map[string]*podLock)}, pulls: newPulls(c.Pulls),
		newest: make(map[key]int), active: make(map[string]time.Time), infras: make(map[string]infra),
		states: make(map[string]known), wanted: make(map[string]int), killed: make(map[string]string), died: make(map[string]bool), warnings: make(map[string]bool),
		filled: make(map[string]string), looks: make(map[string]look),
	}
	return r, nil
}

// Close ends what the runtime does in the background. The containers go on.
func (r *Runtime) Close() error {
	r.mu.Lock()
	if r.end != nil {
		r.end()
	}
	r.mu.Unlock()
	r.keepers.Wait()
	r.client.HTTPClient.CloseIdleConnections()
	return nil
}

// engine returns a client whose calls all end with ctx. The first call asks the
// engine what it is, and begins to follow its events.
func (r *Runtime) engine(ctx context.Context) (*docker.Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r.connecting <- struct{}{}:
		defer func() { <-r.connecting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := r.connect(ctx); err != nil {
		return nil, fmt.Errorf("connect to docker engine %q: %w", r.at.url, err)
	}
	return bound(ctx, r.client), nil
}

// connect asks the engine for its version and what it can do, once.
func (r *Runtime) connect(ctx context.Context) error {
	if r.facts() != nil {
		return nil
	}
	first := bound(ctx, r.client)
	first.SkipServerVersionCheck = false // asks for the version and keeps it: a start would do that without a context
	info, err := first.Info()
	if err != nil {
		return err
	}
	first.HTTPClient, first.SkipServerVersionCheck = r.client.HTTPClient, true
	r.client = first
	life, end := context.WithCancel(context.Background())
	r.mu.Lock()
	r.info, r.end = info, end
	r.mu.Unlock()
	r.keepers.Go(func() { r.follow(life) })
	r.keepers.Go(func() { r.tidy(life) })
	r.keepers.Go(func() { r.countVolumes(life) })
	r.keepers.Go(func() { r.pullImages(life) })
	if r.config.KeepImages > 0 {
		r.keepers.Go(func() { r.collectImages(life) })
	}
	return nil
}

// facts returns what the engine said of itself; nil before it was asked.
func (r *Runtime) facts() *docker.DockerInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.info
}

var (
	_ orchestrator.Prober        = (*Runtime)(nil)
	_ orchestrator.Logger        = (*Runtime)(nil)
	_ orchestrator.Executor      = (*Runtime)(nil)
	_ orchestrator.Attacher      = (*Runtime)(nil)
	_ orchestrator.PortForwarder = (*Runtime)(nil)
	_ orchestrator.Meter         = (*Runtime)(nil)
)

// Changed returns a channel that receives when a container of this node has
// ended or was removed, as the engine's events tell, and when that stream was
// interrupted. Hints begin with the first call that reached the engine.
func (r *Runtime) Changed() <-chan struct{} { return r.changed }

// hint says that List may have changed.
func (r *Runtime) hint() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Capacity returns the processors and memory of the engine's machine, and 110
// pods, as Kubernetes' kubelet has by default. Nodes on one engine each return all of it.
func (r *Runtime) Capacity(ctx context.Context) (pod.Resources, error) {
	if _, err := r.engine(ctx); err != nil {
		return nil, fmt.Errorf("measure node %q: %w", r.node, err)
	}
	info := r.facts()
	return pod.Resources{
		pod.CPU:    pod.NewQuantity(int64(info.NCPU), pod.DecimalSI),
		pod.Memory: pod.NewQuantity(info.MemTotal, pod.BinarySI),
		pod.Pods:   pod.NewQuantity(110, pod.DecimalSI),
	}, nil
}

// Warnings says what of the pods' specifications the engine does not enforce,
// and what went wrong in the background.
func (r *Runtime) Warnings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := lacks(r.info)
	for text := range r.warnings {
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// lacks says which limits the engine does not enforce.
func lacks(info *docker.DockerInfo) []string {
	var out []string
	if info == nil {
		return nil
	}
	if !info.MemoryLimit {
		out = append(out, "the engine does not enforce memory limits")
	} else if !info.SwapLimit {
		out = append(out, "the engine does not count swap: a container may use more than its memory limit where the machine has swap")
	}
	if !info.CPUCfsQuota {
		out = append(out, "the engine does not enforce cpu limits")
	}
	if !info.CPUShares {
		out = append(out, "the engine does not weigh cpu requests")
	}
	return out
}

// mostWarnings bounds what is kept of what went wrong in the background: an
// engine in trouble says something else of each container.
const mostWarnings = 32

func (r *Runtime) warn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.warnings) < mostWarnings {
		r.warnings[text] = true
	}
}
