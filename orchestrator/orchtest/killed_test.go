//go:build linux

package orchtest_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// The host program is killed at random moments while clients create, scale and
// delete. After each death every write that was acknowledged is in the journal
// and every other one is there as a whole or not at all; what ran goes on as
// the same process, no container was started twice, none is lost, and nothing
// runs that is not recorded.
func TestHostIsKilled(t *testing.T) {
	t.Parallel()
	killAndCheck(t, processes{}, 200, 150*time.Millisecond)
}

// The same on a Docker Engine, which takes its time.
func TestHostOfDockerIsKilled(t *testing.T) {
	t.Parallel()
	client := enginetest.Connect(t)
	instance := "killed-" + enginetest.Unique()
	enginetest.NothingLeft(t, client, "coracle.dev/instance="+instance)
	killAndCheck(t, dockers{image: enginetest.Toy(t, client), instance: instance}, 20, 1500*time.Millisecond)
}

// killAndCheck kills a host so many times, each at most so long after it has begun.
func killAndCheck(t *testing.T, engine engine, rounds int, life time.Duration) {
	d := &diary{t: t, dir: t.TempDir(), engine: engine, counts: make(map[string][]int), ids: make(map[string]string)}
	t.Cleanup(d.clear)
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range rounds {
		d.run(strconv.FormatUint(random.Uint64(), 10), time.Duration(random.Int64N(int64(life))), i%4 == 3)
		d.check()
	}
	d.run("", 0, false) // one that lives until all is as asked
	require.True(t, d.settled, "it is never as asked")
	d.complete()
	require.Positive(t, d.seen, "nothing ever ran")
	t.Logf("%d lives, %d writes acknowledged, %d not; %d containers seen to run", rounds, d.acknowledged, d.unanswered, d.seen)
}

// diary is what the hosts said, and what was found after their deaths.
type diary struct {
	t       *testing.T
	dir     string
	engine  engine
	counts  map[string][]int  // by name: what may be recorded. The last is what was asked for last.
	ids     map[string]string // by pod uid: the container that ran at the last look
	settled bool

	acknowledged, unanswered, seen int
}

// run starts a host and kills it a while after it has begun to work; early: after
// its start, which may be in the middle of its recovery. One without a seed ends by itself.
func (d *diary) run(seed string, life time.Duration, early bool) {
	d.t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "HOST_DIR="+d.dir, "HOST_SEED="+seed)
	if on, ok := d.engine.(dockers); ok {
		cmd.Env = append(cmd.Env, "HOST_IMAGE="+on.image, "HOST_INSTANCE="+on.instance)
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(d.t, err)
	require.NoError(d.t, cmd.Start())
	killer := time.AfterFunc(10*time.Minute, func() { cmd.Process.Kill() })
	if early {
		killer.Reset(life)
	}
	lines := bufio.NewScanner(out)
	open := make(map[string]bool)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] == "open" && !early {
			killer.Reset(life)
		}
		d.note(words, open)
	}
	killer.Stop()
	cmd.Wait()
	d.unanswered += len(open)
}

// note takes in one line of a host.
func (d *diary) note(words []string, open map[string]bool) {
	switch words[0] {
	case "open":
	case "settled":
		d.settled = true
	case "will", "did":
		name := words[2]
		n, err := strconv.Atoi(words[3])
		require.NoError(d.t, err)
		if open[name] = words[0] == "will"; !open[name] {
			delete(open, name)
			d.acknowledged++
			d.counts[name] = []int{n}
			return
		}
		if d.counts[name] == nil {
			d.counts[name] = []int{-1}
		}
		d.counts[name] = append(d.counts[name], n)
	default:
		require.Fail(d.t, strings.Join(words, " "))
	}
}

// check compares the journal and the runtimes with what was said.
func (d *diary) check() {
	d.t.Helper()
	objects := d.load()
	have := make(map[string]int)
	pods := make(map[string]*pod.Pod)
	for _, o := range objects {
		switch o := o.(type) {
		case *replication.Controller:
			have[o.Name] = *o.Spec.Replicas
		case *service.Service:
			have[o.Name[:strings.LastIndex(o.Name, "-")]]++
		case *pod.Pod:
			pods[o.UID] = o
		}
	}
	for name, allowed := range d.counts {
		n, found := have[name]
		if !found {
			n = -1
		}
		require.Contains(d.t, allowed, n, name)
		d.counts[name] = []int{n}
	}
	d.checkContainers(pods)
}

