//go:build linux

package orchtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// The test binary plays every part: the tests, the supervisors of containers,
// and the host program that is killed.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a program with the race detector takes a second to exit
	process.Supervise()
	if dir := os.Getenv("HOST_DIR"); dir != "" {
		if err := host(dir, os.Getenv("HOST_SEED"), os.Stdout); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// nodeNames are the nodes of the host.
var nodeNames = []string{"n1", "n2"}

// clients is how many write at a time. Each has objects of its own.
const clients = 4

// anchor is a controller that is created at the beginning and never touched again.
const anchor = "anchor"

// host is the program that gets killed. Its clients create, scale and delete
// without end, and say on out what they will do and what they were told.
func host(dir, seed string, out io.Writer) error {
	journal, err := bolt.Open(filepath.Join(dir, "state.db"))
	if err != nil {
		return err
	}
	var e engine = processes{}
	if image := os.Getenv("HOST_IMAGE"); image != "" {
		e = dockers{image: image, instance: os.Getenv("HOST_INSTANCE")}
	}
	cfg := orchestrator.Config{Dial: e.dial(dir), Journal: journal}
	for _, name := range nodeNames {
		cfg.Machines = append(cfg.Machines, &node.Node{Meta: labels.Meta{Name: name}})
	}
	o, err := orchestrator.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	say := newSpeaker(out)
	if seed == "" { // it is not killed: it ends when all is as asked
		err := o.Client().Wait(ctx, complete)
		say("settled")
		cancel()
		return errors.Join(err, <-ended)
	}
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	say("open")
	for k := range clients {
		c := client{o.Client(), say, k, rand.New(rand.NewPCG(n, uint64(k))), e.container(dir), e.pace()}
		go c.write(ctx)
	}
	return <-ended
}

// complete reports whether everything is as it was asked for.
func complete(view store.Reader) bool {
	ready := 0
	for c := range view.Controllers().All(store.Filter{}) {
		if c.Status.ReadyReplicas != *c.Spec.Replicas {
			return false
		}
		ready += c.Status.ReadyReplicas
	}
	return view.Pods().Len() == ready
}

// newSpeaker returns what prints one line at a time with a single write: what
// was said is said, whenever the program dies.
func newSpeaker(out io.Writer) func(words ...any) {
	var mu sync.Mutex
	w := bufio.NewWriter(out)
	return func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, words...)
		w.Flush()
	}
}

// client is one that writes.
type client struct {
	*orchestrator.Client
	say   func(words ...any)
	k     int
	rng   *rand.Rand
	shape pod.Container
	pace  time.Duration // the longest pause between two writes
}

// write does one thing after the other until it is killed.
func (c *client) write(ctx context.Context) {
	if c.k == 0 {
		c.scale(ctx, anchor, 3)
	}
	for serial := c.rng.Uint64(); ; serial++ {
		time.Sleep(time.Duration(c.rng.Int64N(int64(c.pace))))
		name := fmt.Sprintf("web-%d", c.k)
		switch c.rng.IntN(8) {
		case 0, 1:
			c.scale(ctx, name, c.rng.IntN(4))
		case 2:
			c.do("end", name, -1, func() error {
				err := c.Controllers().Delete(ctx, "", name, orchestrator.DeleteOptions{Cascade: true})
				if errors.Is(err, orchestrator.ErrNotFound) {
					return nil
				}
				return err
			})
		default:
			c.triple(ctx, fmt.Sprintf("s%d-%x", c.k, serial))
		}
	}
}

// scale creates a controller or changes its number of replicas.
func (c *client) scale(ctx context.Context, name string, n int) {
	grace := int64(1)
	rc := &replication.Controller{
		Meta: labels.Meta{Name: name},
		Spec: replication.Spec{Replicas: &n, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": name}},
			Spec: pod.Spec{Containers: []pod.Container{c.shape}, TerminationGracePeriodSeconds: &grace},
		}},
	}
	c.do("scale", name, n, func() error {
		_, err := c.Apply(ctx, rc)
		return err
	})
}

// triple creates three objects in one write, and may delete them in another.
func (c *client) triple(ctx context.Context, name string) {
	var three []labels.Object
	for i := range 3 {
		three = append(three, &service.Service{
			Meta: labels.Meta{Name: fmt.Sprint(name, "-", i)}, Spec: service.Spec{Ports: []service.Port{{Port: 80}}},
		})
	}
	c.do("triple", name, 3, func() error {
		_, err := c.Apply(ctx, three...)
		return err
	})
	if c.rng.IntN(4) == 0 {
		return // these stay
	}
	var deletions []orchestrator.Operation
	for _, o := range three {
		deletions = append(deletions, orchestrator.Operation{
			Verb: orchestrator.Delete, Kind: store.KindService, Name: o.Identity().Name,
		})
	}
	c.do("drop", name, -1, func() error {
		_, err := c.Do(ctx, deletions...)
		return err
	})
}

// do says what will be done, does it, and says that it was done.
func (c *client) do(deed, name string, n int, do func() error) {
	c.say("will", deed, name, n)
	if err := do(); err != nil {
		c.say("error", deed, name, err)
		return
	}
	c.say("did", deed, name, n)
}
