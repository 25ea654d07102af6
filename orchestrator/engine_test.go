package orchestrator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
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
	"github.com/coracle-dev/coracle/service"
)

// One seed gives one history: every change, event and work, byte for byte, in
// every run and with any number of processors.
func TestHistoryIsDeterministic(t *testing.T) {
	want := history(t, 42)
	require.Greater(t, bytes.Count(want, []byte("\n")), 1000)
	for _, procs := range []int{1, 2} {
		previous := runtime.GOMAXPROCS(procs)
		for range 50 {
			require.True(t, bytes.Equal(want, history(t, 42)), "a run differs")
		}
		runtime.GOMAXPROCS(previous)
	}
	require.False(t, bytes.Equal(want, history(t, 43)), "the seed must count")
}

// history runs a busy hour and returns all that the engine decided. Every map
// that goes in is built in an order of its own in each run.
func history(t testing.TB, seed uint64) []byte {
	var log bytes.Buffer
	encoder := json.NewEncoder(&log)
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Seed: seed, Balancer: &fake.Balancer{}},
		Choose: func(p *pod.Pod, _ *pod.Container, try int) (fake.Script, bool) {
			return fake.Script{
				Runs: time.Duration(len(p.Name)+7*try) * time.Minute, ExitCode: try % 2,
				PostStart: fake.Hook{Takes: time.Duration(try) * time.Second}, PreStop: fake.Hook{Takes: 10 * time.Second},
			}, true
		},
		Observe: func(now time.Time, r orchestrator.Ready) {
			fmt.Fprintln(&log, now.Format(time.RFC3339Nano), "wake", r.Wake.Format(time.RFC3339Nano))
			for _, change := range r.Changes {
				require.NoError(t, encoder.Encode(change))
			}
			for _, event := range r.Events {
				require.NoError(t, encoder.Encode(event))
			}
			for _, w := range r.Work {
				fmt.Fprintln(&log, w)
			}
		},
	}, 5)
	for i := range 4 {
		rc := controllerOf(5)
		rc.Name = fmt.Sprintf("web-%d", i)
		set := labels.Set{"app": rc.Name}
		for _, j := range rand.Perm(20) { // on purpose not from the seed
			set[fmt.Sprintf("label-%d", j)] = fmt.Sprint(j)
		}
		rc.Spec.Template.Labels = set
		rc.Spec.Template.Spec.Containers[0].Lifecycle = hooksOf("start", "stop")
		objects := []labels.Object{rc, policyPodNamed(fmt.Sprintf("once-%d", i))}
		if i == 0 {
			s := balancedService(rc.Name)
			s.Spec.Selector = set
			objects = append(objects, s)
		}
		_, err := c.Apply(objects...)
		require.NoError(t, err)
		require.NoError(t, c.Advance(5*time.Minute))
	}
	c.Cut("node-1", true)
	require.NoError(t, c.Advance(10*time.Minute))
	c.Cut("node-1", false)
	require.NoError(t, c.Delete(store.KindController, "default", "web-2", orchestrator.DeleteOptions{Cascade: true}))
	require.NoError(t, c.Advance(30*time.Minute))
	return log.Bytes()
}

func policyPodNamed(name string) *pod.Pod {
	p := policyPod(pod.RestartOnFailure, 1)
	p.Name = name
	return p
}

// A step costs what changed: asked again, it has nothing to say.
func TestStepTwiceSaysNothing(t *testing.T) {
	c := newCluster(t, simulate.Config{}, 3)
	_, err := c.Apply(controllerOf(10))
	require.NoError(t, err)
	require.NoError(t, c.Advance(15*time.Second))
	ready := c.Engine().Step(c.Now())
	require.Empty(t, ready.Changes)
	require.Empty(t, ready.Events)
	require.Empty(t, ready.Work)
	require.False(t, ready.Wake.IsZero())
}

// Random clients, containers and networks: the invariants hold after every
// step, and in the end what was asked for runs.
func TestInvariantsHold(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { muddle(t, seed) })
	}
}

func muddle(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	const nodes = 4
	c := newCluster(t, simulate.Config{
		Orchestrator: orchestrator.Config{Seed: seed},
		Choose: func(*pod.Pod, *pod.Container, int) (fake.Script, bool) {
			s := fake.Script{
				ExitCode:    rng.IntN(2),
				StartDelay:  time.Duration(rng.IntN(3)) * time.Second,
				StopDelay:   time.Duration(rng.IntN(40)) * time.Second,
				IgnoresTerm: rng.IntN(5) == 0,
				OOM:         rng.IntN(10) == 0,
			}
			if rng.IntN(3) > 0 {
				s.Runs = time.Duration(1+rng.IntN(900)) * time.Second
			}
			if rng.IntN(10) == 0 {
				s.StartErr = fmt.Errorf("no such image")
			}
			return s, true
		},
		// Lists come late and say what was so when they were asked for; the ends
		// of other calls come before them or after.
		Latency: func(orchestrator.Work) time.Duration {
			return time.Duration(rng.IntN(3)*rng.IntN(2000)) * time.Millisecond
		},
	}, nodes)
	for i := range 60 {
		one := randomOperation(rng, i)
		if _, err := c.Do(one); err != nil && store.KindOf(one.Object) != store.KindService {
			require.NotErrorIs(t, err, orchestrator.ErrInvalid)
		}
		name := fmt.Sprintf("node-%d", rng.IntN(nodes))
		meddle(t, rng, c, name)
		switch rng.IntN(6) {
		case 0:
			c.Cut(name, true)
		case 1, 2:
			c.Cut(name, false)
		case 3:
			c.Machine(name).Kill("", "", 9, c.Now())
		case 4:
			if rng.IntN(4) == 0 {
				c.Machine(name).Break("", "the disk is gone", c.Now())
			}
		}
		require.NoError(t, c.Advance(time.Duration(rng.IntN(120_000))*time.Millisecond))
	}
	for i := range nodes {
		c.Cut(fmt.Sprintf("node-%d", i), false)
	}
	require.NoError(t, c.Advance(30*time.Minute)) // a node on its way out may take the longest grace
	_, err := c.Settle()                          // what is under way is not recorded yet
	require.NoError(t, err)
	require.NoError(t, c.Check())
	accounted(t, c, nodes)
}

