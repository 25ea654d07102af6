package simulate_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

var (
	mixedSeeds = flag.Uint64("mixed.seeds", 10, "how many hours with mixed faults are played")
	mixedFirst = flag.Uint64("mixed.first", 1, "the seed of the first of them")
)

// mixedNodes and mixedControllers are how large the cluster of these hours is.
const mixedNodes, mixedControllers = 20, 10

// mixedGPU is a resource that every other node of these hours has two devices of,
// and every other controller wants a share of.
const mixedGPU pod.ResourceName = "example.com/gpu"

// newMixed returns a cluster of 20 nodes and 10 controllers with containers that
// run for a while, fail at times, and take their time to start and stop. Some of
// them are behind services.
func newMixed(seed uint64, w *watch) (*simulate.Cluster, error) {
	cfg := simulate.Config{
		Check: true, Observe: w.observe,
		Orchestrator: orchestrator.Config{Seed: seed, Node: node.Rules{
			CheckPeriod: 30 * time.Second, Grace: time.Minute, LostAfter: 2 * time.Minute,
		}},
		Choose: func(p *pod.Pod, _ *pod.Container, try int) (fake.Script, bool) {
			h := rand.New(rand.NewPCG(seed, uint64(len(p.Name))<<32^uint64(p.UID[0])<<8^uint64(try)))
			return fake.Script{
				StartDelay: time.Duration(h.IntN(5)) * time.Second, StopDelay: time.Duration(h.IntN(20)) * time.Second,
				Runs: time.Duration(1+h.IntN(40)) * time.Minute, ExitCode: h.IntN(2), IgnoresTerm: h.IntN(10) == 0,
			}, h.IntN(3) > 0
		},
	}
	for i := range mixedNodes {
		cfg.Orchestrator.Machines = append(cfg.Orchestrator.Machines, &node.Node{
			Meta:   labels.Meta{Name: nodeAt(i), Labels: labels.Set{node.ZoneLabel: zoneOf(nodeAt(i))}},
			Status: node.Status{Capacity: pod.Resources{pod.CPU: pod.NewQuantity(4, pod.DecimalSI), mixedGPU: pod.NewQuantity(int64(2*(i%2)), pod.DecimalSI)}},
		})
	}
	c, err := simulate.New(cfg)
	if err != nil {
		return nil, err
	}
	w.follow(c)
	for i := range mixedControllers {
		rc := mixedController(i, 1+i%5)
		if i%2 == 1 {
			rc.Spec.Template.Spec.Containers[0].Resources.Requests[mixedGPU] = pod.NewMilliQuantity(300, pod.DecimalSI)
		}
		if _, err := c.Apply(rc); err != nil {
			return nil, err
		}
	}
	for i := range 3 {
		if _, err := c.Apply(mixedService(i, i)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func nodeAt(i int) string { return fmt.Sprintf("node-%02d", i) }

// zoneOf puts every fourth node into a zone.
func zoneOf(name string) string {
	i, _ := strconv.Atoi(strings.TrimPrefix(name, "node-"))
	return fmt.Sprint("zone-", i%4)
}

func mixedController(i, n int) *replication.Controller {
	c := replicas(n)
	c.Name = fmt.Sprint("rc-", i)
	c.Spec.Template.Labels = labels.Set{"app": c.Name}
	c.Spec.Template.Spec.Containers[0].Resources.Requests = pod.Resources{pod.CPU: pod.NewMilliQuantity(int64(250*(1+i%4)), pod.DecimalSI)}
	return c
}

// mixedSchedule draws what goes wrong in three quarters of an hour.
func mixedSchedule(seed uint64) simulate.Schedule {
	rng := rand.New(rand.NewPCG(seed, 99))
	var s simulate.Schedule
	for range 25 {
		n := nodeAt(rng.IntN(mixedNodes))
		d := time.Duration(rng.IntN(300)) * time.Second
		var f simulate.Fault
		switch rng.IntN(12) {
		case 0:
			f = simulate.NodeDown{Node: n, For: d}
		case 1:
			f = simulate.Partition{Nodes: []string{n, nodeAt(rng.IntN(mixedNodes)), nodeAt(rng.IntN(mixedNodes))}, For: d}
		case 2:
			f = simulate.Slow{Node: n, By: time.Duration(rng.IntN(20)) * time.Second, For: d}
		case 3:
			f = simulate.Hang{Node: n, For: d}
		case 4:
			f = simulate.Reports{Node: n, Lose: rng.IntN(4), Double: rng.IntN(3), Shuffle: time.Duration(rng.IntN(5)) * time.Second, For: d}
		case 5:
			f = simulate.Lies{Node: n, Lie: fake.Lie{RepeatEvery: 1 + rng.IntN(3), Reverse: true}, For: d}
		case 6:
			f = simulate.Crash{At: []simulate.Point{simulate.BeforeChanges, simulate.AfterChanges, simulate.InWork}[rng.IntN(3)], Given: rng.IntN(4), Down: d / 10}
		case 7:
			f = simulate.ClockJump{By: time.Duration(rng.IntN(7200)-3600) * time.Second}
		case 8:
			f = simulate.BreakVolumes{Node: n}
		default:
			f = simulate.Kill{Node: n}
		}
		s = append(s, simulate.Incident{At: time.Duration(rng.IntN(45*60)) * time.Second, Fault: f})
	}
	return byTime(slices.Concat(s, clientActs(rng), operatorActs(rng)))
}

// playMixed plays an hour, the last quarter of which is quiet, and returns what
// does not hold: an invariant of the engine or a machine, what a watch knows of
// the way, or that in the end everything is as it was asked for.
func playMixed(seed uint64, s simulate.Schedule) error {
	w := newWatch(s)
	c, err := newMixed(seed, w)
	if err != nil {
		return err
	}
	if err := c.Play(s, time.Hour); err != nil {
		return err
	}
	return errors.Join(w.end(), c.Check())
}

// Hours in which everything goes wrong: every invariant holds after every step,
// and when it is quiet again everything is as it was asked for. Of ten thousand
// hours, which take some minutes:
//
//	GOGC=400 go test ./orchestrator/simulate -run TestMixedFaults -mixed.seeds 10000 -timeout 2h -v
func TestMixedFaults(t *testing.T) {
	t.Parallel()
	share := max(1, *mixedSeeds/20) // seeds in a row
	for first := *mixedFirst; first < *mixedFirst+*mixedSeeds; first += share {
		last := min(first+share, *mixedFirst+*mixedSeeds) - 1
		t.Run(fmt.Sprintf("%d to %d", first, last), func(t *testing.T) {
			t.Parallel()
			for seed := first; seed <= last; seed++ {
				mixedHour(t, seed)
			}
		})
	}
}

// particular is what differs between two failures of one kind: names, numbers and times.
var particular = regexp.MustCompile(`\S*\d\S*`)

// sayAlike reports whether two errors tell of the same thing, of whichever pod and
// whenever, so that a schedule does not shrink to one that fails in another way.
func sayAlike(a, b error) bool {
	if a == nil || b == nil {
		return false
	}
	kind := func(err error) string {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return particular.ReplaceAllString(first, "#")
	}
	return kind(a) == kind(b)
}

func mixedHour(t *testing.T, seed uint64) {
	s := mixedSchedule(seed)
	err := playMixed(seed, s)
	if err == nil {
		return
	}
	enough := simulate.Shrink(s, func(s simulate.Schedule) bool { return sayAlike(playMixed(seed, s), err) })
	t.Fatalf("seed %d: %v\nthis is enough for it to fail:\n%s\nand says: %v\nplay it again with: go test ./orchestrator/simulate -run TestMixedFaults -mixed.first %d -mixed.seeds 1",
		seed, err, enough, playMixed(seed, enough), seed)
}
