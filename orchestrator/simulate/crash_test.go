package simulate_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

var (
	crashSeeds = flag.Uint64("crash.seeds", 150, "how many histories with crashes are tried")
	crashFirst = flag.Uint64("crash.first", 1, "the seed of the first of them")
)

// world is a cluster whose orchestrator crashes, and what its client was told.
type world struct {
	*simulate.Cluster
	t     testing.TB
	rng   *rand.Rand
	told  map[string]wish          // controllers, by name
	watch func(orchestrator.Ready) // nil: nobody does
}

// wish is what is known of a controller: one of these replica counts is
// recorded; -1: it is not there. There is more than one only while a write was
// not answered.
type wish []int

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 7)), told: make(map[string]wish)}
	cfg := simulate.Config{
		Orchestrator: orchestrator.Config{Seed: seed, Node: node.Rules{
			CheckPeriod: 20 * time.Second, Grace: 40 * time.Second, LostAfter: time.Minute,
		}},
		Check: true,
		Observe: func(_ time.Time, r orchestrator.Ready) {
			if w.watch != nil {
				w.watch(r)
			}
		},
		Latency: func(orchestrator.Work) time.Duration { return time.Duration(w.rng.IntN(3)) * time.Second },
		Choose: func(_ *pod.Pod, _ *pod.Container, try int) (fake.Script, bool) {
			return fake.Script{
				StartDelay: time.Duration(w.rng.IntN(2)) * time.Second,
				StopDelay:  time.Duration(w.rng.IntN(3)) * time.Second,
				Runs:       time.Duration(w.rng.IntN(4)) * time.Minute, // 0: until it is stopped
				ExitCode:   1,
			}, try < 3
		},
	}
	for i := range 2 + w.rng.IntN(3) {
		cfg.Orchestrator.Machines = append(cfg.Orchestrator.Machines, &node.Node{Meta: labels.Meta{Name: fmt.Sprint("node-", i)}})
	}
	c, err := simulate.New(cfg)
	require.NoError(t, err)
	w.Cluster = c
	return w
}

// write asks for a number of replicas of a controller; -1: for its end.
func (w *world) write(name string, n int) {
	var err error
	if n < 0 {
		err = w.Delete(store.KindController, "default", name, orchestrator.DeleteOptions{Cascade: true})
	} else {
		c := replicas(n)
		c.Name = name
		c.Spec.Template.Labels = labels.Set{"app": name}
		_, err = w.Apply(c)
	}
	switch {
	case err == nil || errors.Is(err, orchestrator.ErrNotFound) && n < 0:
		w.told[name] = wish{n}
	case errors.Is(err, simulate.ErrDown):
		if w.told[name] == nil {
			w.told[name] = wish{-1}
		}
		w.told[name] = append(slices.Clone(w.told[name]), n)
	default:
		require.NoError(w.t, err)
	}
}

// kept requires that what was acknowledged is recorded, and what was not is
// recorded as a whole or not at all.
func (w *world) kept() {
	w.t.Helper()
	for name, wanted := range w.told {
		have := -1
		if c, err := w.View().Controllers().Get("default", name); err == nil {
			have = *c.Spec.Replicas
		}
		require.Contains(w.t, []int(wanted), have, "controller %s", name)
	}
}

// settled requires that in the end there is exactly what was asked for: on
// record, and on the machines.
func (w *world) settled() {
	w.t.Helper()
	require.NoError(w.t, w.Advance(10*time.Minute)) // a crash that is still to come happens
	for _, err := w.Do(); err != nil; _, err = w.Do() {
		require.ErrorIs(w.t, err, simulate.ErrDown)
		require.NoError(w.t, w.Advance(10*time.Minute))
	}
	require.NoError(w.t, w.Advance(20*time.Minute))
	w.kept()
	want := make(map[orchestrator.ContainerRef]bool)
	for name := range w.told {
		c, err := w.View().Controllers().Get("default", name)
		if err != nil {
			continue
		}
		live := 0
		for _, p := range w.View().Pods().List(store.Filter{Owner: c.UID}) {
			if !replication.Live(p) {
				continue
			}
			live++
			require.Equal(w.t, pod.Running, p.Status.Phase, "pod %s: %+v", p.Name, p.Status)
			want[orchestrator.RefTo(p, "web")] = true
		}
		require.Equal(w.t, *c.Spec.Replicas, live, "pods of controller %s", name)
	}
	have := make(map[orchestrator.ContainerRef]bool)
	for _, n := range w.View().Nodes().List(store.Filter{}) {
		for _, ref := range w.Machine(n.Name).Live(w.Now()) {
			require.False(w.t, have[ref], "%v is alive twice", ref)
			have[ref] = true
		}
	}
	require.Equal(w.t, want, have, "what runs")
}