// meddle does something to a node that a client may do.
func meddle(t *testing.T, rng *rand.Rand, c *simulate.Cluster, name string) {
	old, err := c.View().Nodes().Get("", name)
	if err != nil {
		if rng.IntN(3) == 0 {
			_, err := c.Apply(&node.Node{Meta: labels.Meta{Name: name}})
			require.NoError(t, err)
		}
		return
	}
	n := old.Copy()
	switch rng.IntN(12) {
	case 0:
		n.Spec.Unschedulable = !n.Spec.Unschedulable
	case 1:
		n.RequestDrain(node.DrainRequest{Limit: 1 + rng.IntN(3), Force: rng.IntN(2) == 0})
	case 2:
		n.CancelDrain()
		n.Spec.Unschedulable = false
	case 3:
		n.Spec.Taints = []node.Taint{{Key: "repair", Effect: pod.NoExecute}}
	case 4:
		n.Spec.Taints = nil
	case 5:
		if rng.IntN(3) > 0 {
			return
		}
		err := c.Delete(store.KindNode, "", name, orchestrator.DeleteOptions{Force: rng.IntN(2) == 0})
		require.NoError(t, err)
		return
	default:
		return
	}
	if _, err := c.Apply(n); err != nil {
		require.ErrorIs(t, err, orchestrator.ErrConflict) // it is on its way out
	}
}

// accounted verifies that what runs in truth is what the records say, and no more.
func accounted(t *testing.T, c *simulate.Cluster, nodes int) {
	t.Helper()
	for i := range nodes {
		name := fmt.Sprintf("node-%d", i)
		if _, err := c.View().Nodes().Get("", name); err != nil {
			continue // nobody talks to a machine that is no node
		}
		for _, ref := range c.Machine(name).Live(c.Now()) {
			p, err := c.View().Pods().ByUID(ref.UID)
			require.NoError(t, err, "%v runs on %s and has no record", ref, name)
			require.Equal(t, name, p.Spec.NodeName)
			require.False(t, p.Status.Phase.Terminal(), "%s runs and is %s", p.Name, p.Status.Phase)
			require.NotNil(t, p.Status.Container(ref.Container).State.Running, "%v runs and is recorded as %+v", ref, p.Status)
		}
	}
	for p := range c.View().Pods().All(store.Filter{}) {
		for _, s := range p.Status.ContainerStatuses {
			if s.State.Running != nil && !p.Status.Phase.Terminal() {
				require.Contains(t, c.Machine(p.Spec.NodeName).Live(c.Now()), orchestrator.RefTo(p, s.Name))
			}
		}
	}
}

// randomOperation is what a client may ask for next.
func randomOperation(rng *rand.Rand, i int) orchestrator.Operation {
	name := fmt.Sprintf("web-%d", rng.IntN(4))
	switch rng.IntN(12) {
	case 10:
		s := serviceOf(name)
		s.Spec.Type = service.NodePort
		if rng.IntN(2) == 0 { // which another may have
			s.Spec.ClusterIP, s.Spec.Ports[0].NodePort = "127.240.1.0", 30128
		}
		return orchestrator.Operation{Verb: orchestrator.Create, Object: s}
	case 11:
		return orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindService, Name: name}
	case 8:
		return orchestrator.Operation{Verb: orchestrator.Apply, Object: serviceOf(name)}
	case 9:
		s := serviceOf(fmt.Sprintf("web-%d", rng.IntN(4)))
		s.Name = name // its selector changes
		return orchestrator.Operation{Verb: orchestrator.Apply, Object: s}
	case 0, 1, 2:
		rc := controllerOf(rng.IntN(8))
		rc.Name = name
		rc.Spec.Template.Labels = labels.Set{"app": name}
		rc.Spec.Template.Spec.Containers = policyPod("", 1+rng.IntN(2)).Spec.Containers
		return orchestrator.Operation{Verb: orchestrator.Apply, Object: rc}
	case 3:
		return orchestrator.Operation{
			Verb: orchestrator.Delete, Kind: store.KindController, Name: name,
			Options: orchestrator.DeleteOptions{Cascade: rng.IntN(2) == 0},
		}
	case 4, 5:
		p := policyPod(policies[rng.IntN(3)], 1+rng.IntN(2))
		p.Name = fmt.Sprintf("bare-%d", i)
		if rng.IntN(3) == 0 {
			p.Labels = labels.Set{"app": name} // to be adopted
		}
		return orchestrator.Operation{Verb: orchestrator.Apply, Object: p}
	default:
		options := orchestrator.DeleteOptions{Force: rng.IntN(4) == 0}
		if rng.IntN(3) == 0 {
			options.Grace = new(time.Duration)
		}
		return orchestrator.Operation{
			Verb: orchestrator.Delete, Kind: store.KindPod, Name: fmt.Sprintf("bare-%d", rng.IntN(i+1)), Options: options,
		}
	}
}