// checkContainers compares what runs with what is recorded, and with what ran before.
func (d *diary) checkContainers(pods map[string]*pod.Pod) {
	d.t.Helper()
	running, times := make(map[string]string), d.begun()
	for _, s := range d.list() {
		require.Zero(d.t, s.Attempt, "%v: nothing ends by itself, so nothing is started again", s.ContainerRef)
		if s.State.Running == nil {
			continue
		}
		require.Contains(d.t, pods, s.UID, "it runs and is not recorded: %v", s)
		require.NotContains(d.t, running, s.UID, "it runs twice")
		running[s.UID] = ""
		if !pods[s.UID].Deleting() { // otherwise it may just be ending
			running[s.UID] = d.engine.process(d.t, s)
		}
	}
	for uid, id := range d.ids {
		if p := pods[uid]; p == nil || p.Deleting() {
			delete(d.ids, uid)
			continue
		}
		require.Equal(d.t, id, running[uid], "pod %s goes on as the same container", pods[uid].Name)
	}
	for uid, id := range running {
		if d.ids[uid] == "" {
			d.seen++
		}
		if !pods[uid].Deleting() && id != "" { // otherwise it was just about to begin
			d.ids[uid] = id
		}
	}
	for uid, n := range times {
		require.Equal(d.t, 1, n, "pod %s was started more than once", uid)
	}
}

// begun returns how often the container of each pod began, by uid.
func (d *diary) begun() map[string]int {
	d.t.Helper()
	times := make(map[string]int)
	for _, uid := range d.engine.begun(d.t, d.dir) {
		times[uid]++
	}
	return times
}

// complete requires that what runs is exactly what is asked for. A program that a
// host began to start before it was killed may take its time to begin.
func (d *diary) complete() {
	d.t.Helper()
	late := time.After(3 * time.Minute)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		d.check()
		want := d.wanted()
		if len(d.ids) == want {
			return
		}
		select {
		case <-again.C:
		case <-late:
			require.Len(d.t, d.ids, want)
		}
	}
}

// wanted returns how many containers are asked for.
func (d *diary) wanted() int {
	d.t.Helper()
	want, anchored := 0, false
	for _, o := range d.load() {
		if c, ok := o.(*replication.Controller); ok {
			want += *c.Spec.Replicas
			if c.Name == anchor {
				anchored = true
				require.Equal(d.t, 3, *c.Spec.Replicas)
			}
		}
	}
	require.True(d.t, anchored, "no client ever got anything done")
	return want
}

func (d *diary) load() []labels.Object {
	d.t.Helper()
	journal, err := bolt.Open(filepath.Join(d.dir, "state.db"))
	require.NoError(d.t, err)
	defer journal.Close()
	objects, _, err := journal.Load(d.t.Context())
	require.NoError(d.t, err)
	return objects
}

// runtimes connects to the nodes as a host does.
func (d *diary) runtimes(ctx context.Context) []orchestrator.Runtime {
	d.t.Helper()
	var all []orchestrator.Runtime
	for _, name := range nodeNames {
		r, err := d.engine.dial(d.dir)(ctx, &node.Node{Meta: labels.Meta{Name: name}})
		require.NoError(d.t, err)
		all = append(all, r)
	}
	return all
}

// list returns what is on all nodes.
func (d *diary) list() []orchestrator.ContainerState {
	d.t.Helper()
	var all []orchestrator.ContainerState
	for _, r := range d.runtimes(d.t.Context()) {
		states, err := r.List(d.t.Context())
		require.NoError(d.t, err)
		all = append(all, states...)
		if c, ok := r.(interface{ Close() error }); ok {
			require.NoError(d.t, c.Close())
		}
	}
	return all
}

// clear leaves nothing behind.
func (d *diary) clear() {
	d.t.Helper()
	ctx := context.Background()
	for _, r := range d.runtimes(ctx) {
		states, err := r.List(ctx)
		require.NoError(d.t, err)
		uids := make(map[string]bool)
		for _, s := range states {
			uids[s.UID] = true
		}
		for _, uid := range slices.Sorted(maps.Keys(uids)) {
			require.NoError(d.t, r.Remove(ctx, uid), fmt.Sprint("remove pod ", uid))
		}
	}
}