// crash returns a random one.
func (w *world) crash() simulate.Crash {
	points := []simulate.Point{simulate.BeforeChanges, simulate.AfterChanges, simulate.InWork}
	downs := []time.Duration{0, 0, 0, time.Second, time.Second, 20 * time.Second, time.Minute}
	f := simulate.Crash{At: points[w.rng.IntN(3)], Given: w.rng.IntN(4), Down: downs[w.rng.IntN(len(downs))]}
	if w.rng.IntN(40) == 0 {
		f.Down = 2 * time.Hour
	}
	if w.rng.IntN(5) == 0 {
		f.Clock = w.jump()
	}
	return f
}

// jump returns by how much somebody sets a clock.
func (w *world) jump() time.Duration {
	jumps := []time.Duration{time.Second, time.Minute, time.Hour, 365 * 24 * time.Hour}
	d := jumps[w.rng.IntN(len(jumps))]
	if w.rng.IntN(2) == 0 {
		return -d
	}
	return d
}

// act does one random thing.
func (w *world) act() {
	name := fmt.Sprint("rc-", w.rng.IntN(3))
	nodes := w.View().Nodes().List(store.Filter{})
	n := fmt.Sprint("node-", w.rng.IntN(max(1, len(nodes))))
	switch w.rng.IntN(10) {
	case 0, 1, 2:
		w.Strike(w.crash())
	case 3, 4:
		w.write(name, w.rng.IntN(5))
	case 5:
		w.write(name, -1)
	case 6:
		if pods := w.View().Pods().List(store.Filter{}); len(pods) > 0 {
			p := pods[w.rng.IntN(len(pods))]
			grace := time.Duration(w.rng.IntN(5)) * time.Second
			w.Delete(store.KindPod, p.Namespace, p.Name, orchestrator.DeleteOptions{Grace: &grace, Force: w.rng.IntN(4) == 0})
		}
	case 7:
		w.Machine(n).Kill("*", "", 9, w.Now())
	case 8:
		w.Cut(n, w.rng.IntN(2) == 0)
	case 9:
		if w.rng.IntN(4) == 0 {
			w.Strike(simulate.ClockJump{By: w.jump()})
		}
	}
	require.NoError(w.t, w.Advance(time.Duration(w.rng.IntN(20))*time.Second))
	w.kept()
}

// A random history with crashes: after every step the invariants hold, no
// container ever lives twice, no attempt is executed twice, what was
// acknowledged is there, and in the end there is exactly what was asked for.
func TestCrashes(t *testing.T) {
	t.Parallel()
	for seed := *crashFirst; seed < *crashFirst+*crashSeeds; seed++ {
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { crashes(t, seed) }) {
			t.Fatalf("play it again with: go test ./orchestrator/simulate -run TestCrashes -crash.first %d -crash.seeds 1", seed)
		}
	}
}

func crashes(t testing.TB, seed uint64) {
	w := newWorld(t, seed)
	for range 40 {
		w.act()
	}
	for _, n := range w.View().Nodes().List(store.Filter{}) {
		w.Cut(n.Name, false)
	}
	w.settled()
}

// story is what a client does in TestCrashAtEveryPoint: pods start, fail, are
// scaled and deleted, one node goes silent and comes back.
func story(w *world) {
	pass := func(d time.Duration) {
		require.NoError(w.t, w.Advance(d))
		w.kept()
	}
	w.write("rc-0", 3)
	pass(20 * time.Second)
	w.write("rc-1", 2)
	pass(2 * time.Second)
	w.write("rc-0", 1)
	pass(10 * time.Second)
	w.Machine("node-1").Kill("*", "", 9, w.Now())
	pass(30 * time.Second)
	w.write("rc-0", 4)
	w.Cut("node-0", true)
	pass(80 * time.Second)
	w.Cut("node-0", false)
	pass(10 * time.Second)
	w.write("rc-1", -1)
	pass(5 * time.Second)
}

// The same story, with a crash in each of its steps: before its changes are
// durable, after that, and when none, some and all of its work is given out.
func TestCrashAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, f := range []simulate.Crash{
		{At: simulate.BeforeChanges}, {At: simulate.AfterChanges},
		{At: simulate.InWork}, {At: simulate.InWork, Given: 1}, {At: simulate.InWork, Given: 99},
	} {
		step := 0
		for tellWithCrash(t, f, step) {
			step++
		}
		t.Log(step, "times:", f)
		require.Greater(t, step, 25, "the story is too short")
	}
}

// tellWithCrash tells the story with a crash in a step that has what it asks
// for, counted from 0. It reports whether there was such a step.
func tellWithCrash(t *testing.T, f simulate.Crash, step int) (crashed bool) {
	w := newWorld(t, 1)
	first := w.Engine()
	w.watch = func(r orchestrator.Ready) {
		if f.At == simulate.InWork && len(r.Work) > 0 || f.At != simulate.InWork && len(r.Changes) > 0 {
			step--
		}
		if step == 0 {
			w.Strike(f)
			w.watch = nil
		}
	}
	w.watch(orchestrator.Ready{})
	story(w)
	w.watch = nil
	w.settled()
	return w.Engine() != first
}
