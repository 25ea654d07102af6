package orchestrator_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// A config that makes no sense is an error of New that names the field.
func TestConfigIsValidated(t *testing.T) {
	for want, spoil := range map[string]func(*orchestrator.Config){
		"config field Dial: ": func(c *orchestrator.Config) { c.Dial = nil },
		"config field Node.CheckPeriod: -1s: must not be negative": func(c *orchestrator.Config) { c.Node.CheckPeriod = -time.Second },
		"config field Node.Grace: -1s: ":                           func(c *orchestrator.Config) { c.Node.Grace = -time.Second },
		"config field Node.LostAfter: -1s: ":                       func(c *orchestrator.Config) { c.Node.LostAfter = -time.Second },
		"config field CallTimeout: -1s: ":                          func(c *orchestrator.Config) { c.CallTimeout = -time.Second },
		"config field Lifecycle.BackOffBase: -1s: ":                func(c *orchestrator.Config) { c.Lifecycle.BackOffBase = -time.Second },
		"config field Lifecycle.BackOffMax: -1s: ":                 func(c *orchestrator.Config) { c.Lifecycle.BackOffMax = -time.Second },
		"config field Lifecycle.BackOffReset: -1s: ":               func(c *orchestrator.Config) { c.Lifecycle.BackOffReset = -time.Second },
		"config field CallsPerNode: -1: ":                          func(c *orchestrator.Config) { c.CallsPerNode = -1 },
		`config field ServiceCIDR: parse range of addresses "127.0.0.0/8": must have 4 to 1048576 addresses`: func(c *orchestrator.Config) { c.ServiceCIDR = "127.0.0.0/8" },
		`config field NodePortRange: parse range of ports "0-9": must be within 1-65535`:                     func(c *orchestrator.Config) { c.NodePortRange = "0-9" },
		"config field History: -1: ":        func(c *orchestrator.Config) { c.History = -1 },
		"config field MaxObjectBytes: -1: ": func(c *orchestrator.Config) { c.MaxObjectBytes = -1 },
		"config field MaxObjects: -1: ":     func(c *orchestrator.Config) { c.MaxObjects = -1 },
		"config field Events: -1: ":         func(c *orchestrator.Config) { c.Events = -1 },
		"Node.LostAfter: 30s: must not be shorter than Node.Grace": func(c *orchestrator.Config) {
			c.Node.LostAfter = 30 * time.Second
		},
		"Node.Grace: 5s: must not be shorter than Node.CheckPeriod, which is 10s": func(c *orchestrator.Config) {
			c.Node.Grace = 5 * time.Second
		},
		"config field Node.Rate: NaN: must be a number":          func(c *orchestrator.Config) { c.Node.Rate = math.NaN() },
		"config field Node.SlowRate: NaN: must be a number":      func(c *orchestrator.Config) { c.Node.SlowRate = math.NaN() },
		"config field Node.UnhealthyZone: NaN: must be a number": func(c *orchestrator.Config) { c.Node.UnhealthyZone = math.NaN() },
		"config field MaxDelete: NaN: must be a number":          func(c *orchestrator.Config) { c.MaxDelete = math.NaN() },
		`config field Scheduler: Scorers[0].Score: must be given: scorer "cheap" says nothing`: func(c *orchestrator.Config) {
			c.Scheduler = &scheduler.Policy{Scorers: []scheduler.Scorer{{Name: "cheap"}}}
		},
		"config field Scheduler: Policy: must not be a nil pointer": func(c *orchestrator.Config) {
			c.Scheduler = struct{ *scheduler.Policy }{}
		},
		`config field Machines: apply node "Not a name": invalid: metadata.name: `: func(c *orchestrator.Config) { c.Machines[0].Name = "Not a name" },
		"config field Machines[0]: must be a node":                                 func(c *orchestrator.Config) { c.Machines[0] = nil },
		"config field Machines[1]: node-0: must have a name of its own: Machines[0] has it": func(c *orchestrator.Config) {
			c.Machines = append(c.Machines, nodeNamed("node-0"))
		},
	} {
		cfg := orchestrator.Config{Dial: new(fake.Machines).Dial, Machines: []*node.Node{nodeNamed("node-0")}}
		spoil(&cfg)
		_, err := orchestrator.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

// Without a seed two orchestrators draw different uids; with one, equal ones.
func TestConfigSeed(t *testing.T) {
	uid := func(seed uint64) string {
		o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Seed: seed})
		require.NoError(t, err)
		ns, err := o.Client().Namespaces().Get("", labels.DefaultNamespace)
		require.NoError(t, err)
		return ns.UID
	}
	require.NotEqual(t, uid(0), uid(0))
	require.Equal(t, uid(7), uid(7))
	require.NotEqual(t, uid(7), uid(8))
}

// The nodes of the config are copied, and applied to those that are there.
func TestConfigNodes(t *testing.T) {
	n := nodeNamed("node-0")
	n.Labels = labels.Set{"zone": "a"}
	journal := &recordedJournal{}
	cfg := orchestrator.Config{Dial: new(fake.Machines).Dial, Machines: []*node.Node{n}, Journal: journal}
	first, err := orchestrator.New(cfg)
	require.NoError(t, err)
	n.Labels["zone"] = "b"
	stored, err := first.Client().Nodes().Get("", "node-0")
	require.NoError(t, err)
	require.Equal(t, labels.Set{"zone": "a"}, stored.Labels)

	second, err := orchestrator.New(cfg)
	require.NoError(t, err)
	again, err := second.Client().Nodes().Get("", "node-0")
	require.NoError(t, err)
	require.Equal(t, stored.UID, again.UID, "the same node")
	require.Equal(t, labels.Set{"zone": "b"}, again.Labels, "with what the config says now")
}

// The figures of the config hold.
func TestConfigFigures(t *testing.T) {
	cfg := orchestrator.Config{
		Node:      node.Rules{CheckPeriod: time.Second, Grace: 3 * time.Second, LostAfter: 5 * time.Second},
		Lifecycle: lifecycle.Rules{TerminatedTTL: time.Minute, BackOffBase: time.Second, BackOffMax: 2 * time.Second},
		Scheduler: always("node-2"),
	}
	running(t, cfg, func(t *testing.T, r *rig) {
		once := webPod("once")
		once.Spec.RestartPolicy = pod.RestartNever
		r.machines.Use(fake.Scripts{
			{Pod: "once", Attempts: []fake.Script{{Runs: time.Second}}},
			{Pod: "crashing", Attempts: []fake.Script{{Runs: time.Millisecond, ExitCode: 1}}},
		})
		r.apply(once, webPod("crashing"))
		r.pass(30 * time.Second)
		require.Len(t, r.c.Pods().List(store.Filter{Node: "node-2"}), 2, "the scheduler of the config chose")
		require.Equal(t, pod.Succeeded, r.pod("once").Status.Phase)
		require.InDelta(t, 16, r.pod("crashing").Status.ContainerStatuses[0].RestartCount, 2)
		require.GreaterOrEqual(t, r.machines.Node("node-0").Calls().List, 30)
		r.pass(time.Minute)
		require.False(t, r.exists("once"), "it has expired")

		r.machines.Node("node-2").SetFaults(fake.Faults{Cut: true})
		r.pass(4 * time.Second)
		require.Equal(t, pod.Unknown, r.condition("node-2", node.Ready))
		r.pass(2 * time.Second)
		require.Equal(t, pod.Failed, r.pod("crashing").Status.Phase)
	})
}

// always is a scheduler that knows one node.
type always string

func (name always) Pick(*pod.Pod, *scheduler.Cluster) scheduler.Decision {
	return scheduler.Decision{Node: string(name)}
}

// A scheduler that chooses a node which is not there is not believed, nor one that
// says of no node why it does not take the pod, as if there were none.
func TestConfigSchedulerErrs(t *testing.T) {
	for name, want := range map[always]string{
		"node-9": "the scheduler chose node node-9, which does not exist",
		"":       "the scheduler chose none of 3 nodes, and gave no reason",
	} {
		running(t, orchestrator.Config{Scheduler: name}, func(t *testing.T, r *rig) {
			r.apply(webPod("web"))
			r.pass(time.Minute)
			require.Empty(t, r.pod("web").Spec.NodeName)
			require.Equal(t, []string{want}, r.events("FailedScheduling"))
		})
	}
}

// stubborn ignores the context of a start of pods called stuck-….
type stubborn struct {
	*fake.Runtime
	release chan struct{}
}

func (s stubborn) Start(ctx context.Context, p *pod.Pod, c pod.Container) error {
	if strings.HasPrefix(p.Name, "stuck-") {
		<-s.release
		return errors.New("too late")
	}
	return s.Runtime.Start(ctx, p, c)
}

// CallsPerNode bounds how many containers are started at a time; a call that
// does not come back in CallTimeout gives up its place.
func TestConfigCalls(t *testing.T) {
	var machines fake.Machines
	var release chan struct{}
	cfg := orchestrator.Config{CallsPerNode: 2, CallTimeout: 30 * time.Second, Machines: []*node.Node{nodeNamed("node-0")}}
	cfg.Dial = func(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
		release = make(chan struct{}) // of the bubble
		return stubborn{machines.Node(n.Name), release}, nil
	}
	running(t, cfg, func(t *testing.T, r *rig) {
		defer func() { close(release) }()
		r.machines = &machines
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{StartDelay: 10 * time.Second}}}})
		r.apply(webPod("stuck-0"), webPod("stuck-1"))
		r.pass(time.Second)
		r.apply(webController("web", 4))
		r.pass(28 * time.Second)
		require.Empty(t, r.machines.Live())
		r.pass(11500 * time.Millisecond) // the stuck ones have given up their places
		require.Len(t, r.machines.Live(), 2)
		r.pass(10 * time.Second)
		require.Len(t, r.machines.Live(), 4)
	})
}
